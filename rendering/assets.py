"""What the pages need from npm: each file's text or bytes, and where it stands in the site."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path

from rendering.messages import RenderError

NODE_MODULES = Path(__file__).parent.parent / "node_modules"
KATEX_CSS, FONTS_CSS, COPY_TEX, IFRAME_WORKER = (
    "assets/katex/katex.min.css",
    "assets/fonts.css",
    "assets/katex/copy-tex.min.js",
    "assets/iframe-worker.js",
)

_KATEX = NODE_MODULES / "katex" / "dist"
# Browsers of the last ten years read WOFF2: what KaTeX lists for older ones is not shipped.
_OLD_FORMATS = re.compile(r',url\([^)]*\.(?:woff|ttf)\) format\("\w+"\)')
# The one bold symbol, the column of ones, is not worth 25 kB a page: browsers embolden the upright face.
_BOLD = re.compile(r"@font-face\{font-display:block;font-family:KaTeX_Main;[^}]*font-weight:700[^}]*\}")
_FONT_URL = re.compile(r"url\(([\w./-]+\.woff2)\)")

Content = str | bytes


def assets(fonts_css: str, *, embed_fonts: bool = False) -> dict[str, Content]:
    """Return the content of each asset by its place in the site.

    `fonts_css`: the style sheet of the text's fonts, with `url(fonts/….woff2)`; `embed_fonts`: put the fonts
    into the style sheets, since browsers refuse to load them from disk.

    Raises: RenderError where npm's packages are not installed.
    """
    sheets = {
        KATEX_CSS: _BOLD.sub("", _OLD_FORMATS.sub("", _read(_KATEX / "katex.min.css"))),
        FONTS_CSS: fonts_css,
    }
    scripts = {
        COPY_TEX: require(
            _KATEX / "contrib" / "copy-tex.min.js"
        ).read_bytes(),  # a copied equation is its TeX
        IFRAME_WORKER: require(NODE_MODULES / "iframe-worker" / "shim" / "index.js").read_bytes(),
    }
    if embed_fonts:
        return {**{place: _embedded(sheet) for place, sheet in sheets.items()}, **scripts}
    return {**sheets, **scripts, **dict(_fonts(sheets))}


def require(file: Path) -> Path:
    """Return the file; raise RenderError that names the command which installs it, where it is missing."""
    if not file.exists():
        raise RenderError(f"{file.relative_to(NODE_MODULES.parent)} is missing: `make node` installs it")
    return file


def _read(file: Path) -> str:
    return require(file).read_text(encoding="utf-8")


def _fonts(sheets: dict[str, str]) -> Iterator[tuple[str, bytes]]:
    """The fonts that the style sheets name, beside them."""
    for place, sheet in sheets.items():
        for address in dict.fromkeys(_FONT_URL.findall(sheet)):
            yield f"{place.rpartition('/')[0]}/{address}", _font(address).read_bytes()


def _embedded(sheet: str) -> str:
    """A style sheet with its fonts in it."""

    def data(found: re.Match[str]) -> str:
        return f"url(data:font/woff2;base64,{base64.b64encode(_font(found[1]).read_bytes()).decode()})"

    return _FONT_URL.sub(data, sheet)


def _font(address: str) -> Path:
    """Where npm put the font: KaTeX's own, or a face whose file begins with its family's name."""
    name = Path(address).name
    if name.startswith("KaTeX"):
        return require(_KATEX / "fonts" / name)
    scope = "@fontsource-variable" if "-wght-" in name else "@fontsource"
    return require(NODE_MODULES / scope / name.partition("-latin")[0] / "files" / name)
