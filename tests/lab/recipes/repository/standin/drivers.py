# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NVIDIA's driver as packages: what each of them holds, whatever its repository calls it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from .debs import FILES, Deb, architecture

KERNEL = os.uname().release
MODULES = ("nvidia", "nvidia-uvm", "nvidia-modeset", "nvidia-drm", "nvidia-peermem")
LIBRARIES = "usr/lib/x86_64-linux-gnu"
UNITS = "usr/lib/systemd/system"
OWN = "usr/lib/dockyard-lab-driver"
# What the image's build compiled.
NATIVE = Path("/native")
DEPMOD = f"""if [ -d /lib/modules/{KERNEL} ]; then
    (cd /lib/modules/{KERNEL} && find . -name 'nvidia*.ko' -printf '%P:\\n' > modules.dep)
fi
"""
BLACKLIST = b"blacklist nouveau\nalias nouveau off\n"


@dataclass(frozen=True)
class Release:
    """One version of the driver as one repository writes it."""

    version: str
    suffix: str

    @property
    def full(self) -> str:
        return self.version + self.suffix


@dataclass
class Part:
    """A package to be; relations are given by name, `=name` for "of exactly this version"."""

    name: str
    needs: tuple[str, ...] = ()
    # Only one package that provides this may be installed.
    one_of: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    units: tuple[str, ...] = ()
    scripts: dict[str, str] = field(default_factory=dict)

    def deb(self, version: str) -> Deb:
        fields = {
            **head(self.name, version),
            "Depends": ", ".join(_relation(need, version) for need in self.needs),
            "Provides": f"{self.one_of} (= {version})" if self.one_of else "",
            "Conflicts": self.one_of,
            "Replaces": self.one_of,
            "Description": f"{self.name}\n A stand-in of the lab: it answers like NVIDIA's and drives nothing.",
        }
        return Deb(
            fields=fields,
            files=dict(self.files),
            links=self.links,
            units=self.units,
            scripts=self.scripts,
        )


def head(name: str, version: str) -> dict[str, str]:
    return {
        "Package": name,
        "Version": version,
        "Architecture": architecture(),
        "Maintainer": "The lab of dockyard.gpu <lab@dockyard.invalid>",
        "Section": "restricted/misc",
        "Priority": "optional",
    }


def _relation(need: str, version: str) -> str:
    names = need.split(" | ")
    return " | ".join(f"{name[1:]} (= {version})" if name.startswith("=") else name for name in names)


def library(release: Release) -> tuple[dict[str, bytes], dict[str, str]]:
    """Files and links of the management and the CUDA library, which is all that containers are given of a driver."""
    names = ("libnvidia-ml.so", "libcuda.so")
    files = {f"{LIBRARIES}/{name}.{release.version}": (NATIVE / name).read_bytes() for name in names}
    return files, {f"{LIBRARIES}/{name}.1": f"{name}.{release.version}" for name in names}


def smi() -> dict[str, bytes]:
    return {"usr/bin/nvidia-smi": (NATIVE / "nvidia-smi").read_bytes()}


def persistenced(mode: str) -> dict[str, bytes]:
    """`mode`: what its unit says about persistence; Ubuntu's turns it off."""
    unit = (FILES / "nvidia-persistenced.service").read_text().replace("@MODE@", mode)
    return {
        "usr/bin/nvidia-persistenced": (FILES / "nvidia-persistenced").read_bytes(),
        f"{UNITS}/nvidia-persistenced.service": unit.encode(),
    }


def persistenced_user() -> dict[str, str]:
    """Debian's own package, which is no stand-in, has `nvpd`."""
    name = "nvidia-persistenced"
    make = f"useradd --system --no-create-home --shell /usr/sbin/nologin {name}"
    return {"postinst": f"getent passwd {name} >/dev/null || {make}\n"}


def fabric_manager(release: Release) -> dict[str, bytes]:
    program = (FILES / "nv-fabricmanager").read_text().replace("@VERSION@", release.version)
    return {
        "usr/bin/nv-fabricmanager": program.encode(),
        f"{UNITS}/nvidia-fabricmanager.service": (FILES / "nvidia-fabricmanager.service").read_bytes(),
        "usr/share/nvidia/nvswitch/fabricmanager.cfg": b"FABRIC_MODE=0\n",
    }


def prebuilt(release: Release, is_open: bool, folder: str) -> dict[str, bytes]:
    """Modules that came signed with the kernel."""
    content = metadata(release, is_open, "vendor")
    return {f"lib/modules/{KERNEL}/kernel/{folder}/{name}.ko": content for name in MODULES}


def metadata(release: Release, is_open: bool, signer: str) -> bytes:
    """What `modinfo` and the lab's kernel read of a module."""
    return (json.dumps({"version": release.version, "open": is_open, "signer": signer}) + "\n").encode()


def dkms(name: str, release: Release, is_open: bool) -> Part:
    """Built where it is installed, if the running kernel's headers are there."""
    build = (FILES / "dkms-build").read_text()
    module = metadata(release, is_open, "DKMS module signing key").decode().strip()
    for key, value in (("VERSION", release.version), ("METADATA", module), ("MODULES", " ".join(MODULES))):
        build = build.replace(f"@{key}@", value)
    program = f"/{OWN}/{name}/build"
    configuration = f"PACKAGE_NAME=nvidia\nPACKAGE_VERSION={release.version}\n"
    return Part(
        name,
        one_of="nvidia-dkms-kernel",
        files={
            f"{OWN}/{name}/build": build.encode(),
            f"usr/src/nvidia-{release.version}/dkms.conf": configuration.encode(),
        },
        scripts={"postinst": f'[ "$1" != configure ] || {program} install\n', "prerm": f"{program} remove\n"},
    )


def headers() -> Part:
    """The running kernel's: no mirror has them, wherever the lab runs."""
    name = f"linux-headers-{KERNEL}"
    place = f"usr/src/{name}"
    return Part(
        name,
        files={f"{place}/Makefile": b"# a stand-in of the lab\n"},
        links={f"lib/modules/{KERNEL}/build": f"/{place}"},
        scripts={"postinst": f'for build in /{OWN}/*/build; do [ ! -x "$build" ] || "$build" install; done\n'},
    )
