# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people give variables of the roles, with its templates worked out, for lookups."""

from __future__ import annotations

from typing import Any, Dict, Iterable, Mapping

from ansible import errors

from .text import cut
from .variables import Unknown

_SHOWN = 300
_LEFT_OUT = object()
_OMITTED = getattr(errors, "AnsibleValueOmittedError", ())


def given(templar: Any, names: Iterable[str], variables: Mapping[str, Any]) -> Dict[str, Any]:
    """Of these names, those that are given, as ``variables.read`` takes them."""
    omit = variables.get("omit")
    found = {name: _worked_out(templar, variables[name], omit) for name in names if name in variables}
    return {name: value for name, value in found.items() if value is not _LEFT_OUT}


def _worked_out(templar: Any, value: Any, omit: Any) -> Any:
    try:
        return _resolved(templar.template(value), omit)
    except _OMITTED:
        return _LEFT_OUT
    # Whatever a template of a user's can raise: it is reported for this host alone.
    except Exception as error:
        return Unknown(cut(" ".join(str(error).split()), _SHOWN))


def _resolved(value: Any, omit: Any) -> Any:
    """Templates within lists and mappings are worked out when they are read.

    Before 2.19 a text stands for what is left out, and what is in a vault is a text only when it is asked to be one.
    """
    if isinstance(value, dict):
        found = {key: _resolved(each, omit) for key, each in value.items()}
        return {key: each for key, each in found.items() if each is not _LEFT_OUT}
    if isinstance(value, (list, tuple)):
        return [each for each in (_resolved(item, omit) for item in value) if each is not _LEFT_OUT]
    if isinstance(omit, str) and isinstance(value, str) and value == omit:
        return _LEFT_OUT
    return str(value) if getattr(value, "__ENCRYPTED__", False) else value
