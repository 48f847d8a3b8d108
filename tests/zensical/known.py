"""Every difference that is known, with its reason: the name of a row of docs/contributing/zensical.md."""

from __future__ import annotations

from tests.zensical.comparing import Known

_STYLES_AND_SCRIPTS = r"assets/(javascripts|stylesheets)/.*"
_OFFLINE = "Reading without a connection"

KNOWN = (
    Known("The theme's own files", "file", place=_STYLES_AND_SCRIPTS),
    Known("The theme's own files", "file", place=r"assets/_mkdocstrings\.css"),
    Known("A compressed list of pages", "file", place=r"sitemap\.xml\.gz", other=""),
    Known(_OFFLINE, "file", place=r"offline(-worker\.js|\.json)", other=""),
    Known(_OFFLINE, "page", place=r"503\.html", other=""),
    Known(_OFFLINE, "head", one=r'<script src="[^"]*/theme/offline\.js"/>', other=""),
)
