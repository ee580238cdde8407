# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which options a log driver takes: an engine whose default has another one does not start.

Sources, read 2026-11-30 in github.com/moby/moby, daemon/logger: ValidateLogOpts in factory.go, ValidateLogOpt (or the
like) of awslogs, fluentd, gcplogs, gelf, journald, jsonfilelog, local, splunk and syslog, and validate.go of
loggerutils/cache (cache-*). It is a union over the versions from 20.10 on, but for what is in _SINCE and _GONE.
A driver that is not named here takes anything: ``none``, logentries (up to 24), and plugins, which no one asks.
"""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

Version = Optional[Sequence[int]]

# What an engine without a configured driver takes.
DEFAULT_DRIVER = "json-file"
_FOR_ALL = ("mode", "max-buffer-size", "cache-disabled", "cache-max-file", "cache-max-size", "cache-compress")
_ATTRIBUTES = ("labels", "labels-regex", "env", "env-regex", "tag")
_OPTIONS = {
    "awslogs": "tag awslogs-region awslogs-endpoint awslogs-group awslogs-stream awslogs-create-group"
    " awslogs-create-stream awslogs-datetime-format awslogs-datetime-timezone awslogs-datetime-as-event-time"
    " awslogs-multiline-pattern awslogs-credentials-endpoint awslogs-force-flush-interval-seconds"
    " awslogs-max-buffered-events awslogs-format",
    "fluentd": "labels labels-regex env env-regex tag fluentd-address fluentd-async fluentd-async-connect"
    " fluentd-async-reconnect-interval fluentd-buffer-limit fluentd-max-retries fluentd-request-ack fluentd-retry-wait"
    " fluentd-sub-second-precision fluentd-write-timeout fluentd-read-timeout",
    "gcplogs": "labels labels-regex env env-regex gcp-project gcp-log-cmd gcp-meta-zone gcp-meta-name gcp-meta-id",
    "gelf": "labels labels-regex env env-regex tag gelf-address gelf-compression-type gelf-compression-level"
    " gelf-tcp-max-reconnect gelf-tcp-reconnect-delay",
    "journald": "labels labels-regex env env-regex tag",
    "json-file": "labels labels-regex env env-regex tag max-size max-file compress",
    "local": "labels labels-regex env env-regex tag max-size max-file compress",
    "splunk": "labels labels-regex env env-regex tag splunk-url splunk-token splunk-source splunk-sourcetype"
    " splunk-index splunk-capath splunk-caname splunk-insecureskipverify splunk-format splunk-verify-connection"
    " splunk-gzip splunk-gzip-level splunk-index-acknowledgment",
    "syslog": "labels labels-regex env env-regex tag syslog-address syslog-facility syslog-format syslog-tls-ca-cert"
    " syslog-tls-cert syslog-tls-key syslog-tls-skip-verify",
}
OPTIONS: Dict[str, List[str]] = {driver: names.split() for driver, names in _OPTIONS.items()}
# Of moby's pull request 52348, and of the release notes of 28.0.
_SINCE: Dict[Tuple[str, str], Tuple[int, int]] = {("local", name): (29, 5) for name in _ATTRIBUTES}
_GONE: Dict[Tuple[str, str], Tuple[int, int]] = {("fluentd", "fluentd-async-connect"): (28, 0)}
# Without them the driver's other options are not taken either.
_NEEDED = {"awslogs": "awslogs-group", "gelf": "gelf-address"}
_MODES = ("", "blocking", "non-blocking")


def takes(driver: str, option: str, version: Version = None) -> bool:
    """Whether the default of an engine of this version can have it; of an unknown version, whether any can."""
    known = OPTIONS.get(driver)
    if known is None or option in _FOR_ALL:
        return True
    release = tuple(version or ())[:2]
    since, gone = _SINCE.get((driver, option)), _GONE.get((driver, option))
    if release and ((since and release < since) or (gone and release >= gone)):
        return False
    return option in known


def fitting(driver: str, options: Mapping[str, Any], version: Version = None) -> Dict[str, Any]:
    """Those of the options that the driver is known to take; of a plugin no one knows."""
    if driver not in OPTIONS:
        return {}
    return {name: value for name, value in options.items() if takes(driver, name, version)}


def problems(
    effective: Mapping[str, Any],
    desired: Mapping[str, Any],
    flags: Mapping[str, str],
    place: str,
    version: Version = None,
) -> List[str]:
    """Why an engine with these settings would not start, one message each.

    ``effective`` has all of its settings, ``desired`` those of its configuration's owner, ``flags`` keys that have come
    by flags, with them, and ``place`` the file with the rest.
    """
    driver, options = effective.get("log-driver") or DEFAULT_DRIVER, effective.get("log-opts") or {}
    if not isinstance(driver, str) or not isinstance(options, dict) or driver == "none" or not options:
        return []
    messages = []
    unknown = sorted(name for name in options if not takes(driver, name, version))
    if unknown:
        own = desired.get("log-opts")
        whose = _whose(unknown, own if isinstance(own, dict) else {}, flags, place)
        messages.append(
            f"{_named(driver, effective, flags)} does not take the log-opts {', '.join(unknown)}{whose}: the engine "
            f"would not start. Remove them, or {_another(unknown, driver, version)}."
        )
    needed = _NEEDED.get(driver)
    if needed and not options.get(needed):
        messages.append(f"'log-driver' is '{driver}', which needs '{needed}' in log-opts beside any other: add it.")
    return messages + _mode(options)


def _mode(options: Mapping[str, Any]) -> List[str]:
    mode = options.get("mode") or ""
    if mode not in _MODES:
        return [f"'log-opts.mode' is '{mode}', but must be {' or '.join(_MODES[1:])}."]
    if "max-buffer-size" in options and mode != "non-blocking":
        return ["'log-opts.max-buffer-size' goes only with 'log-opts.mode' non-blocking: add that, or remove it."]
    return []


def _named(driver: str, effective: Mapping[str, Any], flags: Mapping[str, str]) -> str:
    if "log-driver" in flags:
        return f"the engine is started with '{flags['log-driver']}', and that driver"
    if effective.get("log-driver"):
        return f"'log-driver' is '{driver}', which"
    return f"'log-driver' is not set, and the engine's own, '{driver}',"


def _whose(unknown: Sequence[str], own: Mapping[str, Any], flags: Mapping[str, str], place: str) -> str:
    if "log-opts" in flags:
        return f" (of '{flags['log-opts']}' in docker.service)"
    others = [name for name in unknown if name not in own]
    if not others:
        return ""
    which = "" if len(others) == len(unknown) else f"{', '.join(others)} "
    return f" ({which}of {place}, not by this configuration)"


def _another(unknown: Sequence[str], driver: str, version: Version) -> str:
    """A driver that takes them all, by the first of them that is of one driver only."""
    since = max((_SINCE.get((driver, name), (0, 0)) for name in unknown), default=(0, 0))
    if since > (0, 0) and all(takes(driver, name) for name in unknown):
        return f"use engine {since[0]}.{since[1]} or newer"
    names = [name for name in OPTIONS if all(takes(name, each, version) for each in unknown)]
    return f"let 'log-driver' be {' or '.join(names)}" if names else "let 'log-driver' be the one that they are of"
