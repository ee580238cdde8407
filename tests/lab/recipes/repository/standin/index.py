# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Index and sign one `dists/` folder, with the right key and with another one."""

from __future__ import annotations

import gzip
import hashlib
import os
import subprocess
from email.utils import formatdate
from pathlib import Path


class Key:
    """A signing key that lives only as long as the build."""

    def __init__(self, home: Path, name: str) -> None:
        home.mkdir(mode=0o700, parents=True)
        self._environment = {**os.environ, "GNUPGHOME": str(home)}
        identity = f"{name} <lab@dockyard.invalid>"
        self._gpg("--passphrase", "", "--quick-generate-key", identity, "rsa3072", "sign", "never")
        listing = self._gpg("--with-colons", "--list-keys").decode()
        self.fingerprint = next(line.split(":")[9] for line in listing.splitlines() if line.startswith("fpr:"))

    def public(self) -> bytes:
        return self._gpg("--armor", "--export")

    def clearsign(self, content: bytes) -> bytes:
        return self._gpg("--clearsign", content=content)

    def detached(self, content: bytes) -> bytes:
        return self._gpg("--armor", "--detach-sign", content=content)

    def _gpg(self, *arguments: str, content: bytes = b"") -> bytes:
        command = ["gpg", "--batch", "--quiet", "--digest-algo", "SHA256", *arguments]
        return subprocess.run(command, env=self._environment, input=content, check=True, stdout=subprocess.PIPE).stdout


def write(
    dist: Path, head: dict[str, str], component: str, architecture: str, packages: str, keys: dict[str, Key]
) -> None:
    """Packages, Release and its signatures; `InRelease` by the right key, `InRelease.wrong` by the other.

    Without a component the repository is flat: packages and indexes lie side by side.
    """
    folder = dist / component / f"binary-{architecture}" if component else dist
    folder.mkdir(parents=True, exist_ok=not component)
    (folder / "Packages").write_text(packages)
    (folder / "Packages.gz").write_bytes(gzip.compress(packages.encode(), mtime=0))
    more = {
        "Date": formatdate(usegmt=True).replace("GMT", "UTC"),
        "Architectures": architecture,
        **({"Components": component} if component else {}),
        "Description": "A stand-in of the lab",
    }
    lines = [f"{key}: {value}" for key, value in (head | more).items()] + ["SHA256:"]
    for path in (folder / "Packages", folder / "Packages.gz"):
        content = path.read_bytes()
        lines.append(f" {hashlib.sha256(content).hexdigest()} {len(content)} {path.relative_to(dist)}")
    release = ("\n".join(lines) + "\n").encode()
    (dist / "Release").write_bytes(release)
    for suffix, key in keys.items():
        (dist / f"InRelease{suffix}").write_bytes(key.clearsign(release))
        (dist / f"Release.gpg{suffix}").write_bytes(key.detached(release))
