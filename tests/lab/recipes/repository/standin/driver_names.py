# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each repository calls the driver's packages, and how it ties them together."""

from __future__ import annotations

from collections.abc import Iterator

from . import drivers
from .debs import FILES
from .drivers import KERNEL, Part, Release

INITRAMFS = {"postinst": '[ "$1" != configure ] || [ ! -x /usr/sbin/update-initramfs ] || update-initramfs -u\n'}


def ubuntu(series: str, release: Release, *, signed: bool, proprietary: bool = True) -> Iterator[Part]:
    """Ubuntu's names, in its archive and in the PPA: `series` is `580-server` or `580`."""
    yield from _ubuntu_user_space(f"-{series}", release, INITRAMFS, "--no-persistence-mode ")
    for flavour, is_open in _flavours(proprietary):
        tail = f"{series}{flavour}"
        common = (f"=nvidia-kernel-common-{series}", f"=libnvidia-compute-{series}", f"=nvidia-compute-utils-{series}")
        yield Part(f"nvidia-headless-no-dkms-{tail}", common)
        yield Part(f"nvidia-headless-{tail}", (f"=nvidia-headless-no-dkms-{tail}", f"=nvidia-dkms-{tail}"))
        yield Part(f"nvidia-driver-{tail}", (f"=nvidia-headless-{tail}", f"=nvidia-utils-{series}"))
        yield _needing(drivers.dkms(f"nvidia-dkms-{tail}", release, is_open), f"=nvidia-kernel-common-{series}")
        if signed:
            modules = f"linux-modules-nvidia-{tail}"
            files = drivers.prebuilt(release, is_open, f"nvidia-{series.replace('-server', 'srv')}{flavour}")
            common_at_least = f"nvidia-kernel-common-{series} (>= {release.version})"
            yield Part(
                f"{modules}-{KERNEL}",
                (common_at_least,),
                one_of=f"linux-modules-nvidia-{KERNEL}",
                files=files,
                scripts=dict.fromkeys(("postinst", "postrm"), drivers.DEPMOD),
            )
            yield Part(f"{modules}-generic", (f"=linux-modules-nvidia-{tail}-{KERNEL}", common_at_least))
    if signed:
        # One package for both series: its name has only the branch.
        name = f"nvidia-fabricmanager-{series.split('-')[0]}"
        yield _fabric_manager(name, release, (f"=nvidia-kernel-common-{series}",))


def cuda_ubuntu(release: Release, *, proprietary: bool = True) -> Iterator[Part]:
    """NVIDIA's repository for Ubuntu: since 590 no name carries the branch."""
    branch = release.version.split(".")[0]
    tail = f"-{branch}" if int(branch) < 590 else ""
    yield from _ubuntu_user_space(tail, release, {}, "")
    for flavour, is_open in _flavours(proprietary):
        name = f"nvidia-dkms{tail}{flavour}"
        yield _needing(drivers.dkms(name, release, is_open), f"=nvidia-kernel-common{tail}")
        yield from _whole(is_open, branch, (f"={name}", f"=libnvidia-compute{tail}", f"=nvidia-utils{tail}"))
    yield _fabric_manager("nvidia-fabricmanager", release, ())
    yield from pinning(release)


def cuda_debian(release: Release, *, proprietary: bool = True) -> Iterator[Part]:
    """NVIDIA's repository for Debian: Debian's names, of any branch."""
    branch = release.version.split(".")[0]
    files, links = drivers.library(release)
    yield Part("libnvidia-compute", files=files, links=links)
    yield Part(
        "nvidia-persistenced",
        files=drivers.persistenced(""),
        units=("nvidia-persistenced.service",),
        scripts=drivers.persistenced_user(),
    )
    yield Part("nvidia-kernel-support", files=_blacklist("nvidia-kernel-support"))
    kernel = "=nvidia-kernel-open-dkms | =nvidia-kernel-dkms" if proprietary else "=nvidia-kernel-open-dkms"
    yield Part("nvidia-driver-cuda", ("=libnvidia-compute", "=nvidia-persistenced", kernel), files=drivers.smi())
    for flavour, is_open in _flavours(proprietary):
        name = f"nvidia-kernel{flavour}-dkms"
        yield _needing(drivers.dkms(name, release, is_open), "=nvidia-kernel-support")
        yield from _whole(is_open, branch, (f"={name}", "=nvidia-driver-cuda"))
    yield _fabric_manager("nvidia-fabricmanager", release, ())
    yield from pinning(release)


def pinning(release: Release) -> Iterator[Part]:
    """One for the branch and one for the version; both versions of a branch bring the first, with the same content."""
    branch = release.version.split(".")[0]
    for wanted, pattern in ((branch, f"{branch}.*"), (release.version, f"{release.version}-*")):
        name = f"nvidia-driver-pinning-{wanted}"
        names = "nvidia-* libnvidia-* cuda-drivers*"
        text = f"Package: {names}\nPin: version {pattern}\nPin-Priority: 1001\n"
        # Without the version in its name: apt passes over a file with dots.
        path = "etc/apt/preferences.d/nvidia-driver-pinning"
        yield Part(name, one_of="nvidia-driver-pinning", files={path: text.encode()})


def ubuntu_drivers() -> Part:
    files = {"usr/bin/ubuntu-drivers": (FILES / "ubuntu-drivers").read_bytes()}
    return Part("ubuntu-drivers-common", ("python3",), files=files)


def _ubuntu_user_space(tail: str, release: Release, scripts: dict[str, str], mode: str) -> Iterator[Part]:
    files, links = drivers.library(release)
    yield Part(f"libnvidia-compute{tail}", one_of="libnvidia-compute-any", files=files, links=links)
    yield Part(
        f"nvidia-kernel-common{tail}",
        one_of="nvidia-kernel-common-any",
        files=_blacklist("nvidia-graphics-drivers"),
        scripts=scripts,
    )
    yield Part(f"nvidia-utils{tail}", (f"=libnvidia-compute{tail}",), one_of="nvidia-utils-any", files=drivers.smi())
    yield Part(
        f"nvidia-compute-utils{tail}",
        (f"=libnvidia-compute{tail}",),
        one_of="nvidia-compute-utils-any",
        files=drivers.persistenced(mode),
        units=("nvidia-persistenced.service",),
        scripts=drivers.persistenced_user(),
    )


def _whole(is_open: bool, branch: str, needs: tuple[str, ...]) -> Iterator[Part]:
    """NVIDIA's names for "the driver", of the newest branch and of one."""
    name = "nvidia-open" if is_open else "cuda-drivers"
    yield Part(f"{name}-{branch}", needs)
    yield Part(name, (f"={name}-{branch}",))


def _fabric_manager(name: str, release: Release, needs: tuple[str, ...]) -> Part:
    # Installed, it is neither enabled nor started.
    return Part(name, needs, one_of="nvidia-fabricmanager-any", files=drivers.fabric_manager(release))


def _flavours(proprietary: bool) -> list[tuple[str, bool]]:
    return [("", False), ("-open", True)] if proprietary else [("-open", True)]


def _needing(part: Part, need: str) -> Part:
    part.needs = (*part.needs, need)
    return part


def _blacklist(name: str) -> dict[str, bytes]:
    return {f"usr/lib/modprobe.d/{name}.conf": drivers.BLACKLIST}
