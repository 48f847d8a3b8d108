"""Files of any encoding: the text is what its author saw."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovlearn.exercises.decoding import decoded

TEXT = "# la réponse\nov_rank = 64\n"
MARKED = ("utf-8-sig", "utf-16", "utf-32")
UNMARKED = ("utf-8", "latin-1", "cp1252", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")


@pytest.mark.parametrize("encoding", [*MARKED, *UNMARKED])
@pytest.mark.parametrize("more", ["", "x"])  # an even and an odd number of bytes
def test_any_encoding_is_read(encoding: str, more: str) -> None:
    assert decoded((TEXT + more).encode(encoding)) == TEXT + more


def test_quotes_of_windows_are_quotes() -> None:
    assert decoded("# “so”".encode("cp1252")) == "# “so”"
    assert decoded(b"\x81\x8d") == "\x81\x8d"  # no characters there: Latin-1 takes them


@pytest.mark.parametrize(
    "line",
    [
        "# -*- coding: cp1251 -*-",
        "# coding=cp1251",
        "#!/usr/bin/env python\n# vim: set fileencoding=cp1251 :",
        "\n# coding: cp1251",
    ],
)
def test_a_script_declares_its_encoding(line: str) -> None:
    script = f"{line}\nname = 'Щ'\n"
    assert decoded(script.encode("cp1251"), script=True) == script
    assert decoded(script.encode("cp1251")) != script  # a notebook has no such line


@pytest.mark.parametrize(
    "line",
    [
        "x = 1\n# coding: cp1251",
        "# coding: nowhere",
        "# coding: idna",
        "# coding: rot13",
        "\n\n# coding: cp1251",
    ],
)
def test_what_declares_nothing_is_read_as_ever(line: str) -> None:
    script = f"{line}\nname = 'é'\n"
    assert decoded(script.encode(), script=True) == script


def test_lines_end_as_python_ends_them() -> None:
    assert decoded(b"a\r\nb\rc\n") == "a\nb\nc\n"
    assert decoded("a\u2028b".encode()) == "a\u2028b"


def test_half_a_character_costs_only_itself() -> None:
    assert decoded(TEXT.encode("utf-16")[:-1]).startswith(TEXT[:-1])


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\x00"), max_size=60))
def test_text_in_utf_comes_back(text: str) -> None:
    for encoding in MARKED:
        assert decoded(text.encode(encoding)) == text
    if not text.startswith("\ufeff"):
        assert decoded(text.encode()) == text


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_text(data: bytes, script: bool) -> None:
    assert isinstance(decoded(data, script=script), str)
