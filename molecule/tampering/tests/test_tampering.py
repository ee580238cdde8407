# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each thing that the roles manage is tampered with: the plan names it, one run heals it, the next changes nothing.

Each run is over several tamperings that have nothing to do with each other, since a run costs more than a tampering.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import pytest
from control import Run, play, shell

HOSTS = ("tampering-1", "tampering-2")
REPOSITORY = "/etc/apt/sources.list.d/docker.sources"
KEY = "/etc/apt/keyrings/docker.asc"
DAEMON_JSON = "/etc/docker/daemon.json"
DROP_IN = "/etc/systemd/system/docker.service.d/dockyard.conf"
PROXY = "/etc/dockyard/proxy.env"
OTHER_KEY = "http://packages.lab/wrongkey/linux/debian/gpg"

# Everything that the roles manage, as the host itself has it.
MANAGED = f"""
for file in {REPOSITORY} {KEY} {DROP_IN} {PROXY} /etc/systemd/system/containerd.service.d/dockyard.conf; do
    stat --format='%n %a' $file; cat $file
done
python3 -c 'import json; [print(*item) for item in sorted(json.load(open("{DAEMON_JSON}")).items())]'
apt-mark showhold
dpkg-query --show 'docker-*' containerd.io
units='docker.service docker.socket containerd.service'
systemctl is-active $units; systemctl is-enabled $units
getent group docker | cut -d: -f4 | tr , '\n' | sort
stat --format='%n %G %a' /run/docker.sock
ls /var/lib/dockyard
"""


class Tampering(NamedTuple):
    command: str
    # The steps that the plan has for it; none for what is someone else's.
    steps: set[str]
    # What is someone else's, as it stays.
    stays: tuple[str, ...] = ()


def edit(change: str) -> str:
    return (
        f'python3 -c \'import json; p = "{DAEMON_JSON}"; c = json.load(open(p)); {change}; json.dump(c, open(p, "w"))\''
    )


TAMPERINGS = {
    "repository file edited": Tampering(f"sed -i s/stable/nightly/ {REPOSITORY}", {"repository", "index"}),
    "repository file deleted": Tampering(f"rm {REPOSITORY}", {"repository", "index"}),
    "key replaced": Tampering(f"/usr/lib/apt/apt-helper download-file {OTHER_KEY} {KEY}", {"repository_key", "index"}),
    "key deleted": Tampering(f"rm {KEY}", {"repository_key", "index"}),
    # What Debian 12's apt takes for a key too, and Debian 13's passes by.
    "another key in front of the key": Tampering(
        f"/usr/lib/apt/apt-helper download-file {OTHER_KEY} /run/key; sed -i 's/PGP PUBLIC KEY BLOCK/X/' /run/key; "
        f"cat {KEY} >> /run/key; cp /run/key {KEY}",
        {"repository_key", "index"},
    ),
    "key in another form": Tampering(f"sed -i 's/^$/Comment: x\\n/' {KEY}", {"repository_key", "index"}),
    "held package unheld": Tampering("apt-mark unhold docker-ce", {"hold"}),
    "plugin removed": Tampering("apt-get -qq remove --yes docker-compose-plugin", {"packages"}),
    "wanted key for a restart": Tampering(edit('c["log-opts"]["max-file"] = "1"'), {"config", "service", "verify"}),
    "wanted key for a reload": Tampering(edit('c["live-restore"] = False'), {"config", "verify"}),
    "foreign key added": Tampering(edit('c["shutdown-timeout"] = 20'), {"verify"}, ("shutdown-timeout 20",)),
    "daemon.json deleted": Tampering(f"rm {DAEMON_JSON}", {"config", "service", "verify"}),
    "drop-in removed": Tampering(f"rm {DROP_IN}", {"proxy", "service", "verify"}),
    "proxy edited": Tampering(f"sed -i s/3128/3129/ {PROXY}", {"proxy", "service", "verify"}),
    "proxy readable by all": Tampering(f"chmod 0644 {PROXY}", {"proxy", "service"}),
    "service stopped": Tampering("systemctl stop docker.service", {"service"}),
    "service and socket stopped": Tampering("systemctl stop docker.service docker.socket", {"service"}),
    "service disabled": Tampering("systemctl disable docker.service", {"enable"}),
    # Then systemd forgets both units.
    "service and socket stopped and disabled": Tampering(
        "systemctl disable --now docker.socket; systemctl disable --now docker.service", {"service", "enable"}
    ),
    "containerd stopped": Tampering("systemctl stop containerd.service", {"units"}),
    "member removed": Tampering("gpasswd --delete alice docker", {"members"}),
    "group deleted": Tampering("groupdel docker", {"group", "members", "socket"}),
    "socket of another group": Tampering("chgrp root /run/docker.sock", {"socket"}),
    "verification forgotten": Tampering("rm /var/lib/dockyard/docker_engine.verified", {"verify"}),
    "engine exchanged by hand": Tampering("touch $(command -v dockerd)", {"verify"}),
}
# What happens to one host at a time. Someone else's key stays while one of ours is healed. Of the first hosts side by
# side, and of the next, the second needs a step before one that the first needs too: each keeps the order of its plan.
COURSES = (
    ("repository file edited", "wanted key for a restart", "foreign key added", "service disabled", "member removed"),
    (
        "key deleted",
        "repository file deleted",
        "wanted key for a reload",
        "containerd stopped",
        "verification forgotten",
    ),
    ("key replaced", "proxy readable by all", "service and socket stopped and disabled"),
    ("daemon.json deleted", "service and socket stopped"),
    ("another key in front of the key", "held package unheld", "drop-in removed", "group deleted", "service stopped"),
    ("key in another form", "plugin removed", "proxy edited", "socket of another group", "engine exchanged by hand"),
)


class Course(NamedTuple):
    """What happened on one host from the tamperings on."""

    host: str
    desired: list[str]
    tampered: list[str]
    plan: Run
    heals: Run
    healed: list[str]
    again: Run


@functools.cache
def side_by_side(first: int) -> list[Course]:
    """As many courses as there are hosts."""
    courses = dict(zip(HOSTS, COURSES[first:], strict=False))
    settings: dict[str, dict[str, object]] = {host: {} for host in courses}
    desired = {host: managed(host) for host in courses}
    for host, names in courses.items():
        for name in names:
            shell(host, TAMPERINGS[name].command)
    tampered = {host: managed(host) for host in courses}
    plan, heals = play("dockyard.gpu.plan", settings), play("dockyard.gpu.site", settings)
    healed = {host: managed(host) for host in courses}
    again = play("dockyard.gpu.site", settings)
    return [Course(host, desired[host], tampered[host], plan, heals, healed[host], again) for host in courses]


def managed(host: str) -> list[str]:
    return sorted(shell(host, MANAGED, check=False).splitlines())


def course_of(names: tuple[str, ...]) -> Course:
    number = COURSES.index(names)
    return side_by_side(number - number % len(HOSTS))[number % len(HOSTS)]


@pytest.mark.parametrize("name", TAMPERINGS)
def test_the_plan_names_it(name: str) -> None:
    names = next(names for names in COURSES if name in names)
    seen = course_of(names)
    assert seen.tampered != seen.desired
    assert TAMPERINGS[name].steps <= set(seen.plan.plan(seen.host))


@pytest.mark.parametrize("names", COURSES, ids=" + ".join)
def test_one_run_heals_and_the_next_changes_nothing(names: tuple[str, ...]) -> None:
    seen = course_of(names)
    assert set(seen.plan.plan(seen.host)) == set().union(*(TAMPERINGS[name].steps for name in names))
    assert seen.heals.failures(seen.host) == 0, seen.heals.message(seen.host)
    assert seen.heals.changed(seen.host)
    stays = [line for name in names for line in TAMPERINGS[name].stays]
    assert seen.healed == sorted(seen.desired + stays)
    assert seen.again.failures(seen.host) == 0, seen.again.message(seen.host)
    assert seen.again.changed(seen.host) == 0, seen.again.changes(seen.host)
