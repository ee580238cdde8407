# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What may stand in daemon.json: its keys, their types, and since when; and what is wrong with a setting.

Sources: struct tags of moby's daemon/config (29.7.2, read 2026-11-23), the release notes and ``dockerd --help`` of
20.10.24 for the versions. Pure data and pure functions.
"""

from __future__ import annotations

import difflib
import ipaddress
import json
import re
from typing import Any, Iterable

from .._common import json_text
from .._common.redaction import mask
from . import flags as daemon_json_flags
from . import nested, values

KEYS_AS_OF = "Docker Engine 29.7.2"

_TYPES: dict[str, tuple[str, str]] = {
    "bool": (
        "true or false, without quotes",
        " ".join(sorted(daemon_json_flags.SWITCHES)),
    ),
    "int": (
        "a whole number, without quotes",
        "cpu-rt-period cpu-rt-runtime default-stop-timeout max-concurrent-downloads max-concurrent-uploads"
        " max-download-attempts mtu network-control-plane-mtu network-diagnostic-port shutdown-timeout",
    ),
    "size": ("a number of bytes or a string such as 64m", "default-shm-size"),
    "str": (
        "a string",
        "bip bip6 bridge bridge-accept-fwmark cgroup-parent containerd containerd-namespace"
        " containerd-plugins-namespace data-root default-cgroupns-mode default-gateway default-gateway-v6"
        " default-ipc-mode default-runtime exec-root firewall-backend fixed-cidr fixed-cidr-v6 group host-gateway-ip"
        " init-path ip log-driver log-format log-level metrics-addr min-api-version pidfile seccomp-profile"
        " storage-driver swarm-default-advertise-addr tlscacert tlscert tlskey userland-proxy-path userns-remap",
    ),
    "strings": (
        "a list of strings",
        "authorization-plugins cdi-spec-dirs dns dns-opts dns-search exec-opts host-gateway-ips hosts"
        " insecure-registries labels node-generic-resources registry-mirrors storage-opts",
    ),
    "maps": ("a list of mappings", "default-address-pools"),
    "map": ("a mapping", "builder nri-opts"),
    "map of bool": ("a mapping of names to true or false, without quotes", "features"),
    "map of str": ("a mapping of names to strings: put numbers and true/false in quotes", "log-opts proxies"),
    "map of map": ("a mapping of names to mappings", "default-network-opts default-ulimits runtimes"),
}
KEYS: dict[str, str] = {key: kind for kind, (text, names) in _TYPES.items() for key in names.split()}

SINCE: dict[str, tuple[int, int]] = {
    "proxies": (23, 0),
    "default-network-opts": (24, 0),
    "cdi-spec-dirs": (25, 0),
    "log-format": (25, 0),
    "bip6": (28, 0),
    "host-gateway-ips": (28, 0),
    "ip-forward-no-drop": (28, 0),
    "allow-direct-routing": (28, 2),
    "bridge-accept-fwmark": (29, 0),
    "firewall-backend": (29, 0),
    "min-api-version": (29, 0),
    "nri-opts": (29, 2),
    "default-stop-timeout": (29, 7),
}
GONE_IN: dict[str, tuple[int, int]] = {"oom-score-adjust": (26, 0), "api-cors-header": (29, 0)}
# What the engine takes and does nothing with, so that old files go on (skipValidateOptions in moby's daemon/config).
IGNORED = ("allow-nondistributable-artifacts", "deprecated-key-path")
# What keys were called once.
_RENAMED = {"graph": "data-root", "host": "hosts", "insecure-registry": "insecure-registries", "label": "labels"}

PROXY_KEYS = ("http-proxy", "https-proxy", "no-proxy")

# IP version, and an example.
_ADDRESSES: dict[str, tuple[int, str]] = {
    "bip": (4, "172.17.0.1/24"),
    "bip6": (6, "fd00:17::1/64"),
    "fixed-cidr": (4, "172.17.0.128/25"),
    "fixed-cidr-v6": (6, "fd00:17::/80"),
}


def faults(desired: dict[str, Any], unit_flags: Iterable[str] = (), engine_version: str | None = None) -> list[str]:
    """Everything that is wrong with a setting, one message each; [] means that nothing was found."""
    unwritable = json_text.problem(desired)
    if unwritable:
        return [f"the configuration {unwritable}."]
    version = parse_version(engine_version)
    flags = list(daemon_json_flags.given(unit_flags))
    messages = []
    for key, value in desired.items():
        if value is None:
            continue
        messages += _check_key(key, version) or _check_value(key, KEYS.get(key, ""), value)
        messages += [_flag_message(key, flag.text) for flag in flags if _is_in_both(flag, key, value)][-1:]
    effective = {**desired, **daemon_json_flags.settings(unit_flags)}
    return messages + [
        each for each in excluding(effective) if each not in excluding(daemon_json_flags.settings(unit_flags))
    ]


def _is_in_both(flag: daemon_json_flags.Flag, key: str, value: Any) -> bool:
    """Of runtimes the engine takes those of both, and of proxies each by itself."""
    if flag.key != key or key == "runtimes":
        return False
    return key != "proxies" or (isinstance(value, dict) and value.get(flag.name) is not None)


def excluding(config: dict[str, Any]) -> list[str]:
    """Keys that exclude each other: the engine does not start with both (moby's verifyDaemonSettings and Validate)."""
    found = []
    for one, other in (("host-gateway-ip", "host-gateway-ips"), ("bridge", "bip"), ("bridge", "bip6")):
        if config.get(one) and config.get(other):
            found.append(f"'{one}' and '{other}' exclude each other: remove one of them.")
    if config.get("iptables") is False and config.get("icc") is False:
        found.append("'icc' is false by rules of iptables, and 'iptables' is false too: set one of them to true.")
    namespaces = [
        config.get("containerd-namespace") or "moby",
        config.get("containerd-plugins-namespace") or "plugins.moby",
    ]
    if namespaces[0] == namespaces[1]:
        found.append(
            f"'containerd-namespace' and 'containerd-plugins-namespace' are both {json.dumps(namespaces[0])}: give each"
            " its own."
        )
    return found


def parse_version(text: str | None) -> tuple[int, int] | None:
    """Major and minor of 28.2, v29.1.3, 5:29.1.3-1~debian.13~trixie or 20.10.24+dfsg1."""
    found = re.match(r"(?:\d+:)?v?(\d+)\.(\d+)", text or "")
    return (int(found.group(1)), int(found.group(2))) if found else None


def _check_key(key: str, version: tuple[int, int] | None) -> list[str]:
    if key in PROXY_KEYS:
        return [f"'{key}' is read only inside 'proxies': write proxies: {{{key}: ...}}."]
    if key in GONE_IN and (version is None or version >= GONE_IN[key]):
        return [f"'{key}' was removed in Docker Engine {_dotted(GONE_IN[key])}: remove it."]
    if key in GONE_IN or key in IGNORED:
        return []
    if key in _RENAMED:
        return [f"'{key}' is not a key of daemon.json (as of {KEYS_AS_OF}): it is '{_RENAMED[key]}' there."]
    if key not in KEYS:
        near = difflib.get_close_matches(key, KEYS, n=1)
        hint = f"did you mean '{near[0]}'?" if near else "remove it."
        return [f"'{key}' is not a key of daemon.json (as of {KEYS_AS_OF}): {hint}"]
    if version and key in SINCE and version < SINCE[key]:
        return [
            f"'{key}' needs Docker Engine {_dotted(SINCE[key])} or newer, and this engine is {_dotted(version)}:"
            " remove it, or use a newer engine."
        ]
    return []


def _dotted(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"


def _check_value(key: str, kind: str, value: Any) -> list[str]:
    if not _fits(kind, value):
        return [f"'{key}' is {json.dumps(mask({key: value})[key])}, but must be {_TYPES[kind][0]}."]
    if kind == "map of map":
        return nested.wrong_types(key, value)
    if key in _ADDRESSES or key == "default-address-pools":
        return _check_networks(key, value)
    if key != "proxies":
        return values.rejected(key, value)
    return [
        f"'proxies.{name}' is not known to the engine: proxies holds {', '.join(PROXY_KEYS)}."
        for name in value
        if name not in PROXY_KEYS
    ]


def _check_networks(key: str, value: Any) -> list[str]:
    """An engine that finds containers running takes its bridge as it is, and tells a wrong address once they end."""
    if key in _ADDRESSES:
        version, example = _ADDRESSES[key]
        return [] if _is_network(value, version) else [f"'{key}' is {value!r}, but must be one such as {example}."]
    return [
        f"'{key}' holds {json.dumps(pool)}, but must have a base such as 172.17.0.0/16, and a size from that of"
        " the base on, such as 24."
        for pool in value
        if not _is_pool(pool)
    ]


def _is_network(value: str, version: int) -> bool:
    try:
        return "/" in value and ipaddress.ip_interface(value).version == version
    except ValueError:
        return False


def _is_pool(pool: dict[str, Any]) -> bool:
    base, size = pool.get("base"), pool.get("size")
    if not isinstance(base, str) or not isinstance(size, int):
        return False
    if not (_is_network(base, 4) or _is_network(base, 6)):
        return False
    network = ipaddress.ip_interface(base).network
    return network.prefixlen <= size <= network.max_prefixlen


def _fits(kind: str, value: Any) -> bool:
    if kind == "bool":
        return isinstance(value, bool)
    if kind == "int":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "str":
        return isinstance(value, str)
    if kind == "size":
        return _fits("int", value) or _fits("str", value)
    if kind in ("strings", "maps"):
        return isinstance(value, list) and all(isinstance(item, str if kind == "strings" else dict) for item in value)
    if kind.startswith("map"):
        inner = kind.partition(" of ")[2]
        return isinstance(value, dict) and all(item is None or _fits(inner, item) for item in value.values())
    return True


def _flag_message(key: str, flag: str) -> str:
    if key == "hosts":
        return (
            f"'hosts' is set here, and the engine is started with '{flag}': it does not start with both. Take 'hosts'"
            " out, or give docker.service a drop-in with an empty ExecStart= line and one without that flag."
        )
    return (
        f"'{key}' is set here, and the engine is started with '{flag}': it does not start with both."
        f" Remove '{key}', or the flag."
    )
