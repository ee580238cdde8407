# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A collection that is missing is named before anything changes, with the command that installs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning import collections_needed


def collection(folder: Path, asked: str, manifest: bool) -> Path:
    dependencies = {"some.thing": asked}
    if manifest:
        (folder / "MANIFEST.json").write_text(json.dumps({"collection_info": {"dependencies": dependencies}}))
    else:
        (folder / "galaxy.yml").write_text(json.dumps({"dependencies": dependencies}))
    return folder


@pytest.mark.parametrize("manifest", [True, False], ids=["installed", "checkout"])
@pytest.mark.parametrize(
    ("version", "words"),
    [
        (None, "the collection some.thing is not installed on the control node"),
        ("3.99.1", "the collection some.thing 3.99.1 on the control node is too old"),
        ("4.0.0", ""),
        ("10.0.0", ""),
        # A checkout that does not say.
        ("", ""),
    ],
)
def test_what_is_missing_or_too_old_is_a_sentence_with_the_command(
    version: str | None, words: str, manifest: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collections_needed, "_version", lambda _name: version)
    found = collections_needed.missing(collection(tmp_path, ">=4.0.0", manifest))
    assert [each.partition(", and images")[0] for each in found] == ([words] if words else [])
    assert all("`ansible-galaxy collection install --upgrade 'some.thing:>=4.0.0'`" in each for each in found)


def test_what_this_collection_needs_is_what_galaxy_brings_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collections_needed, "_version", lambda _name: None)
    assert [each.split()[2] for each in collections_needed.missing()] == ["community.docker"]


def test_an_installed_collection_is_found_with_its_version_and_another_one_is_not() -> None:
    assert collections_needed._version("dockyard.gpu")
    assert collections_needed._version("dockyard.none_such") is None
    assert collections_needed._version("none_such.at_all") is None
