# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys that another repository needs stay, however its entry names them."""

from __future__ import annotations

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._packages.apt import sources
from ansible_collections.dockyard.gpu.plugins.module_utils._packages.repositories import foreign
from ansible_collections.dockyard.gpu.plugins.module_utils._packages.vendor import Key, Repository

FINGERPRINT = "9DC858229FC7DD38854AE2D88D81803C0EBFCD88"
THEIRS = "/usr/share/keyrings/docker.gpg"
DESIRED = Repository(
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
    assert foreign(sources.entries(f"/etc/apt/sources.list.d/{name}", content), keys, DESIRED).keys == {}
    assert foreign([], keys, DESIRED).keys == {THEIRS: [FINGERPRINT]}


# As an upgrade of the distribution leaves others' repositories, and as an administrator switches one off.
DISABLED = (
    f"Enabled: no\nTypes: deb\nURIs: https://download.docker.com/linux/debian\nSuites: trixie\nSigned-By: {THEIRS}\n"
)
OTHER = "Types: deb\nURIs: https://mirror.corp/extras\nSuites: trixie\nComponents: main\n"


def test_an_entry_that_someone_disabled_stays() -> None:
    path = "/etc/apt/sources.list.d/old.sources"
    found = foreign(sources.entries(path, DISABLED), [], DESIRED)
    assert (found.files, found.lines, found.mixed) == ([], {}, [])
    enabled = DISABLED.replace("no", "yes")
    assert foreign(sources.entries(path, enabled), [], DESIRED).files == [path]
    assert foreign(sources.entries(path, f"{enabled}\n{DISABLED}"), [], DESIRED).files == []
    assert list(foreign(sources.entries(path, f"{enabled}\n{DISABLED}\n{OTHER}"), [], DESIRED).lines) == [path]


# Entries without a key of their own, and whether they may need Docker's from among those that apt trusts for all.
BARE = {
    "another vendor's": ("deb https://mirror.corp/docker trixie stable\n", None, True),
    "another vendor's that has the distribution's components": ("deb https://repo.corp/x trixie main\n", None, True),
    "the same vendor's, for another product": ("deb https://download.docker.com/other trixie main\n", None, True),
    "a mirror of the distribution": ("deb http://mirror.corp/debian trixie main contrib\n", None, False),
    "the distribution's": ("deb http://ftp.debian.org/debian-security trixie-security main\n", None, False),
    "one that is signed by it": ("deb https://repo.corp/x trixie main\n", [FINGERPRINT], True),
    "one that is signed by its subkey": ("deb https://repo.corp/x trixie main\n", ["7EA0A9C3F273FCD8"], True),
    "one that is signed by another": ("deb https://repo.corp/x trixie main\n", ["B" * 40], False),
    "a distribution's name that is signed by it": ("deb http://x.corp/debian trixie main\n", [FINGERPRINT], True),
    "one that apt need not verify": ("deb [trusted=yes] https://repo.corp/x trixie main\n", None, False),
    "one that names its key": ("deb [signed-by=/x.gpg] https://repo.corp/x trixie main\n", None, False),
    "one that is disabled": ("# deb https://repo.corp/x trixie main\n", None, False),
}
SUBKEY = "D3306A018370199E527AE7997EA0A9C3F273FCD8"


@pytest.mark.parametrize("entry", BARE)
@pytest.mark.parametrize("place", ["/etc/apt/trusted.gpg", "/etc/apt/trusted.gpg.d/docker.asc", THEIRS])
def test_a_key_that_a_repository_without_a_key_of_its_own_needs_stays(entry: str, place: str) -> None:
    line, signed_by, needed = BARE[entry]
    found = sources.entries("/etc/apt/sources.list.d/corp.list", line)
    for each in found:
        each["signers"] = signed_by
    known = {"fingerprints": [FINGERPRINT], "signing": {FINGERPRINT: [FINGERPRINT, SUBKEY]}, "canonical": True}
    keys = [{"path": place, **known, "error": "", "mode": "0644", "plain": True}]
    # No repository takes a key that it does not name out of another folder.
    stays = needed and place != THEIRS
    assert foreign(found, keys, DESIRED).keys == ({} if stays else {place: [FINGERPRINT]})
