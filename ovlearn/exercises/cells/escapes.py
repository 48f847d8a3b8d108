"""The common forms of IPython's input as Python, where there is no IPython: in the page.

The names of the calls are IPython's, and so is what is called an escape. Tests hold this against IPython's
own transformer, form by form.
"""

from __future__ import annotations

import re
import tokenize
from collections.abc import Iterator
from contextlib import suppress
from io import StringIO
from textwrap import dedent

_PROMPT = re.compile(r"^(?:In \[\d+\]: |\s*\.{3,}: ?)|^[ \t]*(?:>>>|\.\.\.)[ \t]?")
_FIRST_PROMPT = re.compile(r"^[ \t]*>>>|^(?:In \[\d+\]: |\s*\.{3,}: ?)")
_ASSIGNED = re.compile(
    r"(?P<names>[A-Za-z_][\w.]*(?:\[[^\]=]*\])?(?:\s*,\s*\*?[\w.]+)*\s*=\s*)(?P<escape>[%!])(?=\S)"
)
_HELP = re.compile(r"(?P<what>%{0,2}(?!\d)[\w*]+(?:\.(?!\d)[\w*]+|\[-?\d+\])*)(?P<marks>\?\??)$")
_STRING = re.compile(r"""[rRbBuUfF]*("{3}|'{3})""")


def transformed(source: str) -> str:
    """Return a cell with its escapes as calls of `get_ipython()`.

    >>> transformed("if x:\\n    !ls")
    "if x:\\n    get_ipython().system('ls')\\n"
    """
    lines = (source if source.endswith("\n") else source + "\n").split("\n")[:-1]
    lines = _without_prompts(dedent("\n".join(lines)).split("\n"))
    if lines[0].startswith("%%") and not re.match(r"%%\w+\?", lines[0]):
        name, _, line = lines[0][2:].rstrip().partition(" ")
        body = "".join(f"{each}\n" for each in lines[1:])
        return f"get_ipython().run_cell_magic({name!r}, {line!r}, {body!r})\n"
    return "".join(f"{_statement(each)}\n" for each in _statements(lines))


def _without_prompts(lines: list[str]) -> list[str]:
    """Lines as they were before they were copied from a terminal."""
    if _STRING.match(lines[0]) or not any(map(_FIRST_PROMPT.match, lines[:2])):
        return lines
    return dedent("\n".join(_PROMPT.sub("", line, count=1) for line in lines)).split("\n")


def _statements(lines: list[str]) -> Iterator[str]:
    """Lines that belong together: until brackets and strings are closed. An escape ends with its line."""
    waiting: list[str] = []
    for line in lines:
        waiting.append(line)
        text = "\n".join(waiting)
        if line.endswith("\\") or (not _is_escaped(text) and _is_open(text)):
            continue
        yield text
        waiting = []
    if waiting:
        yield "\n".join(waiting)


def _is_escaped(text: str) -> bool:
    return text.lstrip()[:1] in tuple("%!?,;/") or _ASSIGNED.match(text.lstrip()) is not None


def _is_open(text: str) -> bool:
    """Whether a bracket or a string of three quotes is open at the end."""
    try:
        for _ in tokenize.generate_tokens(StringIO(text.lstrip()).readline):
            pass
    except tokenize.TokenError as error:
        return "EOF" in str(error) or "triple-quoted" in str(error)
    except SyntaxError:
        pass
    return False


def _statement(text: str) -> str:
    core = text.lstrip(" \t")
    indent, joined = text[: len(text) - len(core)], core.replace("\\\n", " ").rstrip()
    if joined.endswith("?") and not _ends_in_comment(joined) and (found := _HELP.search(joined)):
        return indent + _help(found["what"], found["marks"])
    if found := _ASSIGNED.match(joined):
        rest = joined[found.end() :]
        return indent + found["names"] + (_magic(rest) if found["escape"] == "%" else _output(rest))
    return indent + call if (call := _escape(joined)) else text


def _ends_in_comment(line: str) -> bool:
    with suppress(tokenize.TokenError, SyntaxError):
        tokens = tokenize.generate_tokens(StringIO(line).readline)
        return any(token.type == tokenize.COMMENT for token in tokens)
    return False


def _escape(line: str) -> str:
    """The call for a line that begins with an escape, or nothing."""
    if line[:2] in ("!!", "??"):
        return _output(line[2:]) if line[0] == "!" else _help(line[2:], "??")
    name, _, rest = line[1:].partition(" ")
    return {
        "%": _magic(line[1:]),
        "!": f"get_ipython().system({line[1:]!r})",
        "?": _help(line[1:], "?"),
        "/": f"{name}({', '.join(rest.split())})",
        ",": '{}("{}")'.format(name, '", "'.join(rest.split())),
        ";": f'{name}("{rest}")',
    }.get(line[:1], "")


def _magic(text: str) -> str:
    name, _, rest = text.partition(" ")
    return f"get_ipython().run_line_magic({name!r}, {rest!r})"


def _output(command: str) -> str:
    return f"get_ipython().getoutput({command!r})"


def _help(what: str, marks: str) -> str:
    if not what:
        return "get_ipython().show_usage()"
    method = "pinfo2" if marks == "??" else "psearch" if "*" in what else "pinfo"
    return f"get_ipython().run_line_magic({method!r}, {what!r})"
