# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real OpenPGP keys, made by gpg when they are needed, in a home of their own."""

from __future__ import annotations

import functools
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

import pytest

needs_gpg = pytest.mark.skipif(not shutil.which("gpg"), reason="gpg, which makes the test's keys, is not here")


class Key(NamedTuple):
    fingerprint: str
    binary: bytes
    armoured: bytes
    secret: bytes


@functools.cache
def key(name: str, algorithm: str = "ed25519") -> Key:
    """A fresh key for signing with a subkey, the same for the same name within one run of the tests."""
    with tempfile.TemporaryDirectory() as home:
        _gpg_with_agent(home, "--quick-generate-key", f"{name} <{name}@example.org>", algorithm, "sign")
        listing = _gpg(home, "--with-colons", "--list-keys").decode()
        fingerprint = next(line.split(":")[9] for line in listing.splitlines() if line.startswith("fpr"))
        if algorithm == "ed25519":
            _gpg_with_agent(home, "--quick-add-key", fingerprint, "cv25519", "encr")
        public = _gpg(home, "--export"), _gpg(home, "--armor", "--export")
        return Key(fingerprint, *public, _gpg_with_agent(home, "--export-secret-keys"))


def exported_together(*names: str) -> bytes:
    """Several keys in one armour, as gpg writes them."""
    with tempfile.TemporaryDirectory() as home:
        path = Path(home) / "keys"
        path.write_bytes(b"".join(key(name).binary for name in names))
        _gpg(home, "--import", str(path))
        return _gpg(home, "--armor", "--export", *(key(name).fingerprint for name in names))


def clearsigned(name: str, text: str) -> bytes:
    """A text as a repository's InRelease is signed."""
    with tempfile.TemporaryDirectory() as home:
        path = Path(home) / "text"
        path.write_bytes(key(name).secret)
        _gpg_with_agent(home, "--import", str(path))
        path.write_text(text)
        return _gpg_with_agent(home, "--output", "-", "--clearsign", str(path))


def shown_by_gpg(data: bytes) -> list[str]:
    """The primary keys' fingerprints, as `gpg --show-keys` has them."""
    with tempfile.TemporaryDirectory() as home:
        path = Path(home) / "keys"
        path.write_bytes(data)
        lines = [
            line.split(":") for line in _gpg(home, "--with-colons", "--show-keys", str(path)).decode().splitlines()
        ]
    # Between a key and its fingerprint may be who may revoke it.
    return [
        next(each[9] for each in lines[at:] if each[0] == "fpr") for at, line in enumerate(lines) if line[0] == "pub"
    ]


def _gpg(home: str, *arguments: str) -> bytes:
    return _run(home, "--no-autostart", *arguments)


def _gpg_with_agent(home: str, *arguments: str) -> bytes:
    """Secret keys are an agent's business, which ends with its home; a passphrase would have to be asked for."""
    return _run(home, "--passphrase", "", "--pinentry-mode", "loopback", *arguments)


def _run(home: str, *arguments: str) -> bytes:
    command = ["gpg", "--homedir", home, "--batch", "--quiet", *arguments]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout
