"""What all unit tests share."""

from __future__ import annotations

import socket

import pytest
from hypothesis import settings

# Machines that run many tests at once stall; a slow example is no failure.
settings.register_profile("steady", deadline=None)
settings.load_profile("steady")


def engine_answers() -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        try:
            connection.connect("/var/run/docker.sock")
            connection.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            answer = connection.recv(4096)
            # Podman answers there too, where its package has put a link.
            return b" 200 " in answer and b"libpod" not in answer.lower()
        except OSError:
            return False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    needing = [item for item in items if item.get_closest_marker("engine")]
    if needing and not engine_answers():
        for item in needing:
            item.add_marker(pytest.mark.skip(reason="no Docker engine answers here"))
