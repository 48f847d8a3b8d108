"""The content of the site, for whatever builds its pages: docs/hooks.py and docs/with_zensical.py ask here.

In this order: `sources`; `filled` for each page that was written by hand; `equations.collect` for the HTML of
each page. Then every equation has its number, and there are `numbered` and `equations.resolve`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from live.parts import PageParts, parts
from rendering import navigation, runnable
from rendering.assets import Content, assets
from rendering.atlas import Atlas, begun, fragments
from rendering.download import notebook
from rendering.equations import Equations, Typesetter
from rendering.execution import Source
from rendering.generated import Generated, filled, generated, refuse_typed
from rendering.lesson import Lesson, render
from rendering.messages import tell
from rendering.plan import plan, start
from rendering.store import Store

ROOT = Path(__file__).parent.parent
DOCS, LESSONS, PACKAGE = ROOT / "docs", ROOT / "lessons", ROOT / "ovlearn"
STORE = Store(ROOT / "build" / "cache")

# How far up the search shows a page, where that is not 1; a lesson: 3.
_BOOST = {"index.md": 0.3, "article-map.md": 0.3, "errata.md": 0.5, "results.md": 0.5}

Made = TypeVar("Made")


def _told(what: str, make: Callable[[], Made]) -> Made:
    """Say what begins, and do it."""
    tell(what)
    return make()


@dataclass
class Site:
    """What one build knows. A page is called by its place among the sources: `lessons/01_x.md`."""

    # the first: it is made beside all else
    atlas: Atlas | None = field(default_factory=lambda: begun(PACKAGE, STORE.folder))
    equations: Equations = field(default_factory=lambda: Equations(Typesetter.load(STORE)))
    lessons: dict[str, Lesson] = field(default_factory=dict)
    generated: Generated = field(
        default_factory=lambda: _told("deriving the reference", partial(generated, ROOT, STORE))
    )
    live: PageParts = field(default_factory=lambda: _told("making Python for the page", partial(parts, ROOT)))

    def sources(self, written: Iterable[str], *, embed_fonts: bool = False) -> dict[str, Content]:
        """Return the pages that are made, as Markdown, and every file that needs no equation's number.

        `written`: the places of what was written by hand; `embed_fonts`: for a copy to be read from disk.

        Raises: RenderError for a lesson that fails, and for a page that should not have been written by hand.
        """
        notebooks = _notebooks()
        refuse_typed(written, [*(source.uri for source in notebooks), *self.generated.pages])
        rendered = render(notebooks, package=PACKAGE, store=STORE)
        self.lessons = {lesson.uri: lesson for lesson in rendered}
        tell("writing the pages")
        exercises = {f"exercises/{name}.ipynb": text for name, text in self.generated.notebooks.items()}
        fonts = (DOCS / "theme" / "fonts.css").read_text(encoding="utf-8")
        return {
            **{uri: lesson.markdown for uri, lesson in self.lessons.items()},
            **self.generated.pages,
            **exercises,
            **assets(fonts, embed_fonts=embed_fonts),
            **self.live.files,
        }

    def filled(self, markdown: str) -> str:
        """Return a page that was written by hand with what is made in the places that it leaves."""
        made = self.generated.fragments | fragments(self.atlas)
        made["plan"] = plan(self.lessons.values())
        made["start"] = start(self.lessons.values())
        return filled(markdown, made)

    def numbered(self, published_at: str) -> dict[str, Content]:
        """Return the files in which equations have numbers, and the atlas, which was made meanwhile.

        `published_at`: the address to which the links of notebooks lead.
        """
        made: dict[str, Content] = {
            runnable.place(f"exercises/{name}.md"): text for name, text in self.generated.cells.items()
        }
        for lesson in self.lessons.values():
            made[notebook_of(lesson.uri)] = notebook(
                lesson, site=published_at, in_words=self.equations.in_words
            )
            made[runnable.place(lesson.uri)] = runnable.of_lesson(lesson, self.equations.labels.numbered)
        made["exercises/sets.json"] = runnable.sets_json()
        return made | (self.atlas.files() if self.atlas else {})

    def close(self) -> None:
        """Keep what KaTeX made, for the next build."""
        self.equations.typesetter.save(STORE)

    def navigation(self, nav: Any) -> Any:
        """Return the navigation of mkdocs.yml with the pages that are made in the places of whole folders."""
        titles = {uri: self.equations.title(lesson.title)[0] for uri, lesson in self.lessons.items()}
        folders: dict[str, Sequence[Any]] = {
            folder: navigation.pages_in(folder, self.generated.pages)
            for folder in ("derivations/*", "exercises/*")
        }
        return navigation.filled(nav, folders | {"lessons/*": navigation.numbered("lessons/*", titles)})

    def boost(self, uri: str) -> float:
        """Return how far up the search shows a page."""
        return _BOOST.get(uri, 3 if uri in self.lessons else 1)

    def downloads(self, uri: str) -> str | None:
        """Return where a page's notebook stands in the site, if it is a lesson."""
        return notebook_of(uri) if uri in self.lessons else None

    def practice(self, uri: str) -> str | None:
        """Return the page of the exercises for a lesson, if this is one that has some."""
        page = f"exercises/{uri.removeprefix('lessons/')}"
        return page if uri in self.lessons and page in self.generated.pages else None

    def edited_in(self, uri: str) -> str | None:
        """Return the file in the project that makes a page; a generated page has none of its own."""
        if uri in self.lessons:
            return self.lessons[uri].source.path.relative_to(ROOT).as_posix()
        return None if uri in self.generated.pages else f"docs/{uri}"


def notebook_of(uri: str) -> str:
    """Return where a lesson's notebook stands in the site.

    >>> notebook_of("lessons/03_one_attention_head.md")
    'lessons/03_one_attention_head.ipynb'
    """
    return f"{uri.removesuffix('.md')}.ipynb"


def _notebooks() -> list[Source]:
    """Every notebook that the site shows: those of lessons/, in order, and those in docs/."""
    lessons = [Source(path, f"lessons/{path.stem}.md") for path in sorted(LESSONS.glob("[0-9]*.py"))]
    others = [
        Source(path, f"{path.stem}.md")
        for path in sorted(DOCS.glob("*.py"))
        if path.read_text(encoding="utf-8").startswith("# %%")
    ]
    return [*lessons, *others]
