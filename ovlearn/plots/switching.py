"""A picture with switches: each of its states is drawn when it is made, and the site's script shows one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape

from ovlearn.arguments import complaint
from ovlearn.plots import inputs
from ovlearn.plots.picture import Picture
from ovlearn.plots.svg import tag

MOST_STATES = 64  # of one picture: beyond that the page grows too heavy
State = Mapping[str, int]

# Before the name of a field: one called "head" alone would be taken for the page's, and cleaned away.
_AT = "at-"


@dataclass(frozen=True)
class Control:
    """What a reader sets: one of a few options, chosen by buttons, or along a slider.

    `name`: what the state is asked by; `label`: the words before it; `options`: the words for each; `start`:
    the place of the first; `when`: the places of other controls at which this one is there at all.

    >>> Control("pattern", "The pattern", ("moves", "is frozen")).options[1]
    'is frozen'
    """

    name: str
    label: str
    options: tuple[str, ...]
    slider: bool = False
    start: int = 0
    when: Mapping[str, Sequence[int]] = field(default_factory=dict)

    def there(self, state: State) -> bool:
        """Whether it is there in a state of the controls before it."""
        return all(state.get(name) in places for name, places in self.when.items())


def switches(
    controls: Sequence[Control],
    panel: Callable[[State], Picture],
    title: str = "",
    caption: str = "",
) -> Picture:
    """Return one picture of all that `panel` draws, a state for each setting of the controls.

    `panel` is given the place of each control's option, by name. What it returns has its own words: its
    caption stands below while it is shown. Without a script, the first state is what one sees.

    Raises ValueError for no control, one without options, two of one name, or too many states.

    >>> from ovlearn.plots import bars
    >>> controls = [Control("power", "Power", ("1", "2"), slider=True)]
    >>> switches(controls, lambda at: bars([2 ** (at["power"] + 1)], ["two"]), "Two, raised")
    Picture('Two, raised')
    """
    title, caption = inputs.texts(title, caption)
    names = [control.name for control in controls]
    if not names or len(set(names)) < len(names) or not all(control.options for control in controls):
        raise ValueError(complaint("controls", "controls of different names, with options", f"{names}"))
    states = settings(controls)
    if len(states) > MOST_STATES:
        raise ValueError(complaint("controls", f"at most {MOST_STATES} states", str(len(states))))
    drawn = [panel(state) for state in states]
    begin = {control.name: control.start for control in controls}
    asked = {control.name for control in controls if len(control.options) > 1}
    first = next(place for place, state in enumerate(states) if state.items() <= begin.items())
    panels = "".join(
        tag(
            "div",
            picture.body + picture.alternative,
            data_when=condition({name: state[name] for name in state if name in asked}),
            data_says=picture.caption,
            **_shown(place == first),
        )
        for place, (state, picture) in enumerate(zip(states, drawn, strict=True))
    )
    form = tag(
        "form",
        "".join(_control(control, begin, asked) for control in controls if control.name in asked),
        class_="ov-choices",
        hidden="",
    )
    says = tag("p", escape(drawn[first].caption), class_="ov-tells", aria_live="polite")
    return Picture(title, caption, tag("div", form + panels + says, class_="ov-switches"), "")


def settings(controls: Sequence[Control]) -> list[dict[str, int]]:
    """Return every state of some controls, the first options first.

    >>> settings([Control("a", "A", ("x", "y")), Control("b", "B", ("u", "v"), when={"a": [1]})])
    [{'a': 0}, {'a': 1, 'b': 0}, {'a': 1, 'b': 1}]
    """
    found: list[dict[str, int]] = [{}]
    for control in controls:
        found = [
            state | chosen
            for state in found
            for chosen in (
                [{control.name: place} for place in range(len(control.options))]
                if control.there(state)
                else [{}]
            )
        ]
    return found


def condition(state: Mapping[str, int | Sequence[int]]) -> str:
    """Return a state, or several places of a control, as the site's script reads it.

    >>> condition({"text": 1, "head": [0, 2]})
    'text=1 head=0,2'
    """
    return " ".join(
        f"{name}={','.join(map(str, [places] if isinstance(places, int) else places))}"
        for name, places in state.items()
    )


def _shown(shown: bool) -> dict[str, str]:
    return {} if shown else {"style": "display:none"}


def radios(name: str, label: str, options: Mapping[str, str], chosen: str) -> str:
    """Return buttons of which one is chosen, as HTML: the words for each value.

    A legend stands above its fieldset in WebKit, whatever the style: so it is a group with a name. Where
    there is nothing to choose, nothing is seen.
    """
    if len(options) == 1:
        return ""
    buttons = "".join(
        tag("label", _radio(name, value, checked=value == chosen) + f" {escape(words)}")
        for value, words in options.items()
    )
    return _group(label, buttons, "radiogroup")


def _radio(name: str, value: str, *, checked: bool) -> str:
    mark = "" if checked else None
    return tag("input", type="radio", name=name, value=value, checked=mark, autocomplete="off")


def _group(label: str, inside: str, role: str, **attributes: str) -> str:
    return tag(
        "div", tag("b", escape(label), aria_hidden="true") + inside, role=role, aria_label=label, **attributes
    )


def _control(control: Control, begin: State, asked: set[str]) -> str:
    options = {str(place): words for place, words in enumerate(control.options)}
    inside = (
        slider(replace(control, name=f"{_AT}{control.name}"))
        if control.slider
        else radios(f"{_AT}{control.name}", control.label, options, str(control.start))
    )
    needs = {name: places for name, places in control.when.items() if name in asked}
    if not needs:
        return inside
    return tag("div", inside, data_when=condition(needs), **_shown(control.there(begin)))


def slider(control: Control) -> str:
    """Return a slider with a place for each option, as HTML."""
    box = tag(
        "input",
        type="range",
        name=control.name,
        min="0",
        max=str(len(control.options) - 1),
        value=str(control.start),
        aria_label=control.label,
        data_options="|".join(control.options),
        autocomplete="off",
    )
    return _group(control.label, box + tag("output", escape(control.options[control.start])), "group")
