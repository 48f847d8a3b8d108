"""The same site, built with Zensical: the way out of Material for MkDocs, whose maintenance ends on 5 May 2027.

`python docs/with_zensical.py SITE` writes what `rendering` makes into a folder of plain Markdown and files,
has Zensical build that, and puts the equations into the pages. Zensical runs no hooks, and needs none here.
"""

from __future__ import annotations

import argparse
import logging
import os
import posixpath
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from yaml_env_tag import add_env_tag

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from rendering import RenderError
from rendering.assets import Content
from rendering.links import page_address
from rendering.messages import LOG
from rendering.searching import lighten
from rendering.site import DOCS, ROOT, Site

WORK = ROOT / "build" / "zensical"
BUILT = "site"  # below WORK
# <a href="…"> to another file
LINK = re.compile(r'(<a [^>]*?\bhref=")(?!\w+:|/|#)([^"]+)')


def main() -> int:
    """Build the site; return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n")[0]
    )
    parser.add_argument(
        "site", type=Path, help="the folder for the site, made anew"
    )
    options = parser.parse_args()
    logging.basicConfig(format="%(message)s")
    LOG.setLevel(logging.INFO)
    try:
        build(options.site)
    except RenderError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def build(target: Path) -> None:
    """Build the site there, whole or not at all.

    Raises: RenderError for what `rendering` refuses, and where Zensical finds something wrong.
    """
    config = configuration()
    shutil.rmtree(WORK, ignore_errors=True)
    site = Site()
    write_sources(site, config)
    config["nav"] = site.navigation(config["nav"])
    (WORK / "mkdocs.yml").write_text(
        yaml.safe_dump(config, sort_keys=False, allow_unicode=True),
        encoding="utf-8",
    )
    run_zensical()
    finish(site, config, WORK / BUILT)
    shutil.rmtree(target, ignore_errors=True)
    (WORK / BUILT).rename(target)


def configuration() -> dict[str, Any]:
    """Return mkdocs.yml as it is, less the hooks; its paths lead from WORK to where they led."""
    loader = add_env_tag(yaml.SafeLoader)
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    config: dict[str, Any] = yaml.load(text, loader)
    if config["extra"]["offline"]:
        raise RenderError(
            "the copy for reading from disk is built with MkDocs alone"
        )
    del config["hooks"]
    config |= {"docs_dir": "docs", "site_dir": BUILT}
    up = Path(os.path.relpath(ROOT, WORK))
    theme = config["theme"]
    theme["custom_dir"] = (up / theme["custom_dir"]).as_posix()
    theme["variant"] = "classic"  # which looks as Material does
    python = next(
        plugin["mkdocstrings"]["handlers"]["python"]
        for plugin in config["plugins"]
        if "mkdocstrings" in plugin
    )
    for places in (python["paths"], python["options"]["extensions"]):
        places[:] = [(up / place).as_posix() for place in places]
    return config


def write_sources(site: Site, config: dict[str, Any]) -> None:
    """Write every page as Markdown, with what the templates need to know of it, and every file."""
    written = {
        file.relative_to(DOCS).as_posix(): file
        for file in sorted(DOCS.rglob("*"))
        if file.is_file() and "__pycache__" not in file.parts
    }
    made = site.sources(written)
    for place, file in written.items():
        page = file.suffix == ".md"
        made[place] = (
            site.filled(file.read_text(encoding="utf-8"))
            if page
            else file.read_bytes()
        )
    for place, content in made.items():
        if isinstance(content, str) and place.endswith(".md"):
            known = facts(site, config, place)
            content = with_facts(from_the_source(content, place), known)
        write(WORK / "docs" / place, content)
    config["extra"]["glossary"] = site.generated.glossary
    if site.live.absent:
        print(site.live.absent)
    else:
        config["extra_javascript"].append(site.live.loader)
        config["extra_css"].append("theme/live.css")


def facts(
    site: Site, config: Mapping[str, Any], page: str
) -> dict[str, str]:
    """Return what the templates need to know of a page."""
    practice, source = site.practice(page), site.edited_in(page)
    project = config["extra"]["source_url"]
    known = {
        "notebook": site.downloads(page),
        "exercises": practice and page_address(practice, ""),
        "edit_url": source and f"{project}/edit/main/{source}",
    }
    return {name: fact for name, fact in known.items() if fact}


def with_facts(markdown: str, known: Mapping[str, str]) -> str:
    """Return a page with more in its front matter.

    >>> print(with_facts("# Errata", {"notebook": "errata.ipynb"}))
    ---
    notebook: errata.ipynb
    ---
    <BLANKLINE>
    # Errata
    >>> print(with_facts("---\\ntitle: Two\\n---\\n# 2", {"a": "b"}))
    ---
    a: b
    title: Two
    ---
    # 2
    """
    lines = "".join(f"{name}: {known[name]}\n" for name in known)
    if not lines:
        return markdown
    if markdown.startswith("---\n"):
        return f"---\n{lines}{markdown[4:]}"
    return f"---\n{lines}---\n\n{markdown}"


def from_the_source(markdown: str, page: str) -> str:
    """Return a page whose links in HTML lead from its source, as Zensical takes them, not from its address.

    >>> from_the_source('<a href="smollm2/index.html">Open</a>', "atlas.md")
    '<a href="atlas/smollm2/index.html">Open</a>'
    """

    def moved(found: re.Match[str]) -> str:
        target = posixpath.join(page_address(page, ""), found[2])
        place = posixpath.dirname(page) or "."
        return f"{found[1]}{posixpath.relpath(target, place)}"

    return LINK.sub(moved, markdown)


def run_zensical() -> None:
    """Have Zensical build what was written; a warning of its own is an error, as it is with MkDocs."""
    command = [sys.executable, "-m", "zensical", "build", "--strict"]
    done = subprocess.run(command, cwd=WORK, check=False)
    if done.returncode:
        raise RenderError("Zensical stopped: see above")


def finish(site: Site, config: Mapping[str, Any], folder: Path) -> None:
    """Put the equations into the pages, and add what needs their numbers."""
    pages = {
        place.relative_to(WORK / "docs").as_posix(): file
        for place in sorted((WORK / "docs").rglob("*.md"))
        if (file := page_file(folder, place)).exists()
    }
    waiting = {
        page: site.equations.collect(page, file.read_text("utf-8"))
        for page, file in pages.items()
    }
    for page, html in waiting.items():
        whole = site.equations.resolve(
            page, html, partial(address, page)
        )
        write(pages[page], whole)
    published = config["extra"]["published_at"]
    for place, content in site.numbered(published).items():
        write(folder / place, content)
    lighten(folder / "search.json", "items")
    site.close()


def page_file(folder: Path, source: Path) -> Path:
    """Return the page that Zensical makes of a source."""
    page = source.relative_to(WORK / "docs").as_posix()
    return folder / page_address(page, "") / "index.html"


def address(page: str, other: str) -> str:
    """Return where another page is, as seen from this one.

    >>> address("lessons/01_x.md", "errata.md")
    '../../errata/'
    """
    here, there = page_address(page, ""), page_address(other, "")
    return f"{posixpath.relpath(there or '.', here or '.')}/"


def write(file: Path, content: Content) -> None:
    """Write a file, and the folder that it is in."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, str):
        content = content.encode()
    file.write_bytes(content)


if __name__ == "__main__":
    sys.exit(main())
