# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Dict


def image_questions(images: Any, builds: Dict[str, Any]) -> Dict[str, Any]:
    # Here, for its cost: at the first use of one filter, Ansible compiles and loads all of the collection's.
    from ansible_collections.dockyard.gpu.plugins.plugin_utils.image_questions import questions

    return questions(images, builds)


class FilterModule:
    def filters(self) -> Dict[str, Any]:
        return {"image_questions": image_questions}
