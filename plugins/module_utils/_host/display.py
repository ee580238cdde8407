# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether people sit before this host: its display manager, what it boots into, and the displays on its GPUs."""

from __future__ import annotations

import os
from typing import Any, Dict, List

from .._common.prober import Prober, entries

# The name under which one is enabled, whatever it is called, and those that distributions have.
_ALIAS = "display-manager.service"
_NAMES = ("gdm", "gdm3", "lightdm", "sddm", "plasmalogin", "lxdm", "xdm", "wdm", "kdm", "nodm", "slim", "greetd", "ly")
MANAGERS = (_ALIAS, *(f"{name}.service" for name in _NAMES))
ETC = "/etc/systemd/system"
# An administrator's folder first.
TARGETS = (ETC, "/run/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")
DRM = "/sys/class/drm"
_NVIDIA = "0x10de"
# What no display is ever plugged into: firmware's own frame buffer, and those of virtual machines.
_NO_PLUG = ("Unknown", "Virtual", "Writeback")
NOTHING: Dict[str, Any] = {"graphical_target": False, "managers": [], "outputs": []}


def display(prober: Prober, units: Dict[str, Any]) -> Dict[str, Any]:
    """``units`` as system.units returns them."""
    chosen = _link(os.path.join(ETC, _ALIAS))
    managers = []
    for name, unit in sorted(units.items()):
        # Under its alias it is reported by its own name, which may be one that is not known here.
        if name in MANAGERS or name in chosen:
            # Debian's have no section for it, and are enabled by the alias alone.
            enabled = name in chosen or (unit["enabled"] and not unit["static"])
            managers.append({"name": name, "active": unit["active"], "enabled": enabled and not unit["masked"]})
    targets = [_link(os.path.join(folder, "default.target")) for folder in TARGETS]
    first = next(filter(None, targets), [])
    return {"graphical_target": "graphical.target" in first, "managers": managers, "outputs": _outputs(prober)}


def _link(path: str) -> List[str]:
    """The names of what it leads to, at once and in the end, as by gdm3.service; none where it is no link."""
    links = (os.readlink(path), os.path.realpath(path)) if os.path.islink(path) else ()
    return [os.path.basename(link) for link in links]


def _outputs(prober: Prober) -> List[str]:
    """Of NVIDIA's GPUs: the graphics of a server's management controller always say that a display is there."""
    found = []
    for folder in entries(DRM):
        card, _dash, plug = os.path.basename(folder).partition("-")
        if not plug or plug.startswith(_NO_PLUG) or not os.path.isfile(os.path.join(folder, "status")):
            continue
        vendor = prober.text(os.path.join(DRM, card, "device", "vendor"))
        if vendor is not None and vendor.strip() != _NVIDIA:
            continue
        if (prober.text(os.path.join(folder, "status")) or "").strip() == "connected":
            found.append(f"{card}-{plug}")
    return found
