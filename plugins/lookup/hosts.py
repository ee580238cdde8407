# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: hosts
short_description: The hosts that a playbook targets, at least one
version_added: 0.1.0
author: dockyard.gpu contributors (@dockyard-gpu)
description:
  - Returns the patterns in C(dockyard_hosts), for the C(hosts) of a play.
  - Where no host of the inventory, or none of those in C(--limit), matches them, it is an error. Ansible itself would
    succeed, and a job that monitors drift would never notice.
"""

EXAMPLES = r"""
- name: Install and configure containers and GPUs
  hosts: "{{ lookup('dockyard.gpu.hosts', wantlist=true) }}"
"""

RETURN = r"""
_list:
  description: The patterns.
  type: list
  elements: str
  sample: [all]
"""

from typing import Any, List, Mapping, Optional

from ansible import context
from ansible.errors import AnsibleLookupError
from ansible.inventory.manager import InventoryManager
from ansible.plugins.loader import lookup_loader
from ansible.plugins.lookup import LookupBase

# Which run nothing.
_LISTINGS = ("syntax", "listhosts", "listtasks", "listtags")


class LookupModule(LookupBase):
    def run(self, terms: List[str], variables: Optional[Mapping[str, Any]] = None, **kwargs: Any) -> List[str]:
        given = variables or {}
        settings = lookup_loader.get("dockyard.gpu.variables", loader=self._loader, templar=self._templar)
        patterns: List[str] = settings.run(["playbooks"], given, strict=True)[0]["dockyard_hosts"]
        groups, limit = given.get("groups"), given.get("ansible_limit")
        if groups is not None and not any(context.CLIARGS.get(each) for each in _LISTINGS):
            self._check(patterns, groups, limit)
        return patterns

    def _check(self, patterns: List[str], groups: Mapping[str, List[str]], limit: Optional[str]) -> None:
        found = self._inventory(groups)
        named = ", ".join(patterns)
        if not found.get_hosts(patterns):
            count = len(groups.get("all") or [])
            raise AnsibleLookupError(
                f"dockyard_hosts: {named} matches none of the {count} hosts of the inventory, so that nothing was "
                f"done; use another inventory with -i, or other hosts"
            )
        if limit:
            found.subset(limit)
            if not found.get_hosts(patterns):
                raise AnsibleLookupError(
                    f"--limit {limit}: leaves none of the hosts of dockyard_hosts ({named}), so that nothing was done"
                )

    def _inventory(self, groups: Mapping[str, List[str]]) -> InventoryManager:
        """That of the run, by what it says of its groups."""
        made = InventoryManager(self._loader, parse=False)
        for group, names in groups.items():
            made.add_group(group)
            for name in names:
                made.add_host(name, group=group)
        return made
