# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: wanted_facts
short_description: The facts that the variables of this collection's roles need from a host
version_added: 0.1.0
author: dockyard.gpu contributors (@dockyard-gpu)
description:
  - Returns the option O(dockyard.gpu.host_info#module:wanted), so that facts are gathered once for all roles.
  - One lookup, since each expression costs the control node milliseconds a host.
"""

EXAMPLES = r"""
- name: Gather facts for a plan
  dockyard.gpu.host_info:
    wanted: "{{ lookup('dockyard.gpu.wanted_facts') }}"
"""

RETURN = r"""
_raw:
  description: The option's value.
  type: list
  elements: dict
  sample:
    - users: [ada]
      versions: false
      packages: []
      data_roots: []
      comparison_key: ""
"""

from typing import Any, Dict, List, Mapping, Optional

from ansible.plugins.lookup import LookupBase
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.comparison_key import comparison_key
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.given import given
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.variables import read

# All others of these roles would be worked out for nothing.
_READ = {
    "docker_group": ("users",),
    "docker_engine": ("version", "data_root", "config"),
    "nvidia_container_toolkit": ("version",),
    "nvidia_driver": ("headers",),
}
# A playbook's or a task's own, where versions are to be shown whatever is configured.
_VERSIONS = "_common_versions"


class LookupModule(LookupBase):
    def run(
        self, terms: List[str], variables: Optional[Mapping[str, Any]] = None, **kwargs: Any
    ) -> List[Dict[str, Any]]:
        said = variables or {}
        group, engine, toolkit, driver = (self._read(role, parts, said) for role, parts in _READ.items())
        desired = [engine["version"], toolkit["version"]]
        roots = [engine["data_root"], engine["config"].get("data-root")]
        return [
            {
                "users": group["users"],
                "versions": bool(said.get(_VERSIONS)) or any(version != "present" for version in desired),
                # Headers may have any name.
                "packages": driver["headers"],
                "data_roots": [root for root in roots if root and isinstance(root, str)],
                "comparison_key": comparison_key(),
            }
        ]

    def _read(self, role: str, parts: Any, said: Mapping[str, Any]) -> Dict[str, Any]:
        names = [f"{role}_{part}" for part in parts]
        return read(role, given(self._templar, names, said), names)
