"""MkDocs' hooks: they hand files and pages to `rendering`, and put back what comes of them."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar
from urllib.parse import urlsplit

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import Abort, PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from mkdocs.structure.toc import AnchorLink
from mkdocs.utils import get_relative_url

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from rendering import RenderError
from rendering.assets import IFRAME_WORKER, Content
from rendering.messages import LOG
from rendering.offline import ABSENT, write_offline
from rendering.searching import lighten
from rendering.site import Site

P = ParamSpec("P")
R = TypeVar("R")


LOG.parent = logging.getLogger("mkdocs")  # which shows what is told


site: Site
urls: dict[str, str] = {}


def stops_the_build(hook: Callable[P, R]) -> Callable[P, R]:
    """Let what stops the renderer stop MkDocs, with its one message."""

    @wraps(hook)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return hook(*args, **kwargs)
        except RenderError as error:
            raise PluginError(str(error)) from None

    return run


def on_startup(command: str, dirty: bool) -> None:
    """Refuse to build where a warning would go unseen: `strict` counts only those that are logged."""
    if not logging.getLogger("mkdocs").isEnabledFor(logging.WARNING):
        raise Abort(
            "--quiet hides the warnings that must stop the build: leave it out"
        )


@stops_the_build
def on_config(config: MkDocsConfig) -> None:
    """Begin. In the copy for reading from disk, the search's worker comes from npm, not from elsewhere.

    Nor does that copy swap pages: on a page from disk, instant navigation ends before any script begins.
    """
    global site
    site = Site()
    config.extra["glossary"] = site.generated.glossary
    if site.live.absent:
        logging.getLogger("mkdocs.hooks.live").info(site.live.absent)
    else:
        config.extra_javascript.append(site.live.loader)
        config.extra_css.append("theme/live.css")
    if config.extra["offline"]:
        config.extra["polyfills"] = [IFRAME_WORKER]
        config.theme["features"].remove("navigation.instant")
    else:
        config.theme.static_templates.add(ABSENT)
        config.extra_javascript.append("theme/offline.js")


@stops_the_build
def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the lessons, the generated pages and npm's assets, and name them in the navigation."""
    written = [file.src_uri for file in files]
    offline = bool(config.extra["offline"])
    add(site.sources(written, embed_fonts=offline), files, config)
    config.nav = site.navigation(config.nav)
    urls.clear()
    urls.update(
        (file.src_uri, file.url) for file in files.documentation_pages()
    )
    return files


@stops_the_build
def on_page_markdown(
    markdown: str, page: Page, config: MkDocsConfig, files: Files
) -> str:
    """Fill the generated fragments into the pages that are written by hand."""
    return markdown if page.file.generated_by else site.filled(markdown)


@stops_the_build
def on_page_content(
    html: str, page: Page, config: MkDocsConfig, files: Files
) -> str:
    """Number the page's equations. In titles they become words, and HTML where a template can show it.

    And say how far up the search shows the page, before the search plugin reads it.
    """
    uri = page.file.src_uri
    page.meta["search"] = {"boost": site.boost(uri)}
    page.title = site.equations.title(str(page.title))[0]
    for heading in page.toc:
        give_title(heading)
    return site.equations.collect(uri, html)


@stops_the_build
def on_env(env: Any, config: MkDocsConfig, files: Files) -> None:
    """Add the files that need every equation's number, now that there are all of them."""
    add(site.numbered(config.extra["published_at"]), files, config)


def on_page_context(
    context: dict[str, Any], page: Page, config: MkDocsConfig, nav: Any
) -> None:
    """Tell the template where the page comes from and, for a lesson, where its notebook is."""
    uri = page.file.src_uri
    source, practice = site.edited_in(uri), site.practice(uri)
    project = config.extra["source_url"]
    page.meta["edit_url"] = source and f"{project}/edit/main/{source}"
    page.meta["notebook"] = site.downloads(uri)
    page.meta["exercises"] = practice and urls[practice]


@stops_the_build
def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Put the equations into the page, and give the search dialog a name."""

    def address(other: str) -> str:
        return get_relative_url(urls[other], page.url)

    return with_named_search(
        site.equations.resolve(page.file.src_uri, output, address)
    )


@stops_the_build
def on_post_build(config: MkDocsConfig) -> None:
    """Keep what KaTeX made, make the search's index light, and tell the service worker what the site is."""
    site.close()
    folder = Path(config.site_dir)
    lighten(folder / "search" / "search_index.json")
    if not config.extra["offline"]:
        write_offline(
            folder, urlsplit(config.site_url or "").path or "/"
        )


def add(
    made: dict[str, Content], files: Files, config: MkDocsConfig
) -> None:
    """Add files to the site, by their places."""
    for place, content in made.items():
        files.append(File.generated(config, place, content=content))


def with_named_search(html: str) -> str:
    """Return a page whose search dialog has a name for screen readers: Material gives it none.

    Raises: RenderError where there is no such dialog, so that a new version of Material is looked at.
    """
    dialog = 'data-md-component="search" role="dialog"'
    if html.count(dialog) != 1:
        raise RenderError(
            "the theme's search dialog is not where it was: see docs/hooks.py"
        )
    return html.replace(dialog, f'{dialog} aria-label="Search"')


def give_title(heading: AnchorLink) -> None:
    """Give a heading, and those below it, words for the outline, and the HTML that Material shows instead."""
    words, html = site.equations.title(heading.title)
    if words != heading.title:
        heading.title, heading.typeset = words, {"title": html}  # type: ignore[attr-defined]
    for child in heading.children:
        give_title(child)
