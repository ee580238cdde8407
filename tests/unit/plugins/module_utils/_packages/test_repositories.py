# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys that another repository needs stay, however its entry names them."""

from __future__ import annotations

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._packages.apt import sources
from ansible_collections.dockyard.gpu.plugins.module_utils._packages.repositories import Key, Repository, foreign

FINGERPRINT = "9DC858229FC7DD38854AE2D88D81803C0EBFCD88"
THEIRS = "/usr/share/keyrings/docker.gpg"
WISHED = Repository(
    "/etc/apt/sources.list.d/docker.sources",
    "Types: deb\nURIs: https://download.docker.com/linux/debian\nSuites: trixie\nComponents: stable\n",
    Key("/etc/apt/keyrings/docker.asc", "https://download.docker.com/linux/debian/gpg", FINGERPRINT),
)
CORP = "/usr/share/keyrings/corp.gpg"
ENTRIES = {
    "one line, two keyrings": (
        "corp.list",
        f"deb [signed-by={CORP},{THEIRS}] https://mirror.corp/extras trixie main\n",
    ),
    "deb822, two keyrings": (
        "corp.sources",
        f"Types: deb\nURIs: https://mirror.corp/extras\nSuites: trixie\nComponents: main\nSigned-By: {CORP} {THEIRS}\n",
    ),
    "a fingerprint": ("corp.list", f"deb [signed-by={FINGERPRINT}!] https://mirror.corp/extras trixie main\n"),
    "a fingerprint beside a keyring": (
        "corp.sources",
        f"Types: deb\nURIs: https://mirror.corp/extras\nSuites: trixie\nSigned-By: {CORP},{FINGERPRINT.lower()}\n",
    ),
    "one keyring": ("corp.list", f"deb [signed-by={THEIRS}] https://mirror.corp/extras trixie main\n"),
}


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_key_that_another_repository_names_stays(entry: str) -> None:
    name, content = ENTRIES[entry]
    keys = [
        {"path": THEIRS, "fingerprints": [FINGERPRINT], "canonical": True, "error": "", "mode": "0644", "plain": True}
    ]
    assert foreign(sources.entries(f"/etc/apt/sources.list.d/{name}", content), keys, WISHED).keys == {}
    assert foreign([], keys, WISHED).keys == {THEIRS: [FINGERPRINT]}


# As an upgrade of the distribution leaves others' repositories, and as an administrator switches one off.
DISABLED = (
    f"Enabled: no\nTypes: deb\nURIs: https://download.docker.com/linux/debian\nSuites: trixie\nSigned-By: {THEIRS}\n"
)
OTHER = "Types: deb\nURIs: https://mirror.corp/extras\nSuites: trixie\nComponents: main\n"


def test_an_entry_that_somebody_disabled_stays() -> None:
    path = "/etc/apt/sources.list.d/old.sources"
    found = foreign(sources.entries(path, DISABLED), [], WISHED)
    assert (found.files, found.lines, found.mixed) == ([], {}, [])
    enabled = DISABLED.replace("no", "yes")
    assert foreign(sources.entries(path, enabled), [], WISHED).files == [path]
    assert foreign(sources.entries(path, f"{enabled}\n{DISABLED}"), [], WISHED).files == []
    assert list(foreign(sources.entries(path, f"{enabled}\n{DISABLED}\n{OTHER}"), [], WISHED).lines) == [path]
