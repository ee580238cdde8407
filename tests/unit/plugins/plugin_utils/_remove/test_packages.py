# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which packages go, and which of their configuration: what apt and dpkg say, read."""

from __future__ import annotations

from typing import Any

from ansible_collections.dockyard.gpu.plugins.filter.plans import arguments
from ansible_collections.dockyard.gpu.plugins.plugin_utils._remove.packages import configuration, removal
from ansible_collections.dockyard.gpu.plugins.plugin_utils._remove.plan import plan
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils._remove.test_plan import wanted, with_engine
from hypothesis import given
from hypothesis import strategies as st

# As `apt-get --simulate` of apt 2.9 has it.
SIMULATED = """Reading package lists...
The following packages will be REMOVED:
  docker-ce docker-ce-rootless-extras
Remv docker-ce-rootless-extras [5:29.7]
Remv docker-ce [5:29.7]
"""
ORPHANS = "Remv old-orphan [1]\nRemv containerd.io [2]\n"
WHOLE = SIMULATED + "Remv old-orphan [1]\nPurg containerd.io [2]\nRemv libslirp0 [4]\n"
CAME = "a" * 32


def test_others_that_depend_on_what_goes_are_named() -> None:
    assert removal(["docker-ce"], {}, SIMULATED, "", "")["dependents"] == ["docker-ce-rootless-extras"]
    recorded = {"docker-ce-rootless-extras": "docker_engine"}
    assert removal(["docker-ce"], recorded, SIMULATED, "", "")["dependents"] == []


def test_what_came_along_goes_where_no_one_needs_it_any_more() -> None:
    """An orphan from before stays, unless it is named; and what others brought stays."""
    recorded = {
        "libslirp0": "docker_engine",
        "docker-ce-rootless-extras": "docker_engine",
        "old-orphan": "docker_engine",
    }
    found = removal(["docker-ce", "containerd.io"], recorded, SIMULATED, ORPHANS, WHOLE)
    assert found["packages"] == ["docker-ce-rootless-extras", "docker-ce", "containerd.io", "libslirp0"]
    assert removal(["docker-ce"], {}, SIMULATED, ORPHANS, WHOLE)["packages"] == ["docker-ce"]


def test_nothing_is_simulated_nothing_goes() -> None:
    assert removal([], {"x": "y"}, "", "", "") == {"packages": [], "dependents": []}


def installed(**parts: Any) -> dict[str, Any]:
    return {"configurations": {}, "gone": {}, "packages": {}, **parts}


LISTED = f"""config-files containerd.io
 /etc/containerd/config.toml {CAME}
config-files docker-ce
 /etc/default/docker {CAME} obsolete
 /etc/init.d/docker {CAME}
installed dpkg
 /etc/dpkg/dpkg.cfg {CAME}
config-files others
 /etc/others {CAME}
config-files docker-ce-cli

"""


def test_configuration_that_was_changed_stays_with_its_package() -> None:
    packages = ["containerd.io", "docker-ce", "docker-ce-cli", "dpkg"]
    before = configuration(installed(), packages, [], LISTED)
    assert before["purged"] == ["containerd.io", "docker-ce", "docker-ce-cli"]
    assert before["sums"].splitlines() == [
        f"{CAME}  /etc/containerd/config.toml",
        f"{CAME}  /etc/default/docker",
        f"{CAME}  /etc/init.d/docker",
    ]
    checked = "/etc/containerd/config.toml: FAILED\nmd5sum: WARNING: 1 computed checksum did NOT match\n"
    after = configuration(installed(), packages, [], LISTED, checked)
    assert (after["edited"], after["kept"]) == (["/etc/containerd/config.toml"], ["containerd.io"])
    assert after["purged"] == ["docker-ce", "docker-ce-cli"]


def test_what_went_before_an_interruption_goes_too_and_what_was_there_before_stays() -> None:
    gone = installed(
        gone={"docker-ce": "docker_engine", "others": "nvidia_driver"}, configurations={"containerd.io": {}}
    )
    found = configuration(gone, ["containerd.io"], ["docker_engine"], LISTED)
    assert found["purged"] == ["docker-ce"]
    assert not found["has_data_purge"]
    assert configuration(installed(packages={"docker.io": "docker_engine"}), [], ["docker_engine"], "")[
        "has_data_purge"
    ]


@given(st.text(max_size=300))
def test_any_output_is_read(text: str) -> None:
    removal(["a"], {}, text, text, text)
    configuration(installed(), ["a"], [], text, text)


def test_what_the_tasks_are_handed_is_all_of_the_plan() -> None:
    host = with_engine()
    steps = {step["step"]: step for step in plan(host, wanted())}
    found = arguments(host, "remove", wanted())
    assert found["packages"] == steps["engine_packages"]["from"]
    assert found["files"] == [path for name in steps if name.endswith("_files") for path in steps[name]["from"]]
    assert {"docker_engine", "container_image", "gpu_container"} <= {*found["roles"]}
    assert ("/var/log/docker.log" in found["records"]) == (host["init"] == "none")


def test_tags_choose_components_by_the_names_of_roles() -> None:
    host = with_engine()
    assert plan(host, {**wanted(), "chosen": ["nvidia_driver"]}) == []
    assert plan(host, {**wanted(), "chosen": ["docker_engine"]}) != []
    assert plan(host, {**wanted(), "chosen": None}) == plan(host, wanted())
