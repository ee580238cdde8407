# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Docker's six packages: their names, dependencies and contents as Docker ships them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .binaries import Binaries, read_as
from .debs import FILES, Deb
from .suites import PLUGINS_OF, Offer, Suite

CLI_PLUGINS = "usr/libexec/docker/cli-plugins"
UNITS = "usr/lib/systemd/system"


def of(suite: Suite, offer: Offer, fetched: dict[str, Binaries]) -> Iterator[Deb]:
    """All packages that belong to one engine version of one suite."""
    binaries, plugins = fetched[offer.binaries], fetched[PLUGINS_OF[offer.binaries]]
    yield engine(suite, offer, binaries)
    yield cli(suite, offer, binaries)
    yield rootless(suite, offer, binaries)
    yield containerd(suite, binaries)
    yield plugin(suite, plugins, "buildx", {"Enhances": "docker-ce-cli"})
    yield plugin(suite, plugins, "compose", {"Enhances": "docker-ce-cli"})


def engine(suite: Suite, offer: Offer, binaries: Binaries) -> Deb:
    own = binaries.version("docker.io")
    init = binaries.path("etc/init.d/docker").read_bytes().replace(b"/usr/sbin/dockerd", b"/usr/bin/dockerd")
    least = "1.7.27" if offer.major(own) >= 28 else "1.6.4"
    needs = [f"containerd.io (>= {least})", "docker-ce-cli", "iptables", *binaries.depends("docker.io")]
    program = read_as(binaries.path("usr/sbin/dockerd"), own, offer.stand_in)
    programs: dict[str, Path | bytes] = {
        "usr/bin/dockerd": program,
        "usr/bin/docker-init": binaries.path("usr/bin/tini-static", "usr/bin/tini"),
    }
    folders = []
    if offer.major(own) >= 29:
        needs.append("nftables")
        programs = {
            "usr/bin/dockerd": FILES / "dockerd-29",
            "usr/libexec/docker/lab/dockerd": program,
            "usr/libexec/docker/docker-init": programs["usr/bin/docker-init"],
        }
        folders = ["etc/docker"]
    return Deb(
        fields={
            **_head("docker-ce", f"5:{offer.stand_in or own}-1{suite.suffix}", binaries),
            "Pre-Depends": "init-system-helpers (>= 1.54~)",
            "Depends": ", ".join(needs),
            "Recommends": "apparmor, ca-certificates, docker-ce-rootless-extras, git, pigz, procps, xz-utils",
            "Conflicts": "docker (<< 1.5~), docker-engine, docker.io",
            "Replaces": "docker-engine",
            "Description": _description("Docker: the open-source application container engine", own, offer),
        },
        files={
            **programs,
            "usr/bin/docker-proxy": binaries.path("usr/sbin/docker-proxy"),
            f"{UNITS}/docker.service": FILES / "docker.service",
            f"{UNITS}/docker.socket": FILES / "docker.socket",
            "etc/init.d/docker": init,
            "etc/default/docker": binaries.path("etc/default/docker"),
        },
        folders=folders,
        conffiles=["etc/init.d/docker", "etc/default/docker"],
        units=("docker.service", "docker.socket"),
        init="docker",
        group="docker",
    )


def cli(suite: Suite, offer: Offer, binaries: Binaries) -> Deb:
    own = binaries.version("docker.io")
    return Deb(
        fields={
            **_head("docker-ce-cli", f"5:{offer.stand_in or own}-1{suite.suffix}", binaries),
            "Depends": "libc6 (>= 2.34)",
            "Recommends": "docker-buildx-plugin, docker-compose-plugin",
            "Conflicts": "docker (<< 1.5~), docker-engine, docker.io, docker-cli",
            "Replaces": "docker-ce (<< 5:0)",
            "Breaks": "docker-ce (<< 5:0)",
            "Description": _description("Docker CLI: the open-source application container engine", own, offer),
        },
        files={"usr/bin/docker": read_as(binaries.path("usr/bin/docker"), own, offer.stand_in)},
    )


def rootless(suite: Suite, offer: Offer, binaries: Binaries) -> Deb:
    own = binaries.version("docker.io")
    scripts = ("dockerd-rootless.sh", "dockerd-rootless-setuptool.sh")
    return Deb(
        fields={
            **_head("docker-ce-rootless-extras", f"5:{offer.stand_in or own}-1{suite.suffix}", binaries),
            "Depends": "dbus-user-session",
            "Enhances": "docker-ce",
            **dict.fromkeys(("Conflicts", "Replaces", "Breaks"), "rootlesskit"),
            "Description": _description("Rootless support for Docker.", own, offer),
        },
        files={
            "usr/bin/rootlesskit": binaries.path("usr/bin/rootlesskit"),
            **{f"usr/bin/{name}": binaries.path(f"usr/share/docker.io/contrib/{name}") for name in scripts},
        },
    )


def containerd(suite: Suite, binaries: Binaries) -> Deb:
    own = binaries.version("containerd")
    # Docker's containerd.io carries the suite in its version only since 1.7.28.
    later = tuple(int(part) for part in own.split(".")) >= (1, 7, 28)
    programs = ("containerd", "containerd-shim-runc-v2", "ctr")
    replaced = "containerd, runc"
    return Deb(
        fields={
            **_head("containerd.io", f"{own}-1{suite.suffix if later else ''}", binaries),
            "Depends": ", ".join(dict.fromkeys(binaries.depends("containerd") + binaries.depends("runc"))),
            **dict.fromkeys(("Provides", "Conflicts", "Replaces"), replaced),
            "Description": _description("An open and reliable container runtime", own, Offer("")),
        },
        files={
            **{f"usr/bin/{name}": binaries.path(f"usr/bin/{name}") for name in programs},
            "usr/bin/runc": binaries.path("usr/bin/runc", "usr/sbin/runc"),
            f"{UNITS}/containerd.service": FILES / "containerd.service",
            "etc/containerd/config.toml": FILES / "config.toml",
        },
        conffiles=["etc/containerd/config.toml"],
        units=("containerd.service",),
    )


def plugin(suite: Suite, binaries: Binaries, name: str, relations: dict[str, str]) -> Deb:
    own = binaries.version(f"docker-{name}")
    return Deb(
        fields={
            **_head(f"docker-{name}-plugin", f"{own}-1{suite.suffix}", binaries),
            **relations,
            "Description": _description(f"Docker {name} cli plugin.", own, Offer("")),
        },
        files={f"{CLI_PLUGINS}/docker-{name}": binaries.path(f"{CLI_PLUGINS}/docker-{name}")},
    )


def _head(name: str, version: str, binaries: Binaries) -> dict[str, str]:
    architecture = binaries.field("runc" if name != "docker-buildx-plugin" else "docker-buildx", "Architecture")
    return {
        "Package": name,
        "Version": version,
        "Architecture": architecture,
        "Maintainer": "The lab of dockyard.gpu <lab@dockyard.invalid>",
        "Section": "admin",
        "Priority": "optional",
        "Homepage": "https://www.docker.com",
    }


def _description(title: str, own: str, offer: Offer) -> str:
    answer = f", answering as {offer.stand_in}" if offer.stand_in else ""
    return f"{title}\n A stand-in of the lab: Debian's binaries of {own}{answer}."
