# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which units wait for the engine: by what systemd says of them, and of those in between."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._common.prober import Prober
from ansible_collections.dockyard.gpu.plugins.module_utils._host.unit_order import waits_for

REFRESH, PERSISTENCED = "nvidia-cdi-refresh.service", "nvidia-persistenced.service"
BASIC = ["sysinit.target", "basic.target", "system.slice"]
ENGINE = {"docker.service": [*BASIC, "containerd.service", "network-online.target"]}


class Systemd(Prober):
    """A stand-in for `systemctl show`; ``asked`` are the calls."""

    def __init__(self, after: dict[str, list[str]]) -> None:
        super().__init__()
        self.after = after
        self.asked: list[Sequence[str]] = []

    def run(
        self, command: Sequence[str], code: str = "", remedy: str | None = None, errors: bool = False
    ) -> tuple[int, str]:
        names = command[4:]
        self.asked.append(names)
        return 0, "\n\n".join(f"Id={name}\nAfter={' '.join(self.after.get(name, []))}" for name in names) + "\n"


@pytest.mark.parametrize(
    ("after", "between", "found", "calls"),
    [
        ({REFRESH: [*BASIC, PERSISTENCED], PERSISTENCED: []}, {}, {REFRESH: [PERSISTENCED], PERSISTENCED: []}, 0),
        ({REFRESH: ["multi-user.target"]}, {}, {REFRESH: ["docker.service"]}, 0),
        ({REFRESH: ["docker.service"]}, {}, {REFRESH: ["docker.service"]}, 0),
        ({REFRESH: ["own.service"]}, {"own.service": ["docker.service"]}, {REFRESH: ["docker.service"]}, 1),
        (
            {REFRESH: [PERSISTENCED], PERSISTENCED: ["own.service"]},
            {"own.service": ["other.service"], "other.service": ["docker.service"]},
            {REFRESH: [PERSISTENCED, "docker.service"], PERSISTENCED: ["docker.service"]},
            2,
        ),
        # What is ordered in a circle already is not followed for ever.
        ({REFRESH: ["a.service"]}, {"a.service": ["b.service"], "b.service": ["a.service"]}, {REFRESH: []}, 2),
        ({}, {}, {}, 0),
        # A unit that is only named, as one of a package that is not installed.
        ({REFRESH: [PERSISTENCED]}, {}, {REFRESH: []}, 1),
    ],
)
def test_who_waits_for_whom(
    after: dict[str, list[str]], between: dict[str, list[str]], found: dict[str, list[str]], calls: int
) -> None:
    systemd = Systemd(between)
    assert waits_for(systemd, {**ENGINE, **after}, (REFRESH, PERSISTENCED)) == found
    assert len(systemd.asked) == calls


def test_what_the_engine_waits_for_is_not_asked_about() -> None:
    """Nor is it taken for one that waits, once the engine itself comes after the refresh."""
    systemd = Systemd({"containerd.service": ["docker.service"]})
    after = {"docker.service": [*ENGINE["docker.service"], REFRESH], REFRESH: [*BASIC, "containerd.service"]}
    assert waits_for(systemd, after, (REFRESH, PERSISTENCED)) == {REFRESH: []}
    assert systemd.asked == []


def test_without_an_engine_the_late_targets_are_reported() -> None:
    assert waits_for(Systemd({}), {REFRESH: ["graphical.target"]}, (REFRESH,)) == {REFRESH: ["docker.service"]}
