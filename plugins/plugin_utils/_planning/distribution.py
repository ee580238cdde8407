# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian, Ubuntu and what is made from them: which of their releases a host is, by its code name.

Sources: wiki.debian.org/DebianReleases, wiki.ubuntu.com/Releases; of each derivative, its own notes on the release that
it is made from. Derivatives that name that release in os-release (UBUNTU_CODENAME, DEBIAN_CODENAME) need no line here.
"""

from __future__ import annotations

from typing import Any, Dict, NamedTuple

_NUMBERS = {
    "debian": {
        "stretch": "9",
        "buster": "10",
        "bullseye": "11",
        "bookworm": "12",
        "trixie": "13",
    },
    "ubuntu": {
        "bionic": "18.04",
        "focal": "20.04",
        "jammy": "22.04",
        "noble": "24.04",
        "questing": "25.10",
        "resolute": "26.04",
    },
}
# Code names of a derivative's own, by its ID, and of which release each is.
_DERIVATIVES = {
    "devuan": {"chimaera": "bullseye", "daedalus": "bookworm", "excalibur": "trixie"},
    "linuxmint": {"faye": "bookworm", "gigi": "trixie"},
    "parrot": {"ara": "bullseye", "lory": "bookworm", "echo": "trixie"},
    "pureos": {"byzantium": "bullseye", "crimson": "bookworm"},
    "trisquel": {"nabia": "focal", "aramo": "jammy", "ecne": "noble"},
}


class Release(NamedTuple):
    """``suite`` as the vendors' repositories call it, and ``number``, are empty where the release is not known."""

    family: str
    suite: str
    number: str


def release(distribution: Dict[str, Any]) -> Release:
    """By the code name: of a derivative, ID_LIKE names Debian where it is made from Ubuntu, and numbers are its own."""
    name = str(distribution.get("codename", ""))
    suite = _DERIVATIVES.get(distribution.get("id", ""), {}).get(name, name)
    for of_family, numbers in _NUMBERS.items():
        if suite in numbers:
            return Release(of_family, suite, numbers[suite])
    likes = [distribution.get("id", ""), *distribution.get("id_like", [])]
    return Release(next((name for name in ("ubuntu", "debian") if name in likes), ""), "", "")


def family(distribution: Dict[str, Any]) -> str:
    """debian or ubuntu; empty where it is neither, nor made from one of them."""
    return release(distribution).family


def family_of(suite: str) -> str:
    return release({"codename": suite}).family
