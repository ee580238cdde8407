# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from typing import Any, Callable, Dict, Mapping

from ansible.errors import AnsibleFilterError
from ansible_collections.dockyard.gpu.plugins.plugin_utils.report_csv import gpus_csv, hosts_csv
from ansible_collections.dockyard.gpu.plugins.plugin_utils.report_page import report_page

_FILES: Dict[str, Callable[[Mapping[str, Any]], str]] = {
    "index.html": report_page,
    "report.json": lambda report: json.dumps(report, indent=1) + "\n",
    "hosts.csv": hosts_csv,
    "gpus.csv": gpus_csv,
}


def fleet_report_file(report: Mapping[str, Any], name: str) -> str:
    if name not in _FILES:
        raise AnsibleFilterError(f"a report has no file {name!r}; it has {', '.join(_FILES)}")
    return _FILES[name](report)


class FilterModule:
    def filters(self) -> Dict[str, Any]:
        return {"fleet_report_file": fleet_report_file}
