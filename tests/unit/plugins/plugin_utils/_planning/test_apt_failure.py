# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""apt's and dpkg's own words say what to do, before the network is blamed."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.apt_failure import failure

FAILED = "The packages could not be changed"
NETWORK = "Check the network and the proxy of this host."
DPKG = "E: Sub-process /usr/bin/dpkg returned an error code (1)"
UNPACKED = (
    "dpkg: error processing archive /var/cache/apt/archives/docker-ce_29.deb (--unpack):\n cannot copy extracted data"
)


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (
            {"msg": "E: Write error - write (28: No space left on device)"},
            "A disk of this host is full (E: Write error",
        ),
        (
            {"msg": DPKG, "stderr": f"{UNPACKED} for './usr/bin/dockerd': failed to write (No space left on device)"},
            "full",
        ),
        ({"msg": DPKG, "stdout": "update-initramfs: failed: gzip: stdout: No space left on device"}, "in /boot"),
        ({"msg": "E: You don't have enough free space in /var/cache/apt/archives/."}, "/var/cache/apt/archives"),
        ({"msg": "Err: mkstemp (30: Read-only file system)"}, "cannot be written to"),
        ({"msg": "fork failed - apt-pkg (12: Cannot allocate memory)"}, "no memory left"),
        (
            {
                "msg": DPKG,
                "stderr": "installed nvidia-dkms-580 package post-installation script subprocess returned error exit"
                " status 10",
            },
            "own script failed (installed nvidia-dkms-580",
        ),
        ({"msg": "x", "results": [{"msg": "well"}, {"failed": True, "msg": "No space left on device"}]}, "is full"),
    ],
)
def test_what_the_host_itself_lacks_is_reported(result: dict[str, Any], words: str) -> None:
    reported = failure(result, FAILED, "docker_engine", 7, NETWORK)
    assert reported.startswith(f"{FAILED}: ")
    assert words in reported
    assert "network" not in reported


@pytest.mark.parametrize(
    "result",
    [
        {"msg": "E: Failed to fetch http://deb.example.org/x.deb  Could not resolve 'deb.example.org'"},
        {"msg": "E: Unable to locate package docker-ce"},
        {"msg": "it failed", "results": [{"msg": "No space left on device"}]},
        {},
    ],
)
def test_anything_else_keeps_its_advice(result: dict[str, Any]) -> None:
    assert failure(result, FAILED, "docker_engine", 7, NETWORK).endswith(f". {NETWORK}")


@pytest.mark.parametrize(
    "result",
    [
        {"msg": "Could not get lock /var/lib/dpkg/lock-frontend", "stderr": "No space left on device"},
        {"msg": "it waited", "reason": "lock"},
        {"results": [{"failed": True, "msg": "E: Unable to acquire the dpkg frontend lock"}]},
    ],
)
def test_a_lock_is_named_with_the_variable_that_says_how_long_it_was_waited_for(result: dict[str, Any]) -> None:
    reported = failure(result, FAILED, "docker_engine", 7, NETWORK)
    assert reported.endswith("for longer than docker_engine_lock_timeout (7 seconds); run again when it has finished.")


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ({"msg": "non-zero return code", "stderr": "E: held\n  broken packages.\n"}, "E: held broken packages."),
        ({"results": [{"msg": "well"}, {"failed": True, "msg": "one"}, {"failed": True, "stderr": "two"}]}, "one two."),
        ({"censored": "the output has been hidden"}, "the output has been hidden."),
        ({"msg": "E: http://ada:s3cret@mirror.example.org/x 404"}, "E: http://***@mirror.example.org/x 404."),
        ({}, "no message."),
    ],
)
def test_the_program_s_own_words_come_first_without_credentials(result: dict[str, Any], words: str) -> None:
    reported = failure(result, FAILED, "docker_engine", 7, NETWORK)
    assert reported == f"{FAILED}: {words} {NETWORK}"
    assert failure(result, "", "docker_engine", 7, NETWORK) == f"{words} {NETWORK}"
