# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NVIDIA's container toolkit as packages, those of today and those that nvidia-docker2 came with."""

from __future__ import annotations

import json
from collections.abc import Iterator

from .debs import FILES, Deb, architecture
from .driver_sites import Site
from .drivers import LIBRARIES

# Below, at and above the oldest version without a known hole, as of November 2026.
VERSIONS = ("1.18.2", "1.19.1", "1.20.0")
REFRESH = ("nvidia-cdi-refresh.service", "nvidia-cdi-refresh.path")
# The service asks nvidia-smi first and tries again (NVIDIA/nvidia-container-toolkit#1825, #1836). Before, it came after
# multi-user.target for a while (#1638, taken back by #1746), and so after the engine.
RUNS_SMI = "1.19.1"
# The units lie below /lib, and the service stays active once it has run: to start it again does nothing. Before, they
# are conffiles in /etc, and no script stops them when their package goes.
OWN_UNITS = "1.20.0"
OF_2021 = "1.5.1"
OF_2023 = "1.13.5"
SOURCES = FILES.parent / "toolkit"
CODE = "usr/lib/dockyard-lab-toolkit"
CODE_OF_LIBRARY = "usr/lib/dockyard-lab-container"
CONFIG_OF_2021 = b"""disable-require = false

[nvidia-container-cli]
environment = []
load-kmods = true
ldconfig = "@/sbin/ldconfig"

[nvidia-container-runtime]
#debug = "/var/log/nvidia-container-runtime.log"
"""
# As nvidia-docker2 ships it, for the engine of whoever has none yet.
DAEMON_JSON = {"runtimes": {"nvidia": {"path": "nvidia-container-runtime", "runtimeArgs": []}}}


def site() -> Site:
    """`PATH/stable/deb/ARCHITECTURE`, the key at `PATH/gpgkey`."""
    debs = [deb for version in VERSIONS for deb in of(version)]
    return Site("libnvidia-container", f"libnvidia-container/stable/deb/{architecture()}", {"/": debs})


def old_sites() -> Iterator[Site]:
    """The three that the list file of nvidia-docker2 names, for one distribution of many."""
    place = f"debian11/{architecture()}"
    libraries = [*of(OF_2021), *of(OF_2023)]
    yield Site("libnvidia-container-debian11", f"libnvidia-container/stable/{place}", {"/": libraries})
    runtimes = [runtime("3.5.0", OF_2021), runtime("3.13.0", OF_2023)]
    yield Site("nvidia-container-runtime-debian11", f"nvidia-container-runtime/stable/{place}", {"/": runtimes})
    wrappers = [docker2("2.6.0", "nvidia-container-runtime (>= 3.4.0)")]
    wrappers.append(docker2("2.13.0", "nvidia-container-toolkit (>= 1.13.0-1)"))
    yield Site("nvidia-docker-debian11", f"nvidia-docker/{place}", {"/": wrappers})


def of(version: str) -> Iterator[Deb]:
    """All packages of one version of the toolkit."""
    library = "1.4.0" if version == OF_2021 else version
    yield _deb(
        "libnvidia-container1",
        library,
        {"Depends": "libc6 (>= 2.19), libcap2 (>= 1:2.10)", "Section": "libs"},
        {f"{LIBRARIES}/libnvidia-container.so.{library}": b"", **_code(CODE_OF_LIBRARY, version)},
        links={f"{LIBRARIES}/libnvidia-container.so.1": f"libnvidia-container.so.{library}"},
    )
    yield _deb(
        "libnvidia-container-tools",
        library,
        {"Depends": f"libc6 (>= 2.3), libcap2 (>= 1:2.10), libnvidia-container1 (>= {library}-1), python3"},
        _program("nvidia-container-cli", "container_cli", CODE_OF_LIBRARY),
    )
    needs = f"libnvidia-container-tools (>= {library}-1), libnvidia-container-tools (<< 2.0.0), libseccomp2"
    replaced = "nvidia-container-runtime (<= 3.5.0-1), nvidia-container-runtime-hook"
    hook = _program("nvidia-container-runtime-hook", "hook", CODE)
    if version == OF_2021:
        path = "etc/nvidia-container-runtime/config.toml"
        hook = {**hook, **_code(CODE, version), path: CONFIG_OF_2021}
        older = dict.fromkeys(
            ("Breaks", "Replaces"), "nvidia-container-runtime (<= 3.4.2), nvidia-container-runtime-hook"
        )
        yield _deb(
            "nvidia-container-toolkit", version, {"Depends": f"{needs}, python3", **older}, hook, conffiles=[path]
        )
        return
    yield _base(version, replaced)
    link = "usr/bin/nvidia-container-toolkit"
    make = f'[ "$1" != configure ] || [ -e /{link} ] || ln -s /usr/bin/nvidia-container-runtime-hook /{link}\n'
    yield _deb(
        "nvidia-container-toolkit",
        version,
        {
            "Depends": f"nvidia-container-toolkit-base (= {version}-1), {needs}",
            **dict.fromkeys(("Breaks", "Replaces"), replaced),
        },
        hook,
        scripts={"postinst": make, "postrm": f'[ "$1" != purge ] || rm -f /{link}\n'},
    )


def _base(version: str, replaced: str) -> Deb:
    """The part that CDI needs; the refresh units came with 1.18."""
    names = {"nvidia-ctk": "ctk", "nvidia-container-runtime": "runtime", "nvidia-cdi-hook": "cdi_hook"}
    files = _code(CODE, version)
    for name, module in names.items():
        files.update(_program(name, module, CODE))
    scripts = {"postinst": "/usr/bin/nvidia-ctk --quiet config --in-place\n"}
    if version != OF_2023:
        files.update(_refresh(version))
        scripts = {path.name: path.read_text() for path in sorted((SOURCES / "base").iterdir())}
        if version < OWN_UNITS:
            scripts = {"postinst": scripts["postinst"]}
        for name in ("preinst", "postinst", "postrm") if version >= OWN_UNITS else ():
            scripts[name] = _forget_early_units(version) + scripts.get(name, "")
    older = f"{replaced}, nvidia-container-toolkit (<= 1.10.0-1)"
    return _deb(
        "nvidia-container-toolkit-base",
        version,
        {"Depends": "python3", **dict.fromkeys(("Breaks", "Replaces"), older)},
        files,
        scripts=scripts,
        conffiles=[name for name in files if name.startswith("etc/")],
    )


def _refresh(version: str) -> dict[str, bytes]:
    """The units that make the CDI specification, and what an administrator tells them."""
    folder = "lib/systemd/system" if version >= OWN_UNITS else "etc/systemd/system"
    kind = "early" if version < RUNS_SMI else "today"
    files = {f"{folder}/{name}": (SOURCES / kind / name).read_bytes() for name in REFRESH}
    if version < OWN_UNITS:
        service = f"{folder}/{REFRESH[0]}"
        files[service] = files[service].replace(b"RemainAfterExit=yes\n", b"")
    environment = "nvidia-cdi-refresh.env"
    return {**files, f"etc/nvidia-container-toolkit/{environment}": (SOURCES / environment).read_bytes()}


def _forget_early_units(version: str) -> str:
    """As dh_installdeb(1) writes it: those in /etc would be read in place of the new ones."""
    package = "nvidia-container-toolkit-base"
    return "".join(
        f'dpkg-maintscript-helper rm_conffile /etc/systemd/system/{name} {version}-1~ {package} -- "$@"\n'
        for name in REFRESH
    )


def runtime(version: str, toolkit: str) -> Deb:
    """A package of its own until the toolkit took its program over; since then it only needs that."""
    own = version == "3.5.0"
    files = _program("nvidia-container-runtime", "runtime", CODE) if own else {}
    least = "1.5.0" if own else "1.13.0-1"
    return _deb("nvidia-container-runtime", version, {"Depends": f"nvidia-container-toolkit (>= {least})"}, files)


def docker2(version: str, needs: str) -> Deb:
    files = {
        "etc/docker/daemon.json": (json.dumps(DAEMON_JSON, indent=4) + "\n").encode(),
        "usr/bin/nvidia-docker": (SOURCES / "nvidia-docker").read_bytes(),
    }
    relations = {"Depends": needs, "Breaks": "nvidia-docker (<< 2.0.0)", "Replaces": "nvidia-docker (<< 2.0.0)"}
    return _deb("nvidia-docker2", version, relations, files, conffiles=["etc/docker/daemon.json"])


def _program(name: str, module: str, folder: str) -> dict[str, bytes]:
    script = (SOURCES / "program").read_text().replace("@FOLDER@", folder).replace("@MODULE@", module)
    return {f"usr/bin/{name}": script.encode()}


def _code(folder: str, version: str) -> dict[str, bytes]:
    return {
        f"{folder}/lab_toolkit/{path.name}": path.read_text().replace("@VERSION@", version).encode()
        for path in sorted((SOURCES / "lab_toolkit").glob("*.py"))
    }


def _deb(
    name: str,
    version: str,
    fields: dict[str, str],
    files: dict[str, bytes],
    *,
    links: dict[str, str] | None = None,
    scripts: dict[str, str] | None = None,
    conffiles: list[str] | None = None,
) -> Deb:
    head = {
        "Package": name,
        "Version": f"{version}-1",
        "Architecture": architecture(),
        "Maintainer": "The lab of dockyard.gpu <lab@dockyard.invalid>",
        "Section": "utils",
        "Priority": "optional",
    }
    words = f"{name}\n A stand-in of the lab: it gives devices to containers as NVIDIA's would."
    return Deb(
        {**head, **fields, "Description": words},
        dict(files),
        conffiles=conffiles or [],
        links=links or {},
        scripts=scripts or {},
    )
