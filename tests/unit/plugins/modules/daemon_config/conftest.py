# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


from __future__ import annotations

import io
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils import basic
from ansible_collections.dockyard.gpu.plugins.module_utils._common import atomic_files
from ansible_collections.dockyard.gpu.plugins.module_utils._daemon_json import state
from ansible_collections.dockyard.gpu.plugins.module_utils._docker import dockerd
from ansible_collections.dockyard.gpu.plugins.modules import daemon_config

Run = Callable[..., dict[str, Any]]
Engine = Callable[[], int]


class Host:
    """A host of its own in a folder: no engine, no dockerd, no systemd."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "etc" / "docker" / "daemon.json"
        self.memory = folder / "state.json"
        self.pidfile = folder / "docker.pid"
        self.program = folder / "validator"
        self.hups = folder / "hups"

    def write(self, content: Any) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text(content if isinstance(content, str) else json.dumps(content))

    def read(self) -> Any:
        return json.loads(self.file.read_text())

    def pending(self) -> Any:
        return json.loads(self.memory.read_text())["pending"]

    def snapshot(self) -> dict[str, str]:
        return {str(path): path.read_text() for path in self.folder.rglob("*.json*") if path.is_file()}

    def validator(self, body: str) -> str:
        self.program.write_text(f"#!/bin/sh\n{body}\n")
        self.program.chmod(0o755)
        return str(self.program)

    def was_reported(self, count: int) -> bool:
        """Whether the engine got so many SIGHUPs, and after a while no more."""
        if count:
            wait_for(self.hups)
        time.sleep(0.05)
        return len(self.hups.read_text() if self.hups.exists() else "") == count


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    made = Host(tmp_path)
    (tmp_path / "tmp").mkdir(mode=0o700)
    monkeypatch.setattr(atomic_files, "LOCKS", str(tmp_path / "dockyard-{}.lock"))
    monkeypatch.setattr(state, "PIDFILES", (str(made.pidfile),))
    monkeypatch.setattr(daemon_config, "DEFAULT_SOCKET", str(tmp_path / "none.sock"))
    monkeypatch.setattr(dockerd, "unit_flags", list)
    return made


@pytest.fixture
def run(host: Host, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The module as Ansible runs it, in this process: arguments on standard input, the result on standard output."""

    def call(config: Any = None, owner: str = "site", check: bool = False, **options: Any) -> dict[str, Any]:
        arguments = {
            "owner": owner,
            "config": config or {},
            "path": str(host.file),
            "state_path": str(host.memory),
            "dockerd": str(host.program),
            "_ansible_check_mode": check,
            "_ansible_remote_tmp": str(host.folder / "tmp"),
            **options,
        }
        stdin = io.TextIOWrapper(io.BytesIO(json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode()))
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", None)
        monkeypatch.setattr(sys, "argv", ["daemon_config"])
        monkeypatch.setattr(sys, "stdin", stdin)
        # Ansible's own collection outlives the call, and goes elsewhere once a test has loaded its control-node side.
        reported: list[str] = []
        monkeypatch.setattr(basic.AnsibleModule, "warn", lambda _module, text, **_more: reported.append(text))
        with pytest.raises(SystemExit):
            daemon_config.main()
        result: dict[str, Any] = json.loads(capsys.readouterr().out)
        result["reported"] = json.dumps(reported)
        return result

    return call


@pytest.fixture
def engine(host: Host) -> Iterator[Engine]:
    """Starts, or restarts, a process called dockerd that notes each SIGHUP in the file hups."""
    script = host.folder / "bin" / "dockerd"
    script.parent.mkdir()
    # A first line of a script takes no blanks, which the folder of the environment may have.
    python = host.folder / "python"
    python.symlink_to(sys.executable)
    note = f"open({str(host.hups)!r}, 'a').write('x')"
    script.write_text(
        f"#!{python}\nimport signal, time\nsignal.signal(signal.SIGHUP, lambda *_: {note})\n"
        f"open({str(host.folder / 'ready')!r}, 'w').close()\nwhile True: time.sleep(60)\n"
    )
    script.chmod(0o755)
    running: list[subprocess.Popen[bytes]] = []

    def stop() -> None:
        for process in running:
            process.kill()
            process.wait()

    def restart() -> int:
        stop()
        (host.folder / "ready").unlink(missing_ok=True)
        running.append(subprocess.Popen([str(script)]))
        wait_for(host.folder / "ready")
        host.pidfile.write_text(str(running[-1].pid))
        return running[-1].pid

    yield restart
    stop()


def wait_for(path: Path) -> None:
    for _attempt in range(500):
        if path.exists():
            return
        time.sleep(0.01)
    raise AssertionError(f"{path} did not appear")
