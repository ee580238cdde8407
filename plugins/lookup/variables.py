# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: variables
short_description: The variables of this collection's roles, converted and checked
version_added: 0.1.0
author: dockyard.gpu contributors (@dockyard-gpu)
description:
  - Takes the variables of a role as people give them, in YAML, in an INI inventory or by C(-e), and converts each to
    the type in the role's argument specs. Booleans, numbers, lists and mappings may come as strings, such as C(a,b) or
    C([a, b]).
  - Unambiguous values are converted. Anything else is an error, and so are strings that a file or a command of
    the role could not hold as they are. Numbers, dates, booleans and nulls where a string is meant are errors too,
    since YAML has changed them already.
  - The roles use it by themselves. Unless it is O(strict), it never fails because of a variable's value, so that one
    host's value stops no other host.
options:
  _terms:
    description: Names of roles of this collection, or V(playbooks) for the variables of its playbooks.
    type: list
    elements: str
    required: true
  strict:
    description: Whether an invalid value fails the task, instead of adding an entry under C(errors).
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Show the engine's variables as converted
  ansible.builtin.debug:
    msg: "{{ lookup('dockyard.gpu.variables', 'docker_engine') }}"
"""

RETURN = r"""
_list:
  description:
    - A mapping for each term, with each of its variables by the name without that of the role, such as C(no_proxy).
    - A variable that is not set, null or invalid has its default.
    - Under C(errors) is a sentence for each invalid value, with the variable's name and the solution.
    - Under C(left_out) are the phases of the role that C(--tags) and C(--skip-tags) leave out, such as V(config).
  type: list
  elements: dict
  sample:
    - users: [ada, bob]
      exclusive: false
      errors: []
      left_out: []
"""

from typing import Any, Dict, List, Mapping, Optional

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.given import given
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.variable_specs import options
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.variables import read
from ansible_collections.dockyard.gpu.plugins.plugin_utils._site.components import by_tags, phases_left_out


class LookupModule(LookupBase):
    def run(
        self, terms: List[str], variables: Optional[Mapping[str, Any]] = None, **kwargs: Any
    ) -> List[Dict[str, Any]]:
        self.set_options(direct=kwargs)
        run, skip = by_tags(variables or {})
        found = [
            {
                **read(term, given(self._templar, _names(term), variables or {})),
                "left_out": phases_left_out(term, run, skip),
            }
            for term in terms
        ]
        if self.get_option("strict") and any(each["errors"] for each in found):
            raise AnsibleLookupError("; ".join(reason for each in found for reason in each["errors"]))
        return found


def _names(owner: str) -> List[str]:
    try:
        return list(options(owner))
    except OSError as error:
        raise AnsibleLookupError(f"dockyard.gpu.variables: {owner!r} is no role of this collection") from error
