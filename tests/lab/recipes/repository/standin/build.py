# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the whole repository: `python3 -m standin.build DEBS TARGET BASE`, inside the image's build."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from . import base_image, driver_sites, packages, toolkits, ubuntu_names
from .binaries import Binaries
from .index import Key, write
from .suites import SUITES, Suite


def main(debs: Path, target: Path, base: Path) -> None:
    fetched = {folder.name: Binaries(folder) for folder in sorted(debs.iterdir())}
    if "testing" in fetched and not runs_here(fetched["testing"]):
        print("the engine of Debian testing does not run on this release: left out")
        del fetched["testing"]
    keys = {"": Key(Path("/tmp/right"), "Docker stand-in"), ".wrong": Key(Path("/tmp/wrong"), "Someone else")}
    versions: dict[str, dict[str, list[str]]] = {}
    for suite in SUITES:
        versions["/".join(filter(None, (suite.folder, suite.codename)))] = publish(suite, fetched, target, keys)
    for site in {suite.site for suite in SUITES}:
        for suffix, key in keys.items():
            (target / site / f"gpg{suffix}").write_bytes(key.public())
    (target / "fingerprint").write_text(keys[""].fingerprint + "\n")
    (target / "versions.json").write_text(json.dumps(versions, indent=2) + "\n")
    offered = {site.name: {"path": site.path, "versions": site.publish(target, keys)} for site in driver_sites.sites()}
    (target / "drivers.json").write_text(json.dumps(offered, indent=2) + "\n")
    (target / "toolkit.json").write_text(json.dumps(publish_toolkits(target, keys), indent=2) + "\n")
    ubuntu_names.SITE.publish(target, keys)
    digests = base_image.publish(base, target / "registry", keys[""].public())
    (target / "registry.json").write_text(json.dumps(digests, indent=2) + "\n")


def runs_here(binaries: Binaries) -> bool:
    """Whether the libraries of the release that the image is made of are enough."""
    programs = [binaries.root / name for name in ("usr/sbin/dockerd", "usr/bin/docker", "usr/bin/containerd")]
    programs.append(binaries.path("usr/bin/runc", "usr/sbin/runc"))
    return all(subprocess.run([program, "--version"], capture_output=True).returncode == 0 for program in programs)


def publish_toolkits(target: Path, keys: dict[str, Key]) -> dict[str, Any]:
    """Today's repository, and those of nvidia-docker2; all have the same key, as NVIDIA's have."""
    today, old = toolkits.site(), list(toolkits.old_sites())
    facts: dict[str, Any] = {"path": "libnvidia-container", "versions": today.publish(target, keys)}
    facts["old"] = {"paths": [site.path for site in old], "versions": {}}
    for site in old:
        facts["old"]["versions"].update(site.publish(target, keys))
    for name in ("libnvidia-container", "nvidia-container-runtime", "nvidia-docker"):
        for suffix, key in keys.items():
            (target / name / f"gpgkey{suffix}").write_bytes(key.public())
    return facts


def publish(suite: Suite, fetched: dict[str, Binaries], target: Path, keys: dict[str, Key]) -> dict[str, list[str]]:
    """One suite; returns each package's versions, oldest first."""
    site = target / suite.site
    stanzas: dict[tuple[str, str], str] = {}
    architecture = ""
    for offer in (offer for offer in suite.offers if offer.binaries in fetched):
        for deb in packages.of(suite, offer, fetched):
            name, version = deb.fields["Package"], deb.fields["Version"]
            architecture = deb.fields["Architecture"]
            pool = f"dists/{suite.codename}/pool/stable/{architecture}"
            if (name, version) not in stanzas:
                stanza = deb.write(site / pool, Path("/tmp/package"))
                stanzas[name, version] = stanza.replace("Filename: ", f"Filename: {pool}/")
    head = {"Origin": "Docker", "Label": "Docker CE", "Suite": suite.codename, "Codename": suite.codename}
    write(site / "dists" / suite.codename, head, "stable", architecture, "\n".join(stanzas.values()), keys)
    versions: dict[str, list[str]] = {}
    for name, version in stanzas:
        versions.setdefault(name, []).append(version)
    return versions


main(*(Path(argument) for argument in sys.argv[1:]))
