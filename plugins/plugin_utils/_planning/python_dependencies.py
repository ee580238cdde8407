# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules of community.docker need on a host beside Python itself; two roles use them."""

from __future__ import annotations

from typing import Any, Dict, List

from . import package_work
from .step import PlanInvalid, step

PACKAGE = "python3-requests"


def steps(component: str, host: Dict[str, Any]) -> List[Dict[str, Any]]:
    """Asked for only where something else is to be done. Rejected where the package would not help."""
    python = host["python"]
    if host["package_manager"] != "apt" or python["requests"]:
        return []
    found = host["packages"].get(PACKAGE)
    if not python["of_distribution"] or (found and found["state"] == "installed"):
        raise PlanInvalid(
            [
                f"{component}: ansible_python_interpreter is {python['path']} on this host, which lacks the library "
                f"requests that the modules of community.docker need; install it there (`{python['path']} -m pip "
                f"install requests`), or set ansible_python_interpreter: /usr/bin/python3, for which the role installs "
                f"{PACKAGE}"
            ]
        )
    steps = [step(component, "python", f"community.docker needs {PACKAGE}", "absent", PACKAGE)]
    reasons = package_work.errors(component, host, steps)
    if reasons:
        raise PlanInvalid(reasons)
    return steps
