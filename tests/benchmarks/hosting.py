"""A folder served as static hosts serve it: text in gzip, connections kept, and leave to keep files."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache, partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.site.built import answering

_TEXT = ("text/", "application/json", "application/xml", "image/svg")


@contextmanager
def hosted(site: Path) -> Iterator[Host]:
    """Serve the site at a free port of this machine; the context gives the server."""
    with answering(Host(("127.0.0.1", 0), partial(_Handler, directory=str(site)))) as server:
        yield server


@cache
def compressed(file: Path) -> bytes:
    """A file in gzip, at the level that hosts use."""
    return gzip.compress(file.read_bytes(), compresslevel=6, mtime=0)


class Host(ThreadingHTTPServer):
    """`sent`: the length of everything that went out, headers too, whatever of the browser asked for it."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.sent: list[int] = []


class _Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Host

    def setup(self) -> None:
        super().setup()
        write = self.wfile.write

        def counted(data: bytes) -> int:
            self.server.sent.append(len(data))
            return write(data)

        self.wfile.write = counted

    def handle(self) -> None:
        with suppress(ConnectionError):  # a browser that is closed
            super().handle()

    def send_head(self) -> io.BytesIO:
        file, status = Path(self.translate_path(self.path)), HTTPStatus.OK
        if file.is_dir():
            file /= "index.html"
        if not file.is_file():
            file, status = Path(self.directory) / "404.html", HTTPStatus.NOT_FOUND
        kind = self.guess_type(file)
        text = kind.startswith(_TEXT)
        body = compressed(file) if text else file.read_bytes()
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8" if text else kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=31536000" if "/assets/" in self.path else "max-age=600")
        if text:
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Vary", "Accept-Encoding")
        self.end_headers()
        return io.BytesIO(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass
