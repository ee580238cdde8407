# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of every documented variable, made from the argument specs: those that fit, and those that people give too.

A variable that is new is in all of this by itself; one whose text has a format of its own needs a sample here.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning import formats
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.variable_formats import FORMATS, MAPPINGS, RANGES
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.variable_specs import (
    COLLECTION,
    PLAYBOOKS,
    options,
)
from hypothesis import strategies as st

OWNERS = sorted(path.parents[1].name for path in COLLECTION.glob("roles/*/meta/argument_specs.yml"))
TEXTS = ("str", "path")
# What fits a format, the first of which differs from the default.
FITTING = {
    formats.MIRROR: ["https://mirror.example.org:8443/docker", "http://[2001:db8::1]/a%20b/"],
    formats.URL: ["https://mirror.example.org/a?op=get&search=0x1", "http://10.0.0.1"],
    formats.REGISTRY_MIRROR: ["https://mirror.example.org", "http://10.0.0.1:5000/v2/"],
    formats.PROXY: ["http://proxy.example.org:3128", "socks5h://joe:p%40ss$word'@[::1]:1080/"],
    formats.NO_PROXY: ["localhost", ".example.org", "10.0.0.0/8", "::1", "fd00::/8", "*", "[::1]:80", "a_b:8080"],
    formats.FINGERPRINT: ["0123 4567 89AB CDEF 0123  4567 89AB CDEF 0123 4567", "a" * 64],
    formats.USER: ["ada", "CORP\\ada", "host$", "ada@corp.example.org"],
    formats.PACKAGE: ["linux-headers-amd64", "libstdc++6"],
    formats.VERSION: ["29.7", "latest", "29.7.2"],
    formats.BRANCH: ["580", "580.178.04", "auto"],
    formats.BATCH: ["4", "100%", "1"],
    formats.ABSOLUTE_PATH: ["/srv/a folder/é", "/a"],
    formats.PATH: ["hooks/before.yml", "/a/../b", "é"],
    formats.LINE: ["a text", "é {{ 1 }} $x %i ; # ' \" \\", "-x"],
    formats.CONTENT: ["a\ttext\nof lines\r\n", "\x1b[31m\u2028", ""],
    FORMATS["container_image_list.name"]: ["lab/jupyter", "registry.example.org:5000/a/b__c", "[::1]:5000/a"],
    FORMATS["container_image_list.tag"]: ["1.10", "_x"],
    FORMATS["container_image_list.target"]: ["builder", "0"],
    FORMATS["container_image_list.platforms"]: ["linux/arm64", "linux/arm/v7"],
    FORMATS["container_image_list.secrets.id"]: ["token"],
    FORMATS["container_image_list.secrets.src"]: ["/root/a token"],
    FORMATS["container_image_list.network"]: ["host", "front"],
    FORMATS["gpu_container_list.name"]: ["one", "t2"],
    FORMATS["gpu_container_list.image"]: ["debian:13", "a/b@sha256:" + "0" * 64, "sha256:" + "f" * 64],
    FORMATS["gpu_container_list.user"]: ["1000:33", "ada"],
    FORMATS["gpu_container_list.volumes"]: ["/srv/a b:/data:ro", "named:/data", "/data"],
    FORMATS["gpu_container_list.ports"]: [
        "8888:8888",
        "127.0.0.1:22:22/tcp",
        "[::1]:80:80",
        "8000-8010:8000-8010",
        "53",
    ],
    FORMATS["gpu_container_list.ulimits"]: ["nofile:65536:1048576", "core:-1"],
    FORMATS["gpu_container_list.shm_size"]: ["8g", "64MiB", "1048576"],
    FORMATS["gpu_container_list.ipc"]: ["host", "container:one"],
}
KEYS = {MAPPINGS["container_image_list.args"].keys: ["HTTP_PROXY", "_x"]}
# By variable: what the specs leave open.
RAW: dict[str, list[Any]] = {
    "gpu_container_list.command": ["sh -c 'sleep 1'", ["sleep", "1"], ""],
    "gpu_container_list.gpus": ["all", "none", [0], ["1"], {"count": 1}, {"devices": [1], "exclusive": True}],
}
DICTS: dict[str, list[Any]] = {
    "docker_engine_config": [{"live-restore": False}, {"log-opts": {"max-size": "1m"}}, {"live-restore": None}],
    "docker_engine_config_defaults": [{"log-driver": "local"}, {}],
    "nvidia_container_toolkit_config": [{"nvidia-container-cli.no-cgroups": True, "swarm-resource": "X"}],
}


class Variable(NamedTuple):
    """One of a role, or an option of an element of its list; ``path`` is its name, with dots."""

    owner: str
    name: str
    path: str
    option: dict[str, Any]

    @property
    def kind(self) -> str:
        return str(self.option.get("type", "str"))

    @property
    def is_text(self) -> bool:
        return self.kind in TEXTS and not self.option.get("choices")

    @property
    def elements(self) -> str:
        return str(self.option.get("elements", "str"))

    @property
    def form(self) -> formats.Format:
        return FORMATS.get(self.path, formats.LINE)

    def within(self, value: Any) -> Any:
        """The value of the whole variable that has this one at its place."""
        outer = self.path.split(".")[:-1]
        for depth in range(len(outer), 0, -1):
            path = ".".join(outer[:depth])
            name = self.path.split(".")[depth]
            required = {
                key: fitting(each)[0] for key, each in inner(self.owner, path).items() if each.option.get("required")
            }
            value = [{**required, **_companions(path), name: value}]
        return value


def _companions(path: str) -> dict[str, Any]:
    return {"image": "debian:13"} if path == "gpu_container_list" else {}


def inner(owner: str, path: str) -> dict[str, Variable]:
    name, *more = path.split(".")
    option = options(owner)[name]
    for each in more:
        option = option["options"][each]
    return {key: Variable(owner, name, f"{path}.{key}", each) for key, each in option["options"].items()}


def variables(owner: str) -> list[Variable]:
    return [Variable(owner, name, name, option) for name, option in options(owner).items()]


def every() -> Iterator[Variable]:
    """Those of all roles and playbooks, and the options of the elements of lists."""
    for owner in (*OWNERS, PLAYBOOKS):
        waiting = variables(owner)
        while waiting:
            variable = waiting.pop(0)
            yield variable
            if "options" in variable.option:
                waiting += inner(owner, variable.path).values()


def samples(form: formats.Format) -> list[str]:
    """Those of the table, or the one that its words have."""
    named = re.findall(r"such as \"?([^\s\",]+)", form.words)
    found = FITTING.get(form) or [text for text in named if form.fits(text)]
    assert found, f"FITTING in {__file__} lacks texts that fit the format which says: {form.words}"
    return found


def fitting(variable: Variable) -> list[Any]:
    """Values that are taken as they are."""
    option, kind = variable.option, variable.kind
    if kind == "bool":
        return [not option.get("default", False), option.get("default", False)]
    if kind == "int":
        lowest = RANGES[variable.path].lowest if variable.path in RANGES else 0
        return [lowest + 7, lowest]
    if kind == "list" and "options" in option:
        return [[{key: fitting(each)[0] for key, each in inner(variable.owner, variable.path).items()}], []]
    if kind == "list":
        return [option.get("choices") or samples(variable.form), []]
    if option.get("choices"):
        return list(reversed(option["choices"]))
    if kind == "dict" and variable.path in MAPPINGS:
        keys, values = MAPPINGS[variable.path]
        return [dict.fromkeys(KEYS.get(keys, ["a.key", "B"]), samples(values)[0]), {}]
    if kind == "dict":
        return DICTS.get(variable.path, [{"a": "b"}, {}])
    return RAW[variable.path] if kind == "raw" else samples(variable.form)


# What YAML makes of texts without quotes, and JSON of whatever.
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.dates()
    | st.text(max_size=20)
    | st.sampled_from(
        ["true", "no", "120", "1e3", "a,b", "[a, b]", '{"a": 1}', "{a: [", "a b", "-1", "0x10", "\ud800", ""]
    )
    | st.sampled_from([datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC), b"bytes", {1, 2}, object()])
)
KEYS_OF_ANY_KIND = st.text(max_size=8) | SCALARS.filter(lambda value: not isinstance(value, set))
ANYTHING = st.recursive(
    SCALARS,
    lambda inside: (
        st.lists(inside, max_size=3)
        | st.dictionaries(
            st.text(max_size=8) | SCALARS.filter(lambda value: not isinstance(value, set)), inside, max_size=3
        )
    ),
    max_leaves=8,
)


def some(variable: Variable) -> st.SearchStrategy[Any]:
    """Mostly what fits, so that what is behind the checks is reached; and anything else."""
    fits = st.sampled_from(fitting(variable))
    if "options" not in variable.option:
        return st.one_of(fits, fits, fits, ANYTHING)
    wild = {key: some(each) for key, each in inner(variable.owner, variable.path).items()}
    needed = {
        key: wild.pop(key) for key in list(wild) if inner(variable.owner, variable.path)[key].option.get("required")
    }
    table = st.fixed_dictionaries(needed, optional={**wild, "unknown": SCALARS})
    return st.one_of(fits, st.lists(st.one_of(table, table, ANYTHING), max_size=3), ANYTHING)


def given(owner: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={each.name: some(each) for each in variables(owner)})
