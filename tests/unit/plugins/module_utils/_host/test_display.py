# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts with and without people before them, as systemd and the kernel show them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._common.prober import Prober
from ansible_collections.dockyard.gpu.plugins.module_utils._host import display, system

BLOCK = "LoadState={load}\nActiveState={active}\nUnitFileState={file}\nId={name}\n\n"


class Desk:
    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.etc = root / "etc"
        self.lib = root / "lib"
        self.drm = root / "drm"
        for folder in (self.etc, self.lib, self.drm, root / "bin"):
            folder.mkdir()
        monkeypatch.setattr(display, "ETC", str(self.etc))
        monkeypatch.setattr(display, "TARGETS", (str(self.etc), str(self.lib)))
        monkeypatch.setattr(display, "DRM", str(self.drm))
        monkeypatch.setattr(system, "UNIT_PATH", (str(self.etc), str(self.lib)))
        monkeypatch.setenv("PATH", f"{root}/bin:/usr/bin:/bin")
        self.units("")

    def units(self, shown: str) -> None:
        (self.root / "shown").write_text(shown)
        program = self.root / "bin/systemctl"
        program.write_text(f'#!/bin/sh\n[ "$1" = show ] && cat {self.root}/shown\n')
        program.chmod(0o755)

    def manager(self, name: str, active: str, file: str, load: str = "loaded") -> None:
        (self.lib / name).touch()
        self.units(BLOCK.format(load=load, active=active, file=file, name=name))

    def output(self, name: str, status: str, vendor: str | None = "0x10de") -> None:
        (self.drm / name).mkdir()
        (self.drm / name / "status").write_text(status + "\n")
        if vendor:
            device = self.drm / name.split("-")[0] / "device"
            device.mkdir(parents=True, exist_ok=True)
            (device / "vendor").write_text(vendor + "\n")

    def seen(self) -> dict[str, Any]:
        prober = Prober()
        units = system.units(prober, system.with_files(display.MANAGERS))
        found: dict[str, Any] = display.display(prober, units)
        assert prober.problems == []
        return found


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(tmp_path, monkeypatch)


def test_a_server_has_nothing_of_it(desk: Desk) -> None:
    assert desk.seen() == display.NOTHING


def test_an_empty_folder_of_the_kernel_and_none_at_all_are_alike(desk: Desk) -> None:
    desk.drm.rmdir()
    assert desk.seen() == display.NOTHING


@pytest.mark.parametrize(
    ("etc", "lib", "graphical"),
    [
        (None, "graphical.target", True),
        ("/lib/systemd/system/multi-user.target", "graphical.target", False),
        ("/usr/lib/systemd/system/graphical.target", "multi-user.target", True),
        (None, None, False),
    ],
)
def test_what_a_host_boots_into(desk: Desk, etc: str | None, lib: str | None, graphical: bool) -> None:
    for folder, target in ((desk.etc, etc), (desk.lib, lib)):
        if target:
            (folder / "default.target").symlink_to(target)
    assert desk.seen()["graphical_target"] is graphical


@pytest.mark.parametrize(
    ("active", "file", "load", "alias", "expected"),
    [
        ("active", "enabled", "loaded", True, (True, True)),
        ("active", "static", "loaded", False, (True, False)),
        ("inactive", "static", "loaded", True, (False, True)),
        ("inactive", "enabled", "loaded", False, (False, True)),
        ("inactive", "disabled", "loaded", False, (False, False)),
        ("inactive", "masked", "masked", True, (False, False)),
    ],
)
@pytest.mark.parametrize("name", ["gdm.service", "lightdm.service", "of-their-own.service"])
def test_a_display_manager(
    desk: Desk, name: str, active: str, file: str, load: str, alias: bool, expected: tuple[bool, bool]
) -> None:
    if alias:
        (desk.etc / "display-manager.service").symlink_to(f"/lib/systemd/system/{name}")
    desk.manager(name, active, file, load)
    found = [(each["name"], each["active"], each["enabled"]) for each in desk.seen()["managers"]]
    # One of another name is known by its alias.
    assert found == ([(name, *expected)] if alias or name in display.MANAGERS else [])


def test_links_that_lead_to_links_are_followed(desk: Desk) -> None:
    """As Debian's: the alias is a link to gdm3.service, which is one to gdm.service, of which systemd tells."""
    (desk.lib / "gdm3.service").symlink_to("gdm.service")
    (desk.etc / "display-manager.service").symlink_to(desk.lib / "gdm3.service")
    (desk.lib / "runlevel5.target").symlink_to("graphical.target")
    (desk.etc / "default.target").symlink_to(desk.lib / "runlevel5.target")
    desk.manager("gdm.service", "inactive", "static")
    assert desk.seen() == {
        "graphical_target": True,
        "managers": [{"name": "gdm.service", "active": False, "enabled": True}],
        "outputs": [],
    }


@pytest.mark.parametrize(
    ("name", "status", "vendor", "counts"),
    [
        ("card1-DP-2", "connected", "0x10de", True),
        ("card0-HDMI-A-1", "connected", None, True),
        ("card1-DP-1", "disconnected", "0x10de", False),
        ("card1-DP-1", "unknown", "0x10de", False),
        # A management controller's graphics always say so, and an integrated one needs no driver of NVIDIA's.
        ("card0-VGA-1", "connected", "0x1a03", False),
        ("card0-eDP-1", "connected", "0x8086", False),
        ("card0-Unknown-1", "connected", None, False),
        ("card0-Virtual-1", "connected", None, False),
    ],
)
def test_an_output(desk: Desk, name: str, status: str, vendor: str | None, counts: bool) -> None:
    desk.output(name, status, vendor)
    (desk.drm / "version").write_text("drm 1.1.0\n")
    (desk.drm / "renderD128").mkdir()
    assert desk.seen()["outputs"] == ([name] if counts else [])
