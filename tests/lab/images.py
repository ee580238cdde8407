# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host images: built once, rebuilt when anything they are made of changes."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from . import machine
from .engine import LabError, build, docker, inspect

RECIPES = Path(__file__).parent / "recipes"
LABEL = "dockyard.lab.recipe"
PULL_SECONDS = 60


@dataclass(frozen=True)
class Image:
    """One image of the lab: its recipe, what it stands on, and what it stands in for."""

    name: str
    recipe: str
    codename: str
    public: str = ""
    base: str = ""
    packages: str = ""

    @property
    def tag(self) -> str:
        return f"dockyard-lab/{self.name}"


# Debian 12 comes without python3-apt on purpose: one host has to show that Ansible's own bootstrap is enough.
HOSTS = (
    Image("debian12", "host", "bookworm", public="debian:12"),
    Image("debian13", "host", "trixie", public="debian:13", packages="python3-apt"),
    Image("ubuntu2404", "lookalike", "trixie", base="dockyard-lab/debian13"),
)


def all_hosts() -> None:
    machine.allow_many_hosts()
    for image in HOSTS:
        ensure(image)


def ensure(image: Image) -> str:
    """Build the image unless it is there as its recipe wants it; returns the recipe's hash."""
    with tempfile.TemporaryDirectory(prefix="dockyard-lab-") as folder:
        context = Path(folder)
        copy_recipe(image.recipe, context)
        if image.recipe == "host":
            add_machine(context, image.codename)
        base = ensure(next(host for host in HOSTS if host.tag == image.base)) if image.base else ""
        wanted = fingerprint(context, image.packages, base)
        if label(image.tag) == wanted:
            return wanted
        print(f"lab: making {image.tag}", file=sys.stderr)
        arguments = {"BASE": image.base or bare(image), "PACKAGES": image.packages}
        build(image.tag, context, {LABEL: wanted}, arguments)
        return wanted


def copy_recipe(name: str, context: Path) -> None:
    shutil.copytree(RECIPES / name, context, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))


def label(tag: str) -> str | None:
    found = inspect("image", tag)
    return (found["Config"]["Labels"] or {}).get(LABEL) if found else None


def fingerprint(context: Path, *more: str) -> str:
    """One hash over all that goes into an image."""
    digest = hashlib.sha256("\0".join(more).encode())
    for path in sorted(context.rglob("*")):
        if path.is_file():
            digest.update(f"{path.relative_to(context)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def remove() -> None:
    """Everything under the lab's name, so that the next `up` starts from nothing."""
    ours = [f"--filter=reference={name}/*" for name in ("dockyard-lab", machine.NAME)]
    tags = docker("images", "--format", "{{.Repository}}:{{.Tag}}", *ours).split()
    if tags:
        docker("image", "rm", "--force", *tags)
    prune("0s")


def prune(age: str) -> None:
    """Replaced images and the stages of builds, which inherit the label, stay for a while as a cache."""
    docker("image", "prune", "--force", "--filter", f"label={LABEL}", "--filter", f"until={age}")


def add_machine(context: Path, codename: str) -> None:
    (context / "lab.sources").write_text(machine.sources(codename))
    (context / "99lab").write_text(machine.apt_options())
    (context / "machine-ca.crt").write_text(machine.ca_bundle())
    (context / "authorized_keys").write_text(machine.public_key())


def bare(image: Image) -> str:
    """A public image where one is at hand, else a minimal system made from the machine's mirror."""
    if inspect("image", image.public):
        return image.public
    try:
        pull = subprocess.run(["docker", "pull", "--quiet", image.public], capture_output=True, timeout=PULL_SECONDS)
        if pull.returncode == 0:
            return image.public
    except subprocess.TimeoutExpired:
        pass
    tag = f"dockyard-lab/base-{image.codename}"
    if not inspect("image", tag):
        _bootstrap(tag, image.codename)
    return tag


def _bootstrap(tag: str, codename: str) -> None:
    machine.install("mmdebstrap", Path("/usr/bin/mmdebstrap"))
    machine.install("debian-archive-keyring", machine.KEYRING)
    archive, _security = machine.mirrors()
    options = [f"--aptopt={line}" for line in machine.apt_options().splitlines()]
    with tempfile.TemporaryDirectory(prefix="dockyard-lab-") as folder:
        tarball = Path(folder) / "root.tar"
        source = f"deb [signed-by={machine.KEYRING}] {archive} {codename} main"
        command = ["mmdebstrap", "--quiet", "--variant=apt", *options, codename, str(tarball), source]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise LabError(f"mmdebstrap of {codename} from {archive} failed:\n{done.stderr.strip()[-1500:]}")
        docker("import", str(tarball), tag)
