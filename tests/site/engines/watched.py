"""The site behind a proxy to which goes all that a browser asks for: what it asks of others is seen, too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.site.built import ADDRESS, Quiet, served
from tests.site.live.served import TREASURE

_REPORTS = f"<head><script>{Path(__file__).with_name('reports.js').read_text('utf-8')}</script>"


@dataclass
class Seen:
    """What came to the proxy. `asked`: of the site; `elsewhere`: of others; `wrong`: what a page told.

    `reporting`: whether pages report their errors, for which their files are changed.
    """

    asked: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    reporting: bool = True


class Proxy(Quiet):
    """Answers for the site, with what reports a page's errors added to its files, and for all others."""

    def __init__(self, *of_request: Any, seen: Seen, **rest: Any) -> None:
        self.seen = seen
        super().__init__(*of_request, **rest)

    def do_GET(self) -> None:
        if not self.path.startswith(ADDRESS):
            self._stranger()
            return
        self.path = self.path.removeprefix(ADDRESS.rstrip("/"))
        self.seen.asked.append(self.path)
        file = Path(self.translate_path(self.path))
        page = file / "index.html" if self.path.partition("?")[0].endswith("/") else file
        reports = self.seen.reporting and page.suffix == ".html" and page.is_file()
        if reports and "/live/" not in self.path:
            self.give(
                "text/html; charset=utf-8", page.read_text("utf-8").replace("<head>", _REPORTS, 1).encode()
            )
        else:
            super().do_GET()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode(errors="replace")
        if self.path == f"{ADDRESS}said":
            self.seen.wrong.append(body)
            self.give("text/plain", b"")
        else:
            self._stranger()

    def do_CONNECT(self) -> None:
        """What is asked in secret, and sockets: the name is told, and nothing more."""
        self.seen.elsewhere.append(self.path)
        super().send_error(502)

    def _stranger(self) -> None:
        """Another site, which lets everybody read."""
        self.seen.elsewhere.append(self.path)
        self.give(*TREASURE.get(urlsplit(self.path).path, ("text/plain", b"")))

    def give(self, kind: str, data: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        self.wfile.write(data)

    def send_error(self, code: int, *rest: Any, **more: Any) -> None:
        self.seen.wrong.append(f"{code}: {self.path}")
        super().send_error(code, *rest, **more)


@contextmanager
def proxied(proxy: type[Proxy] = Proxy, *, reporting: bool = True) -> Iterator[tuple[int, Seen]]:
    """Serve the site as a proxy, at a free port of this machine; the port, and what comes to it."""
    seen = Seen(reporting=reporting)
    with served(partial(proxy, seen=seen)) as port:
        yield port, seen
