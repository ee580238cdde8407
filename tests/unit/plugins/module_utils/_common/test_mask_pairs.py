# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.dockyard.gpu.plugins.module_utils._common.mask_pairs import apart
from ansible_collections.dockyard.gpu.plugins.module_utils._common.redaction import mask

KEY = "of one run"


def test_people_see_no_tags_and_whether_a_secret_is_another_one() -> None:
    def masked(token: str) -> Any:
        return mask({"log-opts": {"splunk-token": token}, "proxy": "http://joe:same@host"}, KEY)

    before, after = apart(masked("one"), masked("other"))
    assert before == {"log-opts": {"splunk-token": "***"}, "proxy": "http://***@host"}
    assert after == {"log-opts": {"splunk-token": "*** (another one)"}, "proxy": "http://***@host"}
    assert apart(masked("one"), masked("one"))[1] == before
    assert apart(None, masked("one"))[1] == before
    assert apart([1, None, "x"], {"a": 1.5}) == ([1, None, "x"], {"a": 1.5})
