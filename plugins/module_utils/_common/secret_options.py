# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that may hold secrets among much that people are to see.

Ansible writes a module's arguments into the journal before the module runs, and shows them with ``-vvv``. With no_log
for such an option the journal has nothing of it; but every value in it, a 5 or a true, would be starred out everywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict

from .redaction import mask, secrets_in

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

# A shorter one would be found in many words that have nothing to do with it.
_SHORTEST = 4


def taken(module: AnsibleModule, *names: str) -> Dict[str, Any]:
    """The values of these no_log options. From here on, the result is only cleaned of the secrets in them."""
    given = {name: module.params[name] for name in names}
    module.no_log_values.clear()
    hide(module, given)
    module.params.update({name: mask(value) for name, value in given.items()})
    return given


def hide(module: AnsibleModule, value: Any) -> None:
    """Whatever the module says from here on, the secrets in the value are not in it."""
    module.no_log_values.update(secret for secret in secrets_in(value) if len(secret) >= _SHORTEST)
