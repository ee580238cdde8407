# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible import constants
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.comparison_key import comparison_key


def test_all_processes_of_a_run_have_one_key_and_another_run_has_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = set()
    for run in ("one", "two"):
        folder = tmp_path / run
        folder.mkdir()
        monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(folder))
        children = []
        for number in range(8):
            child = os.fork()
            if not child:
                (tmp_path / f"{run}-{number}").write_text(comparison_key())
                os._exit(0)
            children.append(child)
        assert [os.waitpid(child, 0)[1] for child in children] == [0] * 8
        found = {(tmp_path / f"{run}-{number}").read_text() for number in range(8)}
        assert found == {comparison_key()}
        assert [path.stat().st_mode & 0o777 for path in folder.iterdir()] == [0o600]
        keys |= found
    assert len(keys) == 2
    assert all(len(key) == 32 for key in keys)
