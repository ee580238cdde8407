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
  - Takes the variables of a role as people give them, in YAML, in an INI inventory or by C(-e), and makes each what the
    role's argument specs say that it is. Truths, numbers, lists and mappings may come as texts, such as C(a,b) or
    C([a, b]).
  - What can mean but one thing is converted. Anything else is an error, and so are texts that a file or a command of
    the role could not hold as they are. Numbers, dates, truths and nulls where a text is meant are errors too, since
    YAML has changed them already.
  - The roles use it by themselves. Unless it is O(strict), it never fails for what a variable says, so that the value
    of one host stops no other one.
options:
  _terms:
    description: Names of roles of this collection, or V(playbooks) for the variables of its playbooks.
    type: list
    elements: str
    required: true
  strict:
    description: Whether what cannot be taken is an error of the task, in the place of an entry under C(errors).
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: What the engine's variables come to
  ansible.builtin.debug:
    msg: "{{ lookup('dockyard.gpu.variables', 'docker_engine') }}"
"""

RETURN = r"""
_list:
  description:
    - A mapping for each term, with each of its variables by the name without that of the role, such as C(no_proxy).
    - What is not given, or is null, has its default, and so has what is in error.
    - Under C(errors) is a sentence for each value that cannot be taken, with the variable's name and the way out.
  type: list
  elements: dict
  sample:
    - users: [ada, bob]
      exclusive: false
      errors: []
"""

from typing import Any, Dict, List, Mapping, Optional

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.given import given
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.variable_specs import options
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.variables import read


class LookupModule(LookupBase):
    def run(
        self, terms: List[str], variables: Optional[Mapping[str, Any]] = None, **kwargs: Any
    ) -> List[Dict[str, Any]]:
        self.set_options(direct=kwargs)
        found = [read(term, given(self._templar, _names(term), variables or {})) for term in terms]
        if self.get_option("strict") and any(each["errors"] for each in found):
            raise AnsibleLookupError("; ".join(reason for each in found for reason in each["errors"]))
        return found


def _names(owner: str) -> List[str]:
    try:
        return list(options(owner))
    except OSError as error:
        raise AnsibleLookupError(f"dockyard.gpu.variables: {owner!r} is no role of this collection") from error
