"""Two servers, which note what they are asked for: a site with the parts of Python, and a stranger."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from rendering.assets import NODE_MODULES
from tests.live.runtime import built
from tests.site.built import Threads, answering

# What code in a worker can ask for; whoever gets it has got out.
TREASURE = {
    "/treasure": ("text/plain", b"treasure"),
    "/treasure.js": ("text/javascript", b"self.treasure = 1; self.postMessage?.('treasure')"),
    "/treasure.events": ("text/event-stream", b"data: treasure\n\n"),
    "/treasure.woff2": ("font/woff2", b""),
}
_ACCEPT = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


@cache
def runtime() -> dict[str, bytes]:
    """The files of live/, as a site has them."""
    return built().files


def lock() -> dict[str, Any]:
    """What the site's lock says of each part."""
    found: dict[str, Any] = json.loads(runtime()["live/lock.json"])
    return found


def frame() -> str:
    """Where the frame is."""
    (name,) = (name for name in runtime() if name.startswith("live/frame."))
    return name


def bundle(entry: Path, *options: str) -> bytes:
    """A script of the project by itself, as a browser takes it."""
    command = [Path(sys.executable).with_name("node"), NODE_MODULES / "esbuild" / "bin" / "esbuild", entry]
    return subprocess.run([*command, "--bundle", *options], check=True, capture_output=True).stdout


class Server(Threads):
    """Serves files from memory; `asked`: the path of each request; `halved`: those of which half is sent."""

    def __init__(self, files: dict[str, tuple[str, bytes]]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files = files
        self.asked: list[str] = []
        self.halved: set[str] = set()
        self.address = f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        if self.headers.get("Upgrade", "").lower() == "websocket":
            self._shake_hands()
            return
        kind, data = self.server.files.get(self.path, ("", b""))
        self.send_response(200 if kind else 404)
        self.send_header("Content-Type", kind or "text/plain")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        if self.path not in self.server.halved:
            self.wfile.write(data)
            return
        self.wfile.write(data[: len(data) // 2])
        time.sleep(0.5)  # let it come, and then nothing more

    do_POST = do_GET

    def _shake_hands(self) -> None:
        key = self.headers["Sec-WebSocket-Key"].encode()
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header(
            "Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key + _ACCEPT).digest()).decode()
        )
        self.end_headers()
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def running(files: dict[str, tuple[str, bytes]]) -> Iterator[Server]:
    with answering(Server(files)) as server:
        yield server


@contextmanager
def site(page: str, **more: bytes) -> Iterator[Server]:
    """A site of one page, with the parts of Python and something to get at. `more`: scripts by name."""
    files = {f"/{name}": (_kind(name), data) for name, data in runtime().items()}
    files |= {f"/{name}.js": ("text/javascript", data) for name, data in more.items()}
    with running({**files, **TREASURE, "/": ("text/html", page.encode())}) as server:
        yield server


@contextmanager
def stranger() -> Iterator[Server]:
    """Another origin, which lets everybody read."""
    with running(TREASURE) as server:
        yield server


def _kind(name: str) -> str:
    endings = {"html": "text/html", "js": "text/javascript", "json": "application/json"}
    return endings.get(name.rpartition(".")[2], "application/octet-stream")
