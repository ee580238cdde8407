# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a host, one sentence each with its remedy: a plan may not be able to mend it."""

from __future__ import annotations

from typing import Any, Iterable, List, Mapping


def of_gpus(host: Mapping[str, Any]) -> List[str]:
    """Of a driver that is there: without one, its absence is all that there is to say."""
    nvidia = host.get("nvidia") or {"problems": []}
    return _sentences(nvidia["problems"] if nvidia["problems"] and nvidia["driver"]["state"] != "absent" else [])


def of_host(host: Mapping[str, Any]) -> List[str]:
    return _sentences(host.get("problems") or [])


def problems(host: Mapping[str, Any]) -> List[str]:
    """GPUs first: a sick one comes before all that may follow from it."""
    return [*of_gpus(host), *of_host(host)]


def _sentences(found: Iterable[Mapping[str, Any]]) -> List[str]:
    return [f"{each['message']}; {each['remedy']}" for each in found]
