# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: components
short_description: Which components of a playbook run, and which of their phases, by C(--tags) and C(--skip-tags)
version_added: 0.1.0
author: dockyard.gpu contributors (@dockyard-gpu)
description:
  - Each component of the playbooks has the name of its role as its tag. V(docker) and V(nvidia) select two at once.
  - Each phase of a role has a tag too, such as V(docker_engine_config). With one, the
    role takes the steps of that phase alone.
  - An unknown tag is an error where the playbooks of this collection are called by themselves. Where another playbook
    imports them, tags that name no component are its own, and follow the ordinary rules.
options:
  _terms:
    description: The name of a playbook of this collection, such as V(site), or with O(show=tag) of a role.
    type: list
    elements: str
    required: true
  show:
    description:
      - V(chosen) for the components that run, and V(left_out) for the others, and the phases that do not run.
      - V(tag) for the tag that each task of the playbook or the role has; all that they know where tags are listed.
    type: str
    choices: [chosen, left_out, tag]
    default: chosen
"""

EXAMPLES = r"""
- name: Show which components run
  ansible.builtin.debug:
    msg: "{{ lookup('dockyard.gpu.components', 'site', wantlist=true) }}"
"""

RETURN = r"""
_list:
  description: Names of roles, or one tag.
  type: list
  elements: str
  sample: [docker_group, docker_engine]
"""

from typing import Any, List, Mapping, Optional

from ansible import context
from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.variable_specs import COLLECTION
from ansible_collections.dockyard.gpu.plugins.plugin_utils._site import components


class LookupModule(LookupBase):
    def run(self, terms: List[str], variables: Optional[Mapping[str, Any]] = None, **kwargs: Any) -> List[str]:
        self.set_options(direct=kwargs)
        run, skip = components.by_tags(variables or {})
        called = components.playbooks_of(context.CLIARGS.get("args") or [], str(COLLECTION))
        # Ansible lists tags by asking for all of them, and for one more that names nothing.
        listed = context.CLIARGS.get("listtags")
        if called and not listed and (run != ["all"] or skip):
            _check(called, run, skip)
        show = self.get_option("show")
        found: List[str] = []
        for term in terms:
            if term not in components.COMPONENTS and show != "tag":
                raise AnsibleLookupError(f"dockyard.gpu.components: {term!r} is no playbook of this collection")
            if show == "tag":
                found += _all_tags(term) if listed else [components.tag(term, run, bool(called))]
            else:
                found += (components.chosen if show == "chosen" else components.left_out)(term, run, skip)
        return found


# Hardly any run names tags: Ansible compiles in each run what is imported.
def _check(called: List[str], run: List[str], skip: List[str]) -> None:
    from ansible_collections.dockyard.gpu.plugins.plugin_utils._site.tags import errors

    wrong = errors(called, run, skip)
    if wrong:
        raise AnsibleLookupError("; ".join(wrong))


def _all_tags(owner: str) -> List[str]:
    from ansible_collections.dockyard.gpu.plugins.plugin_utils._site.tags import all_tags

    return all_tags(owner)
