# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import re
import subprocess
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._daemon_json import flags as daemon_json_flags
from ansible_collections.dockyard.gpu.plugins.module_utils._daemon_json import keys


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (["-H", "fd://"], {"hosts": "-H fd://"}),
        (["-Hfd://"], {"hosts": "-Hfd://"}),
        (["--host", "fd://", "--debug", "-D"], {"hosts": "--host fd://", "debug": "-D"}),
        (
            ["--insecure-registry=a", "--exec-opt", "b=c"],
            {"insecure-registries": "--insecure-registry=a", "exec-opts": "--exec-opt b=c"},
        ),
        (["--log-level=warn"], {"log-level": "--log-level=warn"}),
        (["--unheard-of", "fd://"], {}),
        (["-DH", "fd://"], {"debug": "-D", "hosts": "-DH fd://"}),
        (["-g", "/srv"], {"data-root": "-g /srv"}),
        (["--http-proxy", "http://p"], {"proxies": "--http-proxy http://p"}),
        (["--add-runtime=a=/b"], {"runtimes": "--add-runtime=a=/b"}),
        # A value may begin with a dash, and a switch takes no word after it.
        (["--log-opt", "-x=1", "--debug", "false"], {"log-opts": "--log-opt -x=1", "debug": "--debug"}),
    ],
)
def test_flags_are_read_as_keys(flags: list[str], expected: dict[str, str]) -> None:
    assert daemon_json_flags.texts(flags) == expected


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (["--log-opt", "max-size=1m", "--log-opt=tag=a=b"], {"log-opts": {"max-size": "1m", "tag": "a=b"}}),
        (["-H", "fd://", "--host=tcp://0.0.0.0"], {"hosts": ["fd://", "tcp://0.0.0.0"]}),
        (["-H=unix:///a"], {"hosts": ["unix:///a"]}),
        (["--live-restore", "--iptables=false", "-D=true"], {"live-restore": True, "iptables": False, "debug": True}),
        (["--feature", "cdi=false", "--feature=buildkit"], {"features": {"cdi": False, "buildkit": True}}),
        (["--add-runtime", "kata=/k"], {"runtimes": {"kata": {"path": "/k"}}}),
        (["--no-proxy=a,b"], {"proxies": {"no-proxy": "a,b"}}),
        (["-s", "overlay2", "--storage-opt", "size=1G"], {"storage-driver": "overlay2", "storage-opts": ["size=1G"]}),
        (["--data-root"], {"data-root": ""}),
        ([], {}),
    ],
)
def test_flags_say_what_daemon_json_would(flags: list[str], expected: dict[str, Any]) -> None:
    assert daemon_json_flags.settings(flags) == expected


def test_file_and_flags_are_one() -> None:
    config = {"debug": True, "runtimes": {"a": {"path": "/a"}}, "group": None}
    reported = daemon_json_flags.combined(config, ["--add-runtime=b=/b", "--log-driver", "local"])
    assert reported == {"debug": True, "runtimes": {"a": {"path": "/a"}, "b": {"path": "/b"}}, "log-driver": "local"}


def test_every_flag_of_a_real_engine_that_is_a_key_is_read() -> None:
    """Each flag in the help of the dockerd that is here, with a value where it takes one."""
    program = next((path for path in ("/usr/bin/dockerd", "/usr/sbin/dockerd") if os.path.exists(path)), None)
    if program is None:
        pytest.skip("there is no dockerd here")
    text = subprocess.run([program, "--help"], capture_output=True, text=True, check=False, timeout=30).stdout
    flags = re.findall(r"^ +(?:-\w, )?--([\w-]+)(?: (\w+))?   ", text, re.MULTILINE)
    assert len(flags) > 60
    # Of one start, or gone with their feature.
    left = re.compile(r"config-file|help|validate|version|cluster-.*|api-cors-header|allow-nondist.*|network-control.*")
    for name, kind in flags:
        if left.fullmatch(name) or name == "oom-score-adjust":
            continue
        (found,) = list(daemon_json_flags.given([f"--{name}", "x=y"]))
        assert found.key in keys.KEYS, name
        assert (name in daemon_json_flags.SWITCHES) is (kind == ""), name
