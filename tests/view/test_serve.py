from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from viddiff.core.errors import UsageError
from viddiff.view.serve import open_listener

pytestmark = pytest.mark.system


def test_the_next_free_port_is_taken() -> None:
    with open_listener("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with open_listener("127.0.0.1", port) as second:
            assert second.getsockname()[1] != port


def test_a_host_of_another_machine_is_refused() -> None:
    with pytest.raises(UsageError, match="--host"):
        open_listener("192.0.2.1", 0)


def test_a_folder_is_served_until_interrupted(tmp_path: Path) -> None:
    uploads = tmp_path / "tmp"
    uploads.mkdir()
    command = [sys.executable, "-m", "viddiff", "view", str(tmp_path), "--port", "0"]
    environment = {**os.environ, "TMPDIR": str(uploads)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as server:
        assert server.stderr is not None
        try:
            (address,) = re.findall("http://[^ ]+", server.stderr.readline())
            assert "no comparison and no run" in httpx.get(address).text
            assert len(list(uploads.glob("viddiff-view-*"))) == 1
            server.send_signal(signal.SIGINT)
            assert server.wait(10) == 0
        finally:
            server.kill()
    assert list(uploads.glob("viddiff-view-*")) == []
