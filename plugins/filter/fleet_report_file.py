# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from typing import Any, Callable, Dict, Mapping

from ansible.errors import AnsibleFilterError


def fleet_report_file(report: Mapping[str, Any], name: str) -> str:
    # Here, for its cost: at the first use of one filter, Ansible compiles and loads all of the collection's.
    from ansible_collections.dockyard.gpu.plugins.plugin_utils import report_csv, report_page

    files: Dict[str, Callable[[Mapping[str, Any]], str]] = {
        "index.html": report_page.report_page,
        "report.json": lambda whole: json.dumps(whole, indent=1) + "\n",
        "hosts.csv": report_csv.hosts_csv,
        "gpus.csv": report_csv.gpus_csv,
    }
    if name not in files:
        raise AnsibleFilterError(f"a report has no file {name!r}; it has {', '.join(files)}")
    return files[name](report)


class FilterModule:
    def filters(self) -> Dict[str, Any]:
        return {"fleet_report_file": fleet_report_file}
