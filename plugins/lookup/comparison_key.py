# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: comparison_key
short_description: The key of one run with which secrets are compared without being shown
version_added: 0.1.0
author: dockyard.gpu contributors (@dockyard-gpu)
description:
  - With this key, M(dockyard.gpu.host_info) puts tags on the masks of secrets that it finds, and the filter
    P(dockyard.gpu.plan#filter) on those of the secrets that are configured. Where the tags are the same,
    so are the secrets. Without the key, nothing can be learned from a tag, and no guess be confirmed.
  - It is generated for each run, is the same for all of its hosts, and is removed at its end. Keep it in no variable.
"""

EXAMPLES = r"""
- name: Gather facts for a plan
  dockyard.gpu.host_info:
    wanted:
      comparison_key: "{{ lookup('dockyard.gpu.comparison_key') }}"
"""

RETURN = r"""
_raw:
  description: The key.
  type: list
  elements: str
"""

from typing import Any, List, Mapping, Optional

from ansible.plugins.lookup import LookupBase
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.comparison_key import comparison_key


class LookupModule(LookupBase):
    def run(self, terms: List[str], variables: Optional[Mapping[str, Any]] = None, **kwargs: Any) -> List[str]:
        return [comparison_key()]
