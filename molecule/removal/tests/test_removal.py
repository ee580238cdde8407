# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts are given back as they were before, but for what the role's README names. The tests stand in their order."""

from __future__ import annotations

import json
import re

import pytest
from control import play, shell, start_witness

ENGINE, GPU = "removal-engine", "removal-gpu"
HOSTS = (ENGINE, GPU)
# Files with what they hold (those of packages with their size), packages, users and groups, services.
LISTING = r"""
find /etc /usr /var/lib -xdev -type d -printf '%p %m %U:%G\n'
find /etc /usr /var/lib -xdev -type l -printf '%p -> %l\n'
find /usr -xdev -type f -printf '%p %m %U:%G %s\n'
find /etc /var/lib -xdev -type f -printf '%p %m %U:%G ' -exec sha256sum {} + | sort
find /etc /var/lib -xdev -type f -printf '%p %m %U:%G\n'
dpkg-query --show --showformat '${Package} ${Version} ${db:Status-Abbrev}\n' | sed 's/^/package /'
apt-mark showhold | sed 's/^/held /'
getent passwd | sed 's/^/user /'; getent group | sed 's/^/group /'
systemctl list-unit-files --no-legend --plain | sed 's/^/unit /'
systemctl list-units --no-legend --plain --type=service --state=running | awk '{print "runs", $1}'
"""
# What the README of the role names: what apt, dpkg and systemd remember for themselves, caches that are made anew at
# any time, and the data that no one asked to be taken away.
EXCEPTIONS = re.compile(
    r"/var/lib/(apt|dpkg|systemd|pam|ucf)\b|/etc/(passwd|group|shadow|gshadow)-|/etc/ld\.so\.cache|__pycache__"
    r"|/var/lib/(docker|containerd)\b"
    # Empty folders of kernel modules, and the key of someone's in daemon.json, which is written anew.
    r"|^(/usr/lib/modules|/var/lib/dkms|/etc/modprobe\.d)\S* 755 |  /etc/docker/daemon\.json$"
    # The lab's engine writes it anew where a host comes back from a reboot with another address.
    r"|  /etc/hosts$"
    # What the lab's own kernel and driver leave.
    r"|^/usr/lib/firmware(/nvidia)? 755 |/modules\.dep 644 0:0 0$"
)
# Something else may need them by now, and no one can tell.
STAYS = re.compile(r"apparmor|linux-headers-|/usr/src\b")


def listing(host: str) -> set[str]:
    return {line for line in shell(host, LISTING).splitlines() if not EXCEPTIONS.search(line)}


@pytest.fixture(scope="module")
def before() -> dict[str, set[str]]:
    """The hosts as someone had them, who had keys of his own in daemon.json on one of them; and then site.yml."""
    shell(ENGINE, "useradd ada")
    shell(GPU, "mkdir /etc/docker; echo '{\"shutdown-timeout\": 20}' > /etc/docker/daemon.json")
    listed = {host: listing(host) for host in HOSTS}
    run = play("dockyard.gpu.site", {host: {} for host in HOSTS})
    assert [run.message(host) for host in HOSTS] == ["", ""]
    assert "Kernel Module" in shell(GPU, "cat /proc/driver/nvidia/version")
    return listed


def test_a_host_with_containers_is_rejected_unless_asked(before: dict[str, set[str]]) -> None:
    start_witness(ENGINE)
    installed = listing(ENGINE)
    run = play("dockyard.gpu.remove", {ENGINE: {}})
    assert (run.failures(ENGINE), run.changes(ENGINE)) == (1, [])
    assert "remove_running_containers" in run.message(ENGINE)
    assert listing(ENGINE) == installed
    assert shell(ENGINE, "docker ps --format '{{.Names}}'") == "witness"


def test_check_mode_tells_and_does_nothing(before: dict[str, set[str]]) -> None:
    installed = listing(GPU)
    run = play("dockyard.gpu.remove", {GPU: {}}, "--check")
    assert run.failures(GPU) == 0, run.message(GPU)
    named = set(run.result("Show which packages would go", GPU)["msg"])
    assert "docker-ce" in named
    assert [name for name in named if name.startswith("nvidia-") and name.endswith("-580")], named
    steps = " ".join(each["msg"] for each in run.result("Show what a run without --check would do", GPU)["results"])
    assert "toolkit: the toolkit was installed by nvidia_container_toolkit" in steps
    assert listing(GPU) == installed


def test_hosts_are_as_they_were(before: dict[str, set[str]]) -> None:
    run = play("dockyard.gpu.remove", {host: {"remove_running_containers": True} for host in HOSTS})
    assert [run.message(host) for host in HOSTS] == ["", ""]
    for host in HOSTS:
        now = listing(host)
        assert before[host] - now == set()
        stays = set(
            shell(
                host, "dpkg --listfiles apparmor $(dpkg-query -Wf '${Package}\\n' 'linux-headers-*')", check=False
            ).split()
        )
        new = {line for line in now - before[host] if not STAYS.search(line) and not stays & set(line.split())}
        assert new == set()


def test_keys_of_people_stay() -> None:
    assert json.loads(shell(GPU, "cat /etc/docker/daemon.json")) == {"shutdown-timeout": 20}


def test_once_more_changes_nothing() -> None:
    again = play("dockyard.gpu.remove", {host: {} for host in HOSTS})
    assert [(again.failures(host), again.changes(host)) for host in HOSTS] == [(0, []), (0, [])]


def test_data_stays_and_is_found_again_unless_asked() -> None:
    run = play("dockyard.gpu.site", {ENGINE: {}})
    assert run.rc == 0, run.message(ENGINE)
    assert shell(ENGINE, "docker ps --all --format '{{.Names}}'") == "witness"
    # Someone's share, mounted in a volume, is not the engine's data.
    share = "/var/lib/docker/volumes/share"
    shell(ENGINE, f"mkdir {share}; mount -t tmpfs share {share}; touch {share}/theirs")
    run = play("dockyard.gpu.remove", {ENGINE: {"remove_data": True}})
    assert "What is mounted there keeps its files" in run.message(ENGINE)
    assert shell(ENGINE, f"ls {share}; umount {share}") == "theirs"
    run = play("dockyard.gpu.remove", {ENGINE: {"remove_data": True}})
    assert run.rc == 0, run.message(ENGINE)
    assert shell(ENGINE, "ls -A /var/lib/docker; ls /var/lib/containerd 2>/dev/null || :") == ""


def test_a_folder_of_someones_choice_loses_what_the_engine_made_there() -> None:
    shell(ENGINE, "mkdir --parents /srv/shared /srv/desired")
    shell(ENGINE, "touch /srv/desired/theirs")
    # The engine closes its folder to all others: one that has their files already is an error.
    run = play("dockyard.gpu.site", {ENGINE: {"docker_engine_data_root": "/srv/desired"}})
    assert "/srv/desired has theirs in it, which no engine created" in run.message(ENGINE)
    run = play("dockyard.gpu.site", {ENGINE: {"docker_engine_data_root": "/srv/shared"}})
    assert run.rc == 0, run.message(ENGINE)
    assert "engine-id" in shell(ENGINE, "ls /srv/shared")
    shell(ENGINE, "mkdir /srv/shared/datasets; touch /srv/shared/datasets/theirs")
    # The setting of the day is another folder, which the engine never had.
    settings = {"remove_data": True, "docker_engine_data_root": "/srv/desired"}
    run = play("dockyard.gpu.remove", {ENGINE: settings})
    assert run.rc == 0, run.message(ENGINE)
    assert shell(ENGINE, "ls -A /srv/shared /srv/shared/datasets /srv/desired | tr '\\n' ' '") == (
        "/srv/desired: theirs  /srv/shared: datasets  /srv/shared/datasets: theirs"
    )


def test_of_a_disk_behind_a_link_only_the_engines_goes_and_what_volumes_bind_stays() -> None:
    """Containerd's data have another program's among them by now."""
    shell(ENGINE, "mkdir /srv/disk /srv/theirs /srv/later; ln -s /srv/disk /srv/link")
    run = play("dockyard.gpu.site", {ENGINE: {"docker_engine_data_root": "/srv/link"}})
    assert run.rc == 0, run.message(ENGINE)
    # In a folder that has the name of one of the engine's.
    shell(ENGINE, "mkdir --parents /srv/disk/image/2026")
    shell(ENGINE, "touch /srv/disk/image/2026/holiday.jpg /srv/theirs/file /srv/later/file")
    start_witness(ENGINE)
    for volume, place in (("bound", "/srv/theirs"), ("unbound", "/srv/later")):
        shell(ENGINE, f"docker volume create --opt type=none --opt o=bind --opt device={place} {volume}")
    shell(ENGINE, "docker save witness --output /tmp/witness.tar; ctr --namespace nerd images import /tmp/witness.tar")
    # As fstab's line would have it.
    shell(ENGINE, "mount --bind /srv/theirs /srv/disk/volumes/bound/_data")
    settings = {"remove_data": True, "remove_running_containers": True}
    foreseen = play("dockyard.gpu.remove", {ENGINE: settings}, "--check")
    reported = foreseen.result("Show what of the data would go, and what would stay", ENGINE)["msg"]
    assert "/srv/disk/volumes/unbound" in reported["gone"]
    assert [each["path"] for each in reported["blocked"]] == ["/srv/disk/volumes/bound/_data"]
    run = play("dockyard.gpu.remove", {ENGINE: settings})
    assert "What is mounted there keeps its files" in run.message(ENGINE)
    assert shell(ENGINE, "ls /srv/theirs; umount /srv/disk/volumes/bound/_data") == "file"
    run = play("dockyard.gpu.remove", {ENGINE: settings})
    assert run.rc == 0, run.message(ENGINE)
    stays = run.result("Show what stays of the data's folders", ENGINE)["msg"]
    assert "/var/lib/containerd: containerd holds data of other programs too, in nerd" in stays
    assert (
        shell(ENGINE, "find /srv/disk /srv/theirs /srv/later -type f -printf '%P '")
        == "image/2026/holiday.jpg file file"
    )
    assert shell(ENGINE, "readlink /srv/link; ls -A /srv/disk") == "/srv/disk\nimage"
    assert "meta.db" in shell(ENGINE, "ls /var/lib/containerd/io.containerd.metadata.v1.bolt")
