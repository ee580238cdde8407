# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host's apt in a folder of its own: the real program, over real files, against a web server of the test's."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.openpgp_keys import key
from ansible_collections.dockyard.gpu.tests.unit.plugins.modules.signed_repository import site as sites

# Called as Ansible calls it, but for where the host's files are.
CALL = """
import runpy, sys
from ansible_collections.dockyard.gpu.plugins.module_utils import look_apt
root = sys.argv.pop()
for name in ("_LISTS", "_STAMP", "_SOURCES", "_SOURCES_FOLDER", "_TRUSTED"):
    setattr(look_apt, name, root + getattr(look_apt, name))
look_apt._KEY_FOLDERS = tuple(root + folder for folder in look_apt._KEY_FOLDERS)
name = "ansible_collections.dockyard.gpu.plugins.modules.signed_repository"
runpy.run_module(name, run_name="__main__", alter_sys=True)
"""
APT_CONFIG = """
Dir "{root}";
Dir::State::status "{root}/var/lib/dpkg/status";
APT::Sandbox::User "root";
Acquire::Languages "none";
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = [name for name in ("apt-get", "gpg") if not shutil.which(name)]
    for item in items if missing else []:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.skip(reason=f"{' and '.join(missing)}, with which this is tested, is not here"))


@pytest.fixture
def site() -> Iterator[sites.Site]:
    with sites.running() as site:
        yield site


class Host:
    """``options`` are those of a call that makes the site's repository known."""

    def __init__(self, root: Path, site: sites.Site) -> None:
        self.root = root
        self.site = site
        self.source = root / "etc/apt/sources.list.d/vendor.sources"
        self.key = root / "etc/apt/keyrings/vendor.asc"
        for folder in ("etc/apt/sources.list.d", "var/lib/apt/lists", "var/lib/dpkg", "var/cache/apt"):
            (root / folder).mkdir(parents=True)
        (root / "var/lib/dpkg/status").touch()
        (root / "apt.conf").write_text(APT_CONFIG.format(root=root))

    def content(self, signed_by: Path | None = None) -> str:
        fields = ["Types: deb", f"URIs: {self.site.base}", "Suites: stable", "Components: main", "Architectures: amd64"]
        return "\n".join([*fields, f"Signed-By: {signed_by or self.key}", ""])

    @property
    def options(self) -> dict[str, Any]:
        return {"path": str(self.source), "content": self.content(), "key": self.key_options()}

    def key_options(self, **others: str) -> dict[str, str]:
        return {
            "path": str(self.key),
            "url": self.site.key_url,
            "fingerprint": key("one").fingerprint,
            **others,
        }

    def start(self, check_mode: bool = False, programs: str = "", /, **options: Any) -> subprocess.Popen[bytes]:
        arguments = {"ANSIBLE_MODULE_ARGS": {**self.options, **options, "_ansible_check_mode": check_mode}}
        # No proxy: the site is on this machine.
        environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
        process = subprocess.Popen(
            [sys.executable, "-c", CALL, str(self.root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**environment, "APT_CONFIG": str(self.root / "apt.conf"), "PATH": programs + os.environ["PATH"]},
        )
        assert process.stdin
        process.stdin.write(json.dumps(arguments).encode())
        process.stdin.close()
        process.stdin = None
        return process

    def run(self, check_mode: bool = False, programs: str = "", /, **options: Any) -> dict[str, Any]:
        return ended(self.start(check_mode, programs, **options))

    def write(self, path: str, content: bytes | str, mode: int = 0o644) -> Path:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
        target.chmod(mode)
        return target

    def state(self) -> dict[str, tuple[Any, ...]]:
        """Everything below apt's folders, but for its locks, and for what it was about to fetch."""
        found = {}
        for folder in ("etc", "usr", "var/lib/apt"):
            for path in sorted((self.root / folder).rglob("*")):
                if path.name in ("lock", "partial", "auxfiles") or path.parent.name == "partial":
                    continue
                status = path.lstat()
                content = path.read_bytes() if path.is_file() else None
                target = os.readlink(path) if path.is_symlink() else None
                attributes = {name: os.getxattr(path, name) for name in os.listxattr(path, follow_symlinks=False)}
                times = status.st_mtime_ns if path.is_file() else None
                found[str(path.relative_to(self.root))] = (status.st_mode, content, target, attributes, times)
        return found

    def lists(self) -> list[str]:
        return sorted(path.name for path in (self.root / "var/lib/apt/lists").iterdir() if "_" in path.name)


def ended(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    output, errors = process.communicate()
    assert not errors, errors.decode()
    result: dict[str, Any] = json.loads(output)
    assert (process.returncode != 0) is result.get("failed", False)
    return result


@pytest.fixture
def host(tmp_path: Path, site: sites.Site) -> Host:
    return Host(tmp_path, site)
