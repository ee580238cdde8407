# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Dict, Mapping

from ansible.utils.unsafe_proxy import wrap_var


def host_report(host: Mapping[str, Any], planned: Mapping[str, Any], today: str) -> Dict[str, Any]:
    # Here, for its cost: at the first use of one filter, Ansible compiles and loads all of the collection's.
    from ansible_collections.dockyard.gpu.plugins.plugin_utils import fleet_report

    # Before 2.19 Ansible takes what set_fact keeps for a template of its own, unless it is marked.
    return wrap_var(fleet_report.host_report(host, planned, today))


class FilterModule:
    def filters(self) -> Dict[str, Any]:
        return {"host_report": host_report}
