"""Listening: a free port, one printed address, a clean end."""

from __future__ import annotations

import secrets
import socket
import webbrowser
from collections.abc import Callable
from pathlib import Path

import uvicorn

from viddiff.core.errors import UsageError
from viddiff.core.settings import Settings
from viddiff.view.jobs import Worker, compare_with
from viddiff.view.request_policy import LOOPBACK
from viddiff.view.server import make_app

#: How many ports after the wanted one are tried.
N_PORTS = 50


def serve(
    folder: Path, settings: Settings, host: str, port: int, on_address: Callable[[str], object], browser: bool
) -> None:
    """Serve ``folder`` until Ctrl-C.

    Args:
        folder: what is shown.
        settings: of comparisons.
        host: where to listen; beyond this machine a token is made.
        port: the first port to try; 0: any.
        on_address: called once with the address, which holds the token.
        browser: open it there, too.

    Raises:
        UsageError: there is no folder, or no port is free.
    """
    if not folder.is_dir():
        raise UsageError(f"There is no folder {str(folder)!r}: name the folder that holds comparisons or runs.")
    token = None if host in LOOPBACK else secrets.token_urlsafe(32)
    with open_listener(host, port) as listener:
        worker = Worker(folder, compare_with(settings))
        try:
            app = make_app(folder, settings, worker, host=host, token=token)
            name = f"[{host}]" if ":" in host else host
            address = f"http://{name}:{listener.getsockname()[1]}/" + (f"?token={token}" if token else "")
            on_address(address)
            if browser:
                webbrowser.open(address)
            # No access log: the first address holds the token.
            config = uvicorn.Config(
                app, log_level="error", access_log=False, server_header=False, timeout_graceful_shutdown=2
            )
            uvicorn.Server(config).run(sockets=[listener])
        finally:
            worker.close()


def open_listener(host: str, port: int) -> socket.socket:
    """A socket on the first free port from ``port`` on.

    Raises:
        UsageError: none is free, or the host is not of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    problem = "none is free"
    for candidate in range(port, min(port + N_PORTS, 2**16)) if port else (0,):
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            listener.bind((host, candidate))
            listener.listen(64)
            return listener
        except OSError as error:
            listener.close()
            problem = error.strerror or str(error)
    raise UsageError(f"No free port from {port} on at {host!r} ({problem}): give another --port or --host.")
