"""The server of `make course`."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from rendering.serving import HOST, listening, main


@pytest.fixture
def port() -> str:
    """A port that is free."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return str(probe.getsockname()[1])


@pytest.mark.parametrize("given", ["0", "x", "-1", "65536"])
def test_what_is_no_port_is_said_in_one_line(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([f"--port={given}"]) == 1
    told = f"port {given} is no port (1 to 65535); name another one: make course PORT=8001\n"
    assert capsys.readouterr().err == told


def test_a_port_in_use_is_said_in_one_line(
    port: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with listening(port, str(tmp_path)):
        assert main(["--port", port]) == main([str(tmp_path), "--port", port]) == 1
    told = f"port {port} is in use; name another one: make course PORT=8001\n"
    assert capsys.readouterr().err == told * 2
    assert main(["--port", port]) == 0


def test_it_serves_until_it_is_interrupted(port: str, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("here")
    command = [sys.executable, "-m", "rendering.serving", str(tmp_path), "--port", port]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == f"The course is at http://{HOST}:{port}/ (Ctrl-C ends it)\n"
        with urlopen(f"http://{HOST}:{port}/") as page:
            assert page.read() == b"here"
        server.send_signal(signal.SIGINT)
        _, errors = server.communicate(timeout=10)
    assert (server.returncode, errors) == (0, "")
