# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The repositories that drivers come from: where each lies, and which versions it has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from . import driver_names, drivers, index
from .debs import Deb, architecture
from .drivers import Part, Release

# Versions as seen in NVIDIA's and Ubuntu's repositories between May and September 2026.
CUDA = ("580.159.03", "580.178.04", "595.71.05", "595.91.07", "615.71.09")
# From 615 on there are no proprietary modules.
OPEN_ONLY = 615
ARCHIVE = {
    "noble": {"580": "580.159.03", "595": "595.58.03"},
    "noble-updates": {"580": "580.173.02", "595": "595.71.05"},
}
PPA = ("580.159.03", "580.178.04", "595.71.05", "615.71.09")
CUDA_HOSTS = ("debian12", "debian13", "ubuntu2404")
CUDA_ARCHITECTURES = {"amd64": "x86_64", "arm64": "sbsa"}
Parts = Iterable[tuple[Part, str]] | Iterable[Deb]


@dataclass
class Site:
    """One repository: its folder, and for each suite its packages; a flat one has the suite `/`."""

    name: str
    path: str
    suites: dict[str, Parts]
    component: str = "main"

    def publish(self, target: Path, keys: dict[str, index.Key]) -> dict[str, list[str]]:
        """Write all of it; returns each package's versions, oldest first."""
        root = target / self.path
        versions: dict[str, list[str]] = {}
        for suite, parts in self.suites.items():
            flat = suite == "/"
            pool = "" if flat else f"pool/{suite}/"
            stanzas = {}
            for part in parts:
                deb = part if isinstance(part, Deb) else part[0].deb(part[1])
                name, version = deb.fields["Package"], deb.fields["Version"]
                if (name, version) not in stanzas:
                    stanza = deb.write(root / pool, Path("/tmp/package"))
                    stanzas[name, version] = stanza.replace("Filename: ", f"Filename: {'./' if flat else pool}")
                    versions.setdefault(name, []).append(version)
            dist = root if flat else root / "dists" / suite
            heads = {"Origin": self.name, "Label": self.name} | ({} if flat else {"Suite": suite, "Codename": suite})
            index.write(dist, heads, "" if flat else self.component, architecture(), "\n".join(stanzas.values()), keys)
        for suffix, key in keys.items():
            (root / f"gpg{suffix}").write_bytes(key.public())
        return versions


def sites() -> Iterator[Site]:
    headers = drivers.headers()
    own = [(headers, "1.0")]
    for codename in ("bookworm", "trixie"):
        yield Site(f"archive_{codename}", f"debian/{codename}", {codename: own})
    generic = Part("linux-headers-generic", (headers.name,))
    extra = [*own, (generic, "6.8.0-90.91"), (driver_names.ubuntu_drivers(), "1:0.9.7.6ubuntu3.4")]
    suites: dict[str, Parts] = {suite: list(archive(versions)) for suite, versions in ARCHIVE.items()}
    suites["noble"] = [*extra, *suites["noble"]]
    yield Site("archive_noble", "ubuntu/noble", suites)
    yield Site("graphics_drivers_ppa", "graphics-drivers/ppa/ubuntu", {"noble": list(ppa())})
    place = CUDA_ARCHITECTURES[architecture()]
    for host in CUDA_HOSTS:
        yield Site(f"cuda_{host}", f"compute/cuda/repos/{host}/{place}", {"/": list(cuda(host))})


def archive(versions: dict[str, str]) -> Iterator[tuple[Part, str]]:
    for branch, version in versions.items():
        release = Release(version, "-0ubuntu0.24.04.1")
        for part in driver_names.ubuntu(f"{branch}-server", release, signed=True):
            yield part, release.full


def ppa() -> Iterator[tuple[Part, str]]:
    for version in PPA:
        release, branch = Release(version, "-0ubuntu0~gpu24.04.1"), version.split(".")[0]
        for part in driver_names.ubuntu(branch, release, signed=False, proprietary=int(branch) < OPEN_ONLY):
            yield part, release.full


def cuda(host: str) -> Iterator[tuple[Part, str]]:
    for version in CUDA:
        ubuntu, branch = host.startswith("ubuntu"), version.split(".")[0]
        release = Release(version, "-1ubuntu1" if ubuntu else "-1")
        family = driver_names.cuda_ubuntu if ubuntu else driver_names.cuda_debian
        for part in family(release, proprietary=int(branch) < OPEN_ONLY):
            # The pinning packages count their own revisions.
            pin = part.name.startswith("nvidia-driver-pinning")
            yield part, f"{part.name.rsplit('-', 1)[1]}-1" if pin else release.full
