"""Answers as a check meets them: what they give, what they must not do, and what is said of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ovlearn as ov
from ovlearn.exercises.answers import Namespace, Student
from ovlearn.exercises.judging import run_check
from ovlearn.exercises.notebook import check
from ovlearn.exercises.outcomes import NotAttempted, Wrong

X = np.arange(6.0).reshape(2, 3)


def student(**names: Any) -> Student:
    return Student(Namespace(names), seed=0)


def refused(answer: Any, *arguments: Any, blocked: tuple[str, ...] = ()) -> Wrong:
    with pytest.raises(Wrong) as caught:
        Student(Namespace({"f": answer}), 0, blocked).f(*arguments)
    return caught.value


def test_a_starter_is_not_attempted() -> None:
    with pytest.raises(NotAttempted):
        _ = student(rank=...).rank
    with pytest.raises(NotAttempted):
        student(f=lambda: ...).f()

    def later() -> None:
        raise NotImplementedError

    with pytest.raises(NotAttempted):
        student(f=later).f()


def test_nothing_returned_is_said() -> None:
    assert refused(lambda: None).mistake == "nothing"


def test_a_missing_name_is_said() -> None:
    with pytest.raises(Wrong, match="renamed"):
        student().f()


def test_an_error_tells_its_line() -> None:
    names: dict[str, Any] = {}
    exec(compile("def f(x):\n    return x / nothing\n", "<answer>", "exec"), names)
    wrong = refused(names["f"], 1)
    assert wrong.says == "`f` raised NameError: name 'nothing' is not defined"
    assert dict(wrong.evidence)["where"].startswith("line 2 of f")


def test_leaving_is_an_error_like_any_other() -> None:
    def leave() -> None:
        raise SystemExit(0)

    assert refused(leave).mistake == "raised"


def test_arguments_are_copies_and_a_change_is_seen() -> None:
    def spoil(x: Any) -> Any:
        x[1, 2] = 9
        return x

    before = X.copy()
    wrong = refused(spoil, X)
    assert wrong.mistake == "input changed"
    assert dict(wrong.evidence)["first entry that changed"] == "[1, 2]"
    np.testing.assert_array_equal(X, before)


class Always:
    """Equals everything, and is an array to whoever asks."""

    __array_priority__ = 1e9

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0

    def __array__(self, *_: Any, **__: Any) -> Any:
        return X


class Sly(np.ndarray):
    """An array that answers for itself."""

    def __array_function__(self, *_: Any, **__: Any) -> Any:
        return True


def test_what_pretends_arrives_as_what_it_is() -> None:
    """The numbers that it gives as an array, as a table of any library does; and no word of its own."""
    for answer in (Always, lambda: X.view(Sly)):
        got = student(f=answer).f()
        assert type(got) is np.ndarray
        np.testing.assert_array_equal(got, X)


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda: ov.derive("ov-fold"), id="by its name"),
        pytest.param(lambda derive=ov.derive: derive("ov-fold"), id="by another name"),
        pytest.param(
            lambda: __import__("ovlearn.symbolic").symbolic.course.derive("ov-fold"), id="from its module"
        ),
    ],
)
def test_the_answer_itself_is_blocked(call: Any) -> None:
    wrong = refused(call, blocked=("derive",))
    assert wrong.mistake == "blocked"
    assert "derive" in wrong.says
    assert student(f=call).f().initial is not None  # not blocked here


@pytest.mark.parametrize(
    "name", ["numeric.FactoredMatrix.AB", "numeric.FactoredMatrix.svd", "paths.by_order"]
)
def test_methods_properties_and_functions_can_be_blocked(name: str) -> None:
    F = ov.FactoredMatrix(X.T, X)
    model = ov.Transformer.random(ov.Config(2, 1, 8, 3, 7, 5))
    calls = {"AB": lambda: F.AB, "svd": F.svd, "by_order": lambda: ov.paths.by_order(model.run([1, 2]))}
    assert refused(calls[name.rpartition(".")[2]], blocked=(name,)).mistake == "blocked"


def test_a_check_that_stumbles_gives_nothing() -> None:
    def test_f(student: Any) -> None:
        raise RuntimeError("what is this")

    outcome = run_check("f", test_f, student())
    assert not outcome.passed
    assert outcome.mistake == "not judged"


def test_the_same_seed_draws_the_same() -> None:
    wrong = {"ov_matrix": lambda W_V, W_O: W_V @ W_O + 1}
    first, again = (check("ov_matrix", names=wrong, seed=4) for _ in range(2))
    other = check("ov_matrix", names=wrong, seed=5)
    assert first.rows == again.rows != other.rows


def test_without_a_seed_nothing_can_be_known_before() -> None:
    seeds = {check("ov_matrix", names={}).seed for _ in range(5)}
    assert len(seeds) > 1


def test_an_unknown_exercise_names_the_nearest() -> None:
    with pytest.raises(ValueError, match="did you mean ov_matrix"):
        check("ov_matrx", names={})


def test_a_verdict_shows_itself_and_escapes() -> None:
    def f(W_V: Any, W_O: Any) -> Any:
        raise ValueError("<script>alert(1)</script>")

    verdict = check("ov_matrix", names={"ov_matrix": f}, seed=3)
    html = verdict._repr_html_()
    assert "<script>" not in html
    assert "<code>ov_matrix</code> raised ValueError" in html
    assert "check(&quot;ov_matrix&quot;, seed=3)" in html
    assert check("ov_rank", names={"ov_rank": 64})._repr_html_().count("✓") == 1


def test_a_value_for_a_function_and_a_function_for_a_value_are_said() -> None:
    assert "should be a function" in check("ov_matrix", names={"ov_matrix": 3}).total.says
    assert "this is a function" in check("ov_rank", names={"ov_rank": lambda: 64}).total.says


def test_a_symbol_for_an_array_is_said() -> None:
    total = check("ov_matrix", names={"ov_matrix": lambda W_V, W_O: ov.derive("ov-fold").initial}).total
    assert total.mistake == "type"


def test_a_warning_is_no_mistake() -> None:
    def warned(W_V: Any, W_O: Any) -> Any:
        np.log(np.zeros(1))
        return W_V @ W_O

    assert check("ov_matrix", names={"ov_matrix": warned}).passed
