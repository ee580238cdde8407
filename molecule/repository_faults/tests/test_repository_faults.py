# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bare hosts, each with a repository that fails in another way; then the same hosts with a repository in order.

Every host goes through a run with no key yet, and through one that has the key and finds the fault at the index.
"""

from __future__ import annotations

import functools
import subprocess
from typing import NamedTuple

import pytest
from control import Run, play, shell

SITE = "http://packages.lab"
KEY = "/etc/apt/keyrings/docker.asc"
KEY_URL = f"{SITE}/ok/linux/debian/gpg"
# What a failed run must leave as it was.
TRACES = f"""
dpkg-query --show; apt-mark showhold; ls /etc/docker /usr/bin/dockerd 2>&1
ls /etc/apt/sources.list.d /etc/apt/keyrings; sha256sum {KEY} 2>&1
"""
# Of the task that waits for the repository; what else a run takes says more about this machine.
AT_MOST_SECONDS = 45


class Fault(NamedTuple):
    host: str
    url: str
    # What the message has to name.
    names: tuple[str, ...]


NO_KEY_YET = {
    "wrong key": Fault("faults-1", f"{SITE}/wrongkey", ("fingerprint", "is pinned", "change the pinned fingerprint")),
    "missing": Fault("faults-2", f"{SITE}/missing", ("/missing/linux/debian/gpg", "404", "Check the address")),
    "hangs": Fault("faults-3", f"{SITE}/hang", ("/hang/linux/debian/gpg", "timed out", "Check the address")),
    "down": Fault("faults-4", f"{SITE}:81", (":81/linux/debian/gpg", "refused", "Check the address")),
}
KEY_THERE = {
    "bad signature": Fault("faults-1", f"{SITE}/badsignature", ("docker_engine_repository_url", "InRelease")),
    "missing index": Fault("faults-2", f"{SITE}/missing", ("docker_engine_repository_url", "Release file")),
    "hanging index": Fault("faults-3", f"{SITE}/hang", ("docker_engine_repository_url", "Connection failed")),
    "down at the index": Fault("faults-4", f"{SITE}:81", ("docker_engine_repository_url", "packages.lab:81")),
    "half an index": Fault("faults-5", f"{SITE}/truncated", ("docker_engine_repository_url", "Packages")),
    "half a package": Fault(
        "faults-6", f"{SITE}/truncated-debs", ("docker_engine_repository_url", "docker-ce", "size")
    ),
}
FAULTS = {**NO_KEY_YET, **KEY_THERE}


@pytest.fixture(scope="module", autouse=True)
def _debian_index() -> None:
    """Debian's own index, fetched once for all of them: what is timed here is Docker's repository."""
    shell("faults-1", "apt-get -qq update")
    for host in sorted({fault.host for fault in FAULTS.values()} - {"faults-1"}):
        copy = f"docker exec faults-1 tar -C /var/lib/apt -c lists | docker exec -i {host} tar -C /var/lib/apt -x"
        subprocess.run(copy, shell=True, check=True)


class Course(NamedTuple):
    before: dict[str, str]
    run: Run
    after: dict[str, str]


@functools.cache
def course(key_is_there: bool) -> Course:
    faults = KEY_THERE if key_is_there else NO_KEY_YET
    hosts = [fault.host for fault in faults.values()]
    if key_is_there:
        course(False)
        for host in hosts:
            shell(host, f"/usr/lib/apt/apt-helper download-file {KEY_URL} {KEY}")
    before = {host: shell(host, TRACES, check=False) for host in hosts}
    run = play(
        "dockyard.gpu.site", {fault.host: {"docker_engine_repository_url": fault.url} for fault in faults.values()}
    )
    return Course(before, run, {host: shell(host, TRACES, check=False) for host in hosts})


@pytest.mark.parametrize("name", FAULTS)
def test_one_message_and_nothing_half_written(name: str) -> None:
    fault = FAULTS[name]
    seen = course(name in KEY_THERE)
    assert seen.run.failures(fault.host) == 1
    message = seen.run.message(fault.host)
    assert [words for words in fault.names if words not in message] == [], message
    after = seen.after[fault.host]
    if name == "half a package":
        # Repository and index are in order there, and stay.
        after = after.replace("docker.sources\n", "")
    assert after == seen.before[fault.host]
    assert seen.run.longest_task_s < AT_MOST_SECONDS


LISTS, DPKG = "/var/lib/apt/lists/lock", "/var/lib/dpkg/lock-frontend"
MENDED = {
    "slow": ("faults-1", {"docker_engine_repository_url": f"{SITE}/slow"}),
    "lists locked for a while": ("faults-3", {}),
    "dpkg locked for a while": ("faults-4", {}),
    # As where a control node died in the middle: apt goes on for a while.
    "dpkg interrupted, and locked for a while": ("faults-2", {}),
}
LOCKED = {
    "lists locked for good": ("faults-5", {"docker_engine_lock_timeout": 10}),
    "dpkg locked for good": ("faults-6", {"docker_engine_lock_timeout": 10}),
}


@pytest.fixture(scope="module")
def mended() -> Run:
    """The repository is in order now, and apt is in someone else's hands on some hosts."""
    course(True)
    shell("faults-1", "dpkg --purge ca-certificates")
    hold("faults-3", LISTS, 8)
    hold("faults-4", DPKG, 25)
    shell("faults-2", "touch /var/lib/dpkg/updates/0001")
    hold("faults-2", DPKG, 12)
    hold("faults-5", LISTS, 120)
    hold("faults-6", DPKG, 120)
    in_order = {"docker_engine_repository_url": f"{SITE}/ok"}
    return play("dockyard.gpu.site", {host: {**in_order, **settings} for host, settings in (MENDED | LOCKED).values()})


def hold(host: str, path: str, seconds: int) -> None:
    # Not flock(1): apt and dpkg use the other kind of lock (fcntl(2)).
    take = f"import fcntl, time; f = open('{path}', 'w'); fcntl.lockf(f, fcntl.LOCK_EX)"
    code = f"{take}; open('/run/held', 'w'); time.sleep({seconds})"
    shell(
        host, f'rm -f /run/held; nohup python3 -c "{code}" >/dev/null 2>&1 & until [ -e /run/held ]; do sleep 0.1; done'
    )


@pytest.mark.parametrize("name", MENDED)
def test_it_goes_through_once_mended(name: str, mended: Run) -> None:
    host, _settings = MENDED[name]
    assert mended.failures(host) == 0, mended.message(host)
    assert mended.result("dockyard.gpu.docker_engine : Verify the engine with a container", host)["verified"]


def test_certificates_come_before_the_repository_that_is_asked_by_them(mended: Run) -> None:
    changes = [name.rpartition(" : ")[2] for name in mended.changes("faults-1")]
    first = changes.index("Install ca-certificates")
    assert first < changes.index("Configure the repository and update its index")


@pytest.mark.parametrize("name", LOCKED)
def test_a_lock_held_too_long_is_one_clear_error(name: str, mended: Run) -> None:
    host, _settings = LOCKED[name]
    assert mended.failures(host) == 1
    assert "lock" in mended.message(host)
    assert "docker_engine_lock_timeout" in mended.message(host)


def test_a_hold_waits_for_the_lock_too() -> None:
    for host, seconds in (("faults-3", 8), ("faults-4", 60)):
        hold(host, DPKG, seconds)
    held = {"docker_engine_repository_url": f"{SITE}/ok", "docker_engine_hold": True, "docker_engine_lock_timeout": 10}
    run = play("dockyard.gpu.site", {"faults-3": held, "faults-4": held})
    assert run.failures("faults-3") == 0, run.message("faults-3")
    assert shell("faults-3", "apt-mark showhold").split() == ["containerd.io", "docker-ce", "docker-ce-cli"]
    for words in ("docker-ce", "lock", "docker_engine_lock_timeout (10 seconds)"):
        assert words in run.message("faults-4")


def test_a_dpkg_at_work_is_nothing_to_do() -> None:
    shell("faults-2", "touch /var/lib/dpkg/updates/0001")
    hold("faults-2", DPKG, 60)
    run = play("dockyard.gpu.site", {"faults-2": {"docker_engine_repository_url": f"{SITE}/ok"}})
    shell("faults-2", "rm /var/lib/dpkg/updates/0001")
    assert (run.failures("faults-2"), run.changed("faults-2")) == (0, 0), run.message("faults-2")


def test_certificates_that_cannot_be_had_are_reported_with_the_reason(mended: Run) -> None:
    assert mended.failures("faults-6") == 1
    shell("faults-6", "pkill -f 'fcntl[.]lockf' || true; dpkg --purge ca-certificates; rm -r /var/lib/apt/lists/*")
    shell("faults-6", f"sed -i 's#^URIs:.*#URIs: {SITE}/missing/debian#' /etc/apt/sources.list.d/lab.sources")
    run = play("dockyard.gpu.site", {"faults-6": {"docker_engine_repository_url": f"{SITE}/ok"}})
    assert run.failures("faults-6") == 1
    for words in ("ca-certificates", "/missing/debian", "Release file", "Check this host's own package sources"):
        assert words in run.message("faults-6")
