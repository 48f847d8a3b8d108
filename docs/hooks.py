"""MkDocs' hooks: they hand files and pages to `rendering`, and put back what comes of them."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
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

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from live.parts import PageParts, parts  # noqa: E402
from rendering import (  # noqa: E402
    Lesson,
    RenderError,
    Source,
    assets,
    filled,
    generated,
    notebook,
    render,
    runnable,
)
from rendering.assets import IFRAME_WORKER  # noqa: E402
from rendering.atlas import Atlas, begun, fragments  # noqa: E402
from rendering.equations import Equations, Typesetter  # noqa: E402
from rendering.generated import Generated, refuse_typed  # noqa: E402
from rendering.messages import LOG, tell  # noqa: E402
from rendering.offline import ABSENT, write_offline  # noqa: E402
from rendering.plan import plan, start  # noqa: E402
from rendering.searching import lighten  # noqa: E402
from rendering.store import Store  # noqa: E402

DOCS, LESSONS, STORE = (
    ROOT / "docs",
    ROOT / "lessons",
    Store(ROOT / "build" / "cache"),
)

# How far up the search shows a page, where that is not 1; a lesson: 3.
BOOST = {
    "index.md": 0.3,
    "article-map.md": 0.3,
    "errata.md": 0.5,
    "results.md": 0.5,
}

P = ParamSpec("P")
R = TypeVar("R")


LOG.parent = logging.getLogger("mkdocs")  # which shows what is told


def told(
    what: str, make: Callable[P, R], *args: P.args, **kwargs: P.kwargs
) -> R:
    """Say what begins, and do it."""
    tell(what)
    return make(*args, **kwargs)


@dataclass
class Build:
    """What one build knows."""

    # the first: it is made beside all else
    atlas: Atlas | None = field(
        default_factory=lambda: begun(ROOT / "ovlearn", STORE.folder)
    )
    equations: Equations = field(
        default_factory=lambda: Equations(Typesetter.load(STORE))
    )
    lessons: dict[str, Lesson] = field(default_factory=dict)
    generated: Generated = field(
        default_factory=lambda: told(
            "deriving the reference", generated, ROOT, STORE
        )
    )
    live: PageParts = field(
        default_factory=lambda: told(
            "making Python for the page", parts, ROOT
        )
    )
    urls: dict[str, str] = field(default_factory=dict)


build: Build


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
    global build
    build = Build()
    if build.live.absent:
        logging.getLogger("mkdocs.hooks.live").info(build.live.absent)
    else:
        config.extra_javascript.append(build.live.loader)
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
    sources = lesson_sources()
    made = [*(source.uri for source in sources), *build.generated.pages]
    refuse_typed([file.src_uri for file in files], made)
    build.lessons = {
        lesson.uri: lesson
        for lesson in render(
            sources, package=ROOT / "ovlearn", store=STORE
        )
    }
    tell("writing the pages")
    texts = {
        uri: lesson.markdown for uri, lesson in build.lessons.items()
    }
    notebooks = {
        f"exercises/{name}.ipynb": text
        for name, text in build.generated.notebooks.items()
    }
    made_here: dict[str, str | bytes] = {
        **texts,
        **build.generated.pages,
        **notebooks,
    }
    for place, content in (
        made_here | theme_assets(config) | build.live.files
    ).items():
        files.append(File.generated(config, place, content=content))
    folders = {
        folder: generated_in(folder)
        for folder in ("derivations/*", "exercises/*")
    }
    config.nav = with_folders(
        config.nav, {"lessons/*": numbered_lessons(), **folders}
    )
    build.urls = {
        file.src_uri: file.url for file in files.documentation_pages()
    }
    return files


@stops_the_build
def on_page_markdown(
    markdown: str, page: Page, config: MkDocsConfig, files: Files
) -> str:
    """Fill the generated fragments into the pages that are written by hand."""
    if page.file.generated_by:
        return markdown
    made = build.generated.fragments | fragments(build.atlas)
    made["plan"] = plan(build.lessons.values())
    made["start"] = start(build.lessons.values())
    return filled(markdown, made)


@stops_the_build
def on_page_content(
    html: str, page: Page, config: MkDocsConfig, files: Files
) -> str:
    """Number the page's equations. In titles they become words, and HTML where a template can show it.

    And say how far up the search shows the page, before the search plugin reads it.
    """
    uri = page.file.src_uri
    page.meta["search"] = {
        "boost": BOOST.get(uri, 3 if uri in build.lessons else 1)
    }
    page.title = build.equations.title(str(page.title))[0]
    for heading in page.toc:
        give_title(heading)
    return build.equations.collect(uri, html)


@stops_the_build
def on_env(env: Any, config: MkDocsConfig, files: Files) -> None:
    """Add the lessons' notebooks, and the cells of every page, now that every equation has its number.

    And the atlas, which was made meanwhile.
    """
    made: dict[str, str | bytes] = {
        runnable.place(f"exercises/{name}.md"): text
        for name, text in build.generated.cells.items()
    }
    for lesson in build.lessons.values():
        text = notebook(
            lesson,
            site=config.extra["published_at"],
            in_words=build.equations.in_words,
        )
        made[notebook_of(lesson)] = text
        made[runnable.place(lesson.uri)] = runnable.of_lesson(
            lesson, build.equations.labels.numbered
        )
    made["exercises/sets.json"] = runnable.sets_json()
    made |= build.atlas.files() if build.atlas else {}
    for where, content in made.items():
        files.append(File.generated(config, where, content=content))


def on_page_context(
    context: dict[str, Any], page: Page, config: MkDocsConfig, nav: Any
) -> dict[str, Any]:
    """Tell the template where the page comes from and, for a lesson, where its notebook is."""
    lesson = build.lessons.get(page.file.src_uri)
    page.edit_url = edit_url(page, config)
    place = lesson and practice(lesson)
    exercises = place and build.urls[place]
    made = {
        "notebook": lesson and notebook_of(lesson),
        "exercises": exercises,
    }
    return {**context, **made, "glossary": build.generated.glossary}


@stops_the_build
def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Put the equations into the page, and give the search dialog a name."""

    def address(other: str) -> str:
        return get_relative_url(build.urls[other], page.url)

    return with_named_search(
        build.equations.resolve(page.file.src_uri, output, address)
    )


@stops_the_build
def on_post_build(config: MkDocsConfig) -> None:
    """Keep what KaTeX made, make the search's index light, and tell the service worker what the site is."""
    site = Path(config.site_dir)
    build.equations.typesetter.save(STORE)
    lighten(site / "search" / "search_index.json")
    if not config.extra["offline"]:
        write_offline(site, urlsplit(config.site_url or "").path or "/")


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


def lesson_sources() -> list[Source]:
    """Return every notebook that the site shows: those of lessons/, in order, and those in docs/."""
    lessons = [
        Source(path, f"lessons/{path.stem}.md")
        for path in sorted(LESSONS.glob("[0-9]*.py"))
    ]
    others = [
        Source(path, f"{path.stem}.md")
        for path in sorted(DOCS.glob("*.py"))
        if path != Path(__file__).resolve()
    ]
    return [*lessons, *others]


def with_folders(nav: Any, folders: Mapping[str, Sequence[Any]]) -> Any:
    """Return the navigation with all pages of a folder in the place of `folder/*`."""
    if isinstance(nav, dict):
        return {
            name: with_folders(part, folders)
            for name, part in nav.items()
        }
    if not isinstance(nav, list):
        return nav
    entries: list[Any] = []
    for part in nav:
        known = folders.get(part) if isinstance(part, str) else None
        entries += (
            [with_folders(part, folders)] if known is None else known
        )
    return entries


def numbered_lessons() -> list[dict[str, str]]:
    """Return the lessons' entries in the navigation."""
    return [
        {
            f"{int(lesson.source.name[:2])}. {build.equations.title(lesson.title)[0]}": uri
        }
        for uri, lesson in build.lessons.items()
        if uri.startswith("lessons/")
    ]


def generated_in(folder: str) -> list[str]:
    """Return the entries of a folder of generated pages, less the table that stands before them."""
    place = folder.removesuffix("*")
    return [
        uri
        for uri in build.generated.pages
        if uri.startswith(place) and uri != f"{place}index.md"
    ]


def practice(lesson: Lesson) -> str | None:
    """Return where the exercises for a lesson are, if it has some."""
    uri = f"exercises/{lesson.uri.removeprefix('lessons/')}"
    return uri if uri in build.generated.pages else None


def theme_assets(config: MkDocsConfig) -> dict[str, str | bytes]:
    """Return npm's files; the copy for reading from disk has its fonts in the style sheets."""
    fonts = (DOCS / "theme" / "fonts.css").read_text(encoding="utf-8")
    return assets(fonts, embed_fonts=bool(config.extra["offline"]))


def notebook_of(lesson: Lesson) -> str:
    """Return where a lesson's notebook stands in the site."""
    return f"{lesson.uri.removesuffix('.md')}.ipynb"


def edit_url(page: Page, config: MkDocsConfig) -> str | None:
    """Return where a page's source can be edited; a generated page has no source of its own."""
    uri = page.file.src_uri
    if uri in build.lessons:
        source = (
            build.lessons[uri].source.path.relative_to(ROOT).as_posix()
        )
    elif page.file.generated_by:
        return None
    else:
        source = f"docs/{uri}"
    return f"{config.extra['source_url']}/edit/main/{source}"


def give_title(heading: AnchorLink) -> None:
    """Give a heading, and those below it, words for the outline, and the HTML that Material shows instead."""
    words, html = build.equations.title(heading.title)
    if words != heading.title:
        heading.title, heading.typeset = words, {"title": html}  # type: ignore[attr-defined]
    for child in heading.children:
        give_title(child)
