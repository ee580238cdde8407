# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host's apt in a folder of its own: the real program, over real files, against a web server of the test's."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils import basic
from ansible_collections.dockyard.gpu.plugins.module_utils._common import atomic_files
from ansible_collections.dockyard.gpu.plugins.module_utils._common.signals import Interruption
from ansible_collections.dockyard.gpu.plugins.module_utils._packages.apt import facts
from ansible_collections.dockyard.gpu.plugins.modules import signed_repository
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.openpgp_keys import key
from ansible_collections.dockyard.gpu.tests.unit.plugins.modules.signed_repository import site as sites

PLACES = ("LISTS", "_STAMP", "_SOURCES", "_SOURCES_FOLDER", "_TRUSTED")
SIGNALS = (*Interruption.SIGNALS, signal.SIGALRM)
APT_CONFIG = """
Dir "{root}";
Dir::State::status "{root}/var/lib/dpkg/status";
APT::Sandbox::User "root";
Acquire::Languages "none";
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = [name for name in ("apt-get", "gpg", "openssl") if not shutil.which(name)]
    for item in items if missing else []:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.skip(reason=f"{' and '.join(missing)}, with which this is tested, is not here"))


@pytest.fixture
def site() -> Iterator[sites.Site]:
    with sites.running(sites.Site()) as site:
        yield site


@pytest.fixture
def secure_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[sites.Site]:
    """By https, with a certificate that this process trusts."""
    path = tmp_path / "site.pem"
    options = ["-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = ["openssl", "req", "-x509", *options, "-keyout", str(path), "-out", str(tmp_path / "certificate.pem")]
    subprocess.run(command, check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + (tmp_path / "certificate.pem").read_bytes())
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    with sites.running(sites.SecureSite(path)) as site:
        yield site


class Host:
    """``options`` are those of a call that makes the site's repository known."""

    def __init__(
        self, root: Path, site: sites.Site, patch: pytest.MonkeyPatch, said: pytest.CaptureFixture[str]
    ) -> None:
        self.root = root
        self._patch = patch
        self._said = said
        self.site = site
        self.source = root / "etc/apt/sources.list.d/vendor.sources"
        self.key = root / "etc/apt/keyrings/vendor.asc"
        for folder in ("etc/apt/sources.list.d", "var/lib/apt/lists", "var/lib/dpkg", "var/cache/apt"):
            (root / folder).mkdir(parents=True)
        (root / "var/lib/dpkg/status").touch()
        (root / "apt.conf").write_text(APT_CONFIG.format(root=root))
        (root / "tmp").mkdir()
        patch.setenv("APT_CONFIG", str(root / "apt.conf"))
        # Another run of these tests on this machine is none on this host.
        patch.setattr(atomic_files, "LOCKS", f"{root}/tmp/{{}}.lock")
        # The site is on this machine.
        for name in [name for name in os.environ if "proxy" in name.lower()]:
            patch.delenv(name)
        for name in PLACES:
            patch.setattr(facts, name, f"{root}{getattr(facts, name)}")
        patch.setattr(facts, "_KEY_FOLDERS", tuple(f"{root}{folder}" for folder in facts._KEY_FOLDERS))

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

    def run(self, check_mode: bool = False, /, **options: Any) -> dict[str, Any]:
        """The module as Ansible runs it, in this process: arguments on standard input, the result on the output."""
        arguments = {**self.options, **options}
        arguments |= {"_ansible_check_mode": check_mode, "_ansible_remote_tmp": str(self.root / "tmp")}
        stdin = io.TextIOWrapper(io.BytesIO(json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode()))
        self._patch.setattr(basic, "_ANSIBLE_ARGS", None)
        self._patch.setattr(sys, "argv", ["signed_repository"])
        self._patch.setattr(sys, "stdin", stdin)
        handlers = {number: signal.getsignal(number) for number in SIGNALS}
        try:
            with pytest.raises(SystemExit):
                signed_repository.main()
        finally:
            # A module's process ends with it, and this one goes on.
            for number, handler in handlers.items():
                signal.signal(number, handler)
        result: dict[str, Any] = json.loads(self._said.readouterr().out)
        return result

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


@pytest.fixture
def host(tmp_path: Path, site: sites.Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Host:
    return Host(tmp_path, site, monkeypatch, capsys)
