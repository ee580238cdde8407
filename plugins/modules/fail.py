#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation alone: the action of the same name runs on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: fail
short_description: Fails with sentences, each of which is shown once
version_added: 0.1.0
author: dockyard.gpu contributors (@dockyard-gpu)
description:
  - Fails as M(ansible.builtin.fail) does. From ansible-core 2.19 on, that one's message is shown twice; of this one the
    name of the task is the headline, without C(Fail:), and the message is shown below it, line by line.
options:
  msg:
    description: One sentence, or a list of sentences.
    type: raw
    required: true
attributes:
  check_mode:
    description: Fails in check mode, too.
    support: full
  diff_mode:
    description: Nothing is changed.
    support: none
  platform:
    description: Any, since nothing runs on the host.
    support: full
    platforms: all
  idempotent:
    description: Nothing is ever changed.
    support: full
seealso:
  - module: ansible.builtin.fail
"""

EXAMPLES = r"""
- name: "Fail: settings are invalid"
  dockyard.gpu.fail:
    msg: "{{ errors }}"
  when: errors != []
"""

RETURN = r"""#"""
