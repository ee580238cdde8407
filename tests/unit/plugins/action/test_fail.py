# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One error is shown once, by Ansible's own callback, and is kept for who rescues it."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SENTENCES = ["first_variable: must be a or b; got 'c'", "second_variable: must be {'x': 1}"]


def play(folder: Path, *tasks: dict[str, Any], form: str = "json") -> tuple[int, str]:
    (folder / "play.yml").write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": list(tasks)}]))
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", "-i", "localhost,", "-c", "local", "play.yml"],
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")},
            "ANSIBLE_LOCAL_TEMP": str(folder),
            "ANSIBLE_CALLBACK_RESULT_FORMAT": form,
            "ANSIBLE_NOCOLOR": "1",
            "LC_ALL": "C.UTF-8",
        },
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("form", ["json", "yaml"])
@pytest.mark.parametrize("msg", [SENTENCES, SENTENCES[0]], ids=["list", "text"])
def test_a_sentence_is_shown_once(tmp_path: Path, msg: Any, form: str) -> None:
    rc, shown = play(tmp_path, {"name": "Fail: settings are invalid", "dockyard.gpu.fail": {"msg": msg}}, form=form)
    assert rc == 2
    plain = shown.replace("''", "'")
    for sentence in [msg] if isinstance(msg, str) else msg:
        assert plain.count(sentence) == 1, shown
    # In the place of the task's banner, and from 2.19 on as a headline.
    assert shown.count("settings are invalid") <= 3
    assert "['" not in shown


def test_who_rescues_it_gets_the_words(tmp_path: Path) -> None:
    fails = {"name": "Fail: settings are invalid", "dockyard.gpu.fail": {"msg": SENTENCES}}
    shows = {"ansible.builtin.debug": {"msg": "kept: {{ ansible_failed_result.msg | to_json | b64encode }}"}}
    rc, shown = play(tmp_path, {"block": [fails], "rescue": [shows]})
    assert rc == 0
    kept = shown.partition("kept: ")[2].partition('"')[0]
    assert json.loads(base64.b64decode(kept)) == SENTENCES
