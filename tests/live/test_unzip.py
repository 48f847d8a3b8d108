"""The worker's own reader of archives: what live/parts packs comes out again."""

from __future__ import annotations

import io
import json
import subprocess
import zipfile
from pathlib import Path

import pytest

from live.parts.packing import node, zipped
from tests.live.building import ROOT

FILES = {"a.txt": b"", "b/ü.bin": bytes(range(256)), "c.py": b"x = 1\n" * 5000}
READ = """
import { readFileSync } from "node:fs";
const [script, archive] = process.argv.slice(1);
const { files } = await import(script);
const found = Object.fromEntries([...files(new Uint8Array(readFileSync(archive)))]
  .map(([name, content]) => [name, Buffer.from(content).toString("latin1")]));
console.log(JSON.stringify(found));
"""


def read(archive: bytes, folder: Path) -> dict[str, bytes]:
    file = folder / "archive.zip"
    file.write_bytes(archive)
    script = (ROOT / "live" / "js" / "frame" / "unzip.js").as_uri()
    command = [node(), "--no-warnings", "--input-type=module", "--eval", READ, script, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ValueError(done.stderr)
    return {name: content.encode("latin1") for name, content in json.loads(done.stdout).items()}


def test_every_file_comes_out_as_it_went_in(tmp_path: Path) -> None:
    assert read(zipped(FILES), tmp_path) == FILES
    assert read(zipped({}), tmp_path) == {}


def test_what_is_no_plain_archive_is_refused(tmp_path: Path) -> None:
    compressed = io.BytesIO()
    with zipfile.ZipFile(compressed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("c.py", FILES["c.py"])
    with pytest.raises(ValueError, match="a part is no plain archive"):
        read(compressed.getvalue(), tmp_path)
    with pytest.raises(ValueError, match="a part is no archive"):
        read(zipped(FILES)[:-1], tmp_path)
