# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Other people's keys stay to the byte, or the file is not touched at all."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._packages import openpgp
from ansible_collections.dockyard.gpu.plugins.module_utils._packages.openpgp import OpenPGPError
from ansible_collections.dockyard.gpu.plugins.module_utils._packages.openpgp_removal import without
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils import hostile_keys
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.openpgp_keys import (
    exported_together,
    key,
    needs_gpg,
    shown_by_gpg,
)
from hypothesis import given
from hypothesis import strategies as st

pytestmark = needs_gpg
NAMES = ("one", "two", "three")


@given(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4), st.sets(st.sampled_from(NAMES)), st.booleans())
def test_what_stays_stays_to_the_byte(names: list[str], gone: set[str], armoured: bool) -> None:
    made = [key(name) for name in names]
    fingerprints = [key(name).fingerprint for name in gone]
    left = [key(name) for name in names if name not in gone]
    if armoured:
        data, wanted = (b"\n".join(each.armoured for each in keys) for keys in (made, left))
        # An empty line between them belongs to the armour behind it.
        assert without(data, fingerprints).strip() == wanted.strip()
    else:
        data, wanted = (b"".join(each.binary for each in keys) for keys in (made, left))
        assert without(data, fingerprints) == wanted


def test_one_of_several_keys_in_an_armour_can_go() -> None:
    left = without(exported_together(*NAMES), [key("two").fingerprint])
    assert shown_by_gpg(left) == [key("one").fingerprint, key("three").fingerprint]
    assert [each.data for each in openpgp.keyring(left)] == [key("one").binary, key("three").binary]


def test_a_keyring_of_gpgs_own_keeps_its_remarks(tmp_path: Path) -> None:
    """As apt-key made trusted.gpg: with a trust packet behind each part."""
    ring = tmp_path / "trusted.gpg"
    ring.touch()
    given_keys = b"".join(key(name).binary for name in NAMES)
    command: list[str | Path] = [
        "gpg",
        "--homedir",
        tmp_path,
        "--batch",
        "--quiet",
        "--no-autostart",
        "--no-default-keyring",
    ]
    subprocess.run([*command, "--keyring", ring, "--import"], input=given_keys, check=True, capture_output=True)
    data = ring.read_bytes()
    kept = {each.fingerprint: each.data for each in openpgp.keyring(data)}
    assert set(kept) == {key(name).fingerprint for name in NAMES}
    assert any(tag == 12 for each in openpgp.keyring(data) for tag, _body in each.packets)
    gone = key("two").fingerprint
    assert without(data, [gone]) == b"".join(part for fingerprint, part in kept.items() if fingerprint != gone)


def test_what_is_not_understood_to_the_last_byte_is_not_touched() -> None:
    good, evil = key("good"), key("evil")
    # Several keys are nothing special here, and neither are gpg's remarks.
    fine = ("two keys", "two armours", "trust packet")
    for name, file in hostile_keys.hostile(good, evil).items():
        if not name.startswith(fine):
            with pytest.raises(OpenPGPError):
                without(file.data, [good.fingerprint])
