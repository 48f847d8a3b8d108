"""KaTeX in this process: what our LaTeX must satisfy, without a browser."""

import json
from functools import cache
from pathlib import Path
from typing import Any

_SCRIPT = Path(__file__).parent.parent / "node_modules" / "katex" / "dist" / "katex.min.js"

# Whatever KaTeX would only warn of is an error. It is noted, not thrown: in some places KaTeX swallows what
# `strict` throws. The outcome comes back as data, never as an exception.
_RENDER = """
function attempt(source, displayMode) {
  const warnings = [];
  const strict = (code, message) => { warnings.push(code + ": " + message); return "ignore"; };
  try {
    const options = {displayMode, strict, throwOnError: true, output: "htmlAndMathml"};
    const html = katex.renderToString(source, options);
    return warnings.length ? {error: warnings[0]} : {html};
  } catch (error) {
    return {error: error.message};
  }
}
function attempts(sources, displayMode) {
  return JSON.stringify(JSON.parse(sources).map(source => attempt(source, displayMode)));
}
"""


class KatexError(Exception):
    """A TeX source that KaTeX does not accept."""

    def __init__(self, source: str, message: str):
        super().__init__(f"{message}\nin {source}")
        self.source = source
        self.message = message


def render(sources: list[str], display: bool = True) -> list[str]:
    """Return the HTML with MathML of each TeX source; raise KatexError for the first that is not accepted."""
    outcomes = json.loads(_attempts()(json.dumps(sources), display))
    for source, outcome in zip(sources, outcomes, strict=True):
        if "error" in outcome:
            raise KatexError(source, outcome["error"])
    return [outcome["html"] for outcome in outcomes]


@cache
def _attempts() -> Any:
    import quickjs

    if not _SCRIPT.exists():
        raise RuntimeError("KaTeX is not installed: run `make node` first (`make test` does)")
    context = quickjs.Context()
    context.eval("globalThis.self = globalThis;" + _SCRIPT.read_text(encoding="utf-8"))
    context.eval(_RENDER)
    return context.get("attempts")
