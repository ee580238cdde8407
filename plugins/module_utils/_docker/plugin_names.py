# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What daemon.json names and the engine has to have: log drivers, runtimes, authorization plugins.

`dockerd --validate` takes any name. With an unknown log driver the engine starts, and every plain `docker run` fails;
with an unknown runtime as the default, or an unknown authorization plugin, it does not start.
"""

from __future__ import annotations

import re
from typing import Any, Dict, List, Optional, Sequence

# Of moby's daemon/logger, up to 29: what an engine without plugins may have. Each says of itself what it has, but for
# `none`, which every one has.
LOG_DRIVERS = ("awslogs", "fluentd", "gcplogs", "gelf", "journald", "json-file", "local", "splunk", "syslog")
_NO_LOG = "none"
# What an engine has that is yet to be installed.
BEFORE_THE_ENGINE: Dict[str, List[str]] = {"log": list(LOG_DRIVERS), "authorization": []}
# Runtimes that need no entry: containerd's own by their names, and programs of its kind by their paths.
_OWN_RUNTIMES = re.compile(r"runc|io\.containerd\.[\w.-]+|/.+")
# The toolkit's role registers it, perhaps later in this run.
_TOOLKITS = re.compile(r"nvidia(-cdi|-legacy)?")


def problems(
    desired: Dict[str, Any], after: Dict[str, Any], found: Optional[Dict[str, List[str]]], later: bool = False
) -> List[str]:
    """What the settings name and the engine lacks, one message each.

    ``after`` is daemon.json as it will be, and ``found`` null where no engine could be asked. ``later`` says that other
    roles may yet write to it.
    """
    messages = []
    driver, runtime = desired.get("log-driver"), desired.get("default-runtime")
    if isinstance(driver, str) and found and not _is_among(driver, [*found["log"], _NO_LOG]):
        messages.append(
            f"'log-driver' is '{driver}', which this engine lacks; it has {', '.join([*found['log'], _NO_LOG])}."
            " Install and enable the plugin (docker plugin install) first, or set one of these."
        )
    if isinstance(runtime, str) and not _is_runtime(runtime, after, later):
        messages.append(
            f"'default-runtime' is '{runtime}', which is not among 'runtimes': the engine would not start. Add it"
            f" (runtimes: {{{runtime}: {{path: ...}}}}), or remove it."
        )
    named = desired.get("authorization-plugins")
    messages += [
        f"'authorization-plugins' names '{plugin}', which this engine does not have: it would answer no request."
        " Install and enable it (docker plugin install) first, or remove it."
        for plugin in (named if isinstance(named, list) and found else [])
        if found and not _is_among(str(plugin), found["authorization"])
    ]
    return messages


def _is_runtime(name: str, after: Dict[str, Any], later: bool) -> bool:
    registered = after.get("runtimes")
    known = isinstance(registered, dict) and name in registered
    return known or bool(_OWN_RUNTIMES.fullmatch(name)) or bool(later and _TOOLKITS.fullmatch(name))


def _is_among(name: str, known: Sequence[str]) -> bool:
    """A plugin that is a container is named with its tag, or without for `latest`."""
    return name in known or f"{name}:latest" in known
