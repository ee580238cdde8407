# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The measurement over files of one's own works: on its samples, and by finding a reader that is wrong."""

from __future__ import annotations

import dataclasses
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

# It stands beside the collection, where mypy does not look from here.
kinds, measurement = importlib.import_module("corpus.kinds"), importlib.import_module("corpus.measure")
measure, reported = measurement.measure, measurement.reported
ROOT = Path(__file__).parents[3]
SAMPLES = ROOT / "tests/corpus/samples"


def test_the_samples_of_each_kind_are_read_as_others_read_them() -> None:
    results = {result.kind: result for result in measure(SAMPLES)}
    assert list(results) == list(kinds.KINDS)
    for name, result in results.items():
        files = [path for path in (SAMPLES / name).rglob("*") if path.is_file()]
        assert result.different == {}, reported([result])
        assert result.left_out or result.same == result.files >= len(files) > 0


@pytest.mark.parametrize("name", kinds.KINDS)
def test_a_reader_that_is_wrong_is_seen(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    wrong = dataclasses.replace(kinds.KINDS[name], ours=lambda _path, _text: "nonsense")
    monkeypatch.setitem(kinds.KINDS, name, wrong)
    (result,) = [each for each in measure(SAMPLES) if each.kind == name]
    if result.left_out:
        pytest.skip(result.left_out)
    assert result.different
    assert next(iter(result.different)) in reported([result])


def test_it_ends_with_one_where_something_differs(tmp_path: Path) -> None:
    def ends(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(ROOT / "tests/corpus"), *arguments]
        environment = {"PYTHONPATH": str(ROOT / "tests"), "PATH": "/usr/bin:/bin"}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert ends().returncode == 0
    assert "none of these folders" in ends(str(tmp_path)).stderr
    (tmp_path / "os-release").mkdir()
    # Python's own reader takes what a shell would not.
    (tmp_path / "os-release/odd").write_text("ID=debian\nPRETTY_NAME=two words\nVERSION_ID='1\n")
    done = ends(str(tmp_path))
    assert (done.returncode, "os-release: odd: read as" in done.stdout) == (1, True), done.stdout
