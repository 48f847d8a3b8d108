"""The errata page: each erratum has a check that holds and one that must fail, and they can fail."""

import re
from pathlib import Path

import pytest

from ovlearn.symbolic.errata import ERRATA

PAGE = (Path(__file__).parents[1] / "docs" / "errata.py").read_text(encoding="utf-8")
SECTIONS = {
    int(number): text
    for number, text in re.findall(r"^# ## Erratum (\d+):(.*?)(?=^# ## )", PAGE, re.DOTALL | re.MULTILINE)
}
HOLDS = re.compile(r"assert .*(< rounding|== 0\)|array_equal|allclose|== config\.d_head|== \[True)")
MUST_FAIL = re.compile(r"assert .*(> 0\.\d+|> 1e-6|assert not )|raise AssertionError")

# A spoiled line of the page, and the erratum whose check must see it.
SPOILED = {
    "what a head wrote": ("written = four.head_out", "written = 0.99 * four.head_out"),
    "one term more": ("written[:3].sum(axis=(0, 1)), X_3)", "written[:4].sum(axis=(0, 1)), X_3)"),
    "a layer that is linear": ("reads(2 * X, scores(2 * X)), 8", "reads(2 * X, scores(X)), 8"),
    "the pattern of no softmax": ("2 * reads(X, recorded)", "8 * reads(X, recorded)"),
    "another path": ("paths.contribution(run, ((1, 0),))", "paths.contribution(run, ((0, 0), (1, 0)))"),
    "no mask": ("masked = np.where(seen, run.scores, -np.inf)", "masked = run.scores"),
    "a positional term": ("lookup = W_E[run.tokens]", "lookup = W_E[run.tokens] + 1"),
}


def test_every_erratum_has_a_section() -> None:
    assert sorted(SECTIONS) == sorted(ERRATA)


@pytest.mark.parametrize("number", ERRATA)
def test_each_has_a_check_that_holds_and_one_that_must_fail(number: int) -> None:
    assert HOLDS.search(SECTIONS[number])
    assert MUST_FAIL.search(SECTIONS[number])


def test_the_deltas_are_what_the_heads_wrote() -> None:
    """Differences of the streams themselves add up whatever the heads wrote."""
    assert not re.search(r"resid_post.* - .*resid_pre", PAGE)


@pytest.mark.parametrize("fault", SPOILED)
def test_a_spoiled_page_is_not_built(fault: str) -> None:
    right, wrong = SPOILED[fault]
    assert PAGE.count(right) == 1
    with pytest.raises(AssertionError):
        exec(compile(PAGE.replace(right, wrong), "errata.py", "exec"), {"__name__": "errata"})
