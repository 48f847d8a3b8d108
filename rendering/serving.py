"""Serve a folder on this machine: `python -m rendering.serving FOLDER --port 8000`."""

from __future__ import annotations

import argparse
import errno
import signal
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HOST = "127.0.0.1"


class _Quiet(SimpleHTTPRequestHandler):
    """Files of a folder, without a line for each request."""

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True


def main(arguments: list[str] | None = None) -> int:
    """Serve until interrupted, or with no folder only see that the port is free; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m rendering.serving", description=__doc__)
    parser.add_argument("folder", nargs="?", help="what to serve; without it, only see that the port is free")
    parser.add_argument("--port", default="8000")
    options = parser.parse_args(arguments)
    try:
        server = listening(options.port, options.folder or ".")
    except OSError as error:
        print(
            f"port {options.port} {_why_not(error)}; name another one: make course PORT=8001", file=sys.stderr
        )
        return 1
    with server:
        if options.folder:
            _serve(server)
    return 0


def listening(port: str, folder: str) -> ThreadingHTTPServer:
    """Return a server of the folder that holds the port already.

    Raises: OSError where the port cannot be had.
    """
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise OSError(errno.EINVAL, "no port")
    return _Server((HOST, int(port)), partial(_Quiet, directory=folder))


def _serve(server: ThreadingHTTPServer) -> None:
    print(f"The course is at http://{HOST}:{server.server_port}/ (Ctrl-C ends it)", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print()


def _why_not(error: OSError) -> str:
    """Why a port cannot be had."""
    reasons = {
        errno.EADDRINUSE: "is in use",
        errno.EACCES: "is not for everyone to use",
        errno.EINVAL: "is no port (1 to 65535)",
    }
    return reasons.get(error.errno or 0, f"cannot be had ({error.strerror})")


if __name__ == "__main__":
    # A process that a script put into the background ignores Ctrl-C unless it asks for it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(main())
