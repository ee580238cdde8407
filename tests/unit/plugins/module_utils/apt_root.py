# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real apt whose folders are in a folder of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

DATABASE = "/var/lib/dpkg/status"
STATUS = """\
Package: dpkg
Status: install ok installed
Maintainer: no one
Architecture: amd64
Version: 1.22
Description: itself

"""
_FOLDERS = ("etc/apt/sources.list.d", "etc/apt/preferences.d", "etc/apt/apt.conf.d", "var/lib/apt/lists/partial")


def made(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each apt that is started from here on has it."""
    for name in (*_FOLDERS, "var/cache/apt/archives/partial"):
        (folder / name).mkdir(parents=True)
    write(folder, DATABASE, STATUS)
    settings = f'Dir "{folder}"; Dir::State::status "{folder}{DATABASE}"; APT::Architecture "amd64";'
    write(folder, "/conf", settings + 'Dir::Etc::main ""; APT::Sandbox::User "root";')
    monkeypatch.setenv("APT_CONFIG", f"{folder}/conf")
    return folder


def write(root: Path, path: str, text: str) -> None:
    target = root / path[1:]
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)
