"""What all unit tests share."""

from __future__ import annotations

import socket
from pathlib import Path

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


# Below this folder. A role's plan is functions; what of it a core has a part in is how variables are converted, and
# that is what the tests of _planning are about.
PURE = ("plugins/module_utils", "plugins/plugin_utils", "tree")
NOT_PURE = tuple(f"plugins/plugin_utils/{name}" for name in ("_planning", "_rollout", "_site"))


def is_pure(path: Path) -> bool:
    place = path.relative_to(Path(__file__).parent)
    return any(place.is_relative_to(folder) for folder in PURE) and not any(
        place.is_relative_to(folder) for folder in NOT_PURE
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if is_pure(item.path):
            item.add_marker(pytest.mark.pure)
    needing = [item for item in items if item.get_closest_marker("engine")]
    if needing and not engine_answers():
        for item in needing:
            item.add_marker(pytest.mark.skip(reason="no Docker engine answers here"))
