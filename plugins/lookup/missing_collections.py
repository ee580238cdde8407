# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: missing_collections
short_description: The collections that images and containers need, and that the control node lacks
version_added: 0.1.0
author: dockyard.gpu contributors (@dockyard-gpu)
description:
  - Returns a sentence for each collection that this one depends on and that is missing or too old, with the command
    that installs it. Ansible itself would fail in the middle of a run, at the first task that needs one of its modules.
  - The roles P(dockyard.gpu.container_image#role) and P(dockyard.gpu.gpu_container#role) use it by themselves.
options:
  strict:
    description: Whether a missing collection is an error, instead of a sentence that is returned.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Show which collections are missing
  ansible.builtin.debug:
    msg: "{{ query('dockyard.gpu.missing_collections') }}"
"""

RETURN = r"""
_list:
  description: The sentences.
  type: list
  elements: str
"""

from typing import Any, List, Mapping, Optional

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.collections_needed import missing


class LookupModule(LookupBase):
    def run(self, terms: List[str], variables: Optional[Mapping[str, Any]] = None, **kwargs: Any) -> List[str]:
        self.set_options(direct=kwargs)
        found = missing()
        if found and self.get_option("strict"):
            raise AnsibleLookupError("; ".join(found))
        return found
