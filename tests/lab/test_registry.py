# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's registry, asked as an engine would ask it: `pytest tests/lab/test_registry.py`, after `tests/lab up`."""

from __future__ import annotations

import hashlib
import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from lab import repository

pytestmark = pytest.mark.engine
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


@pytest.fixture(scope="module")
def facts() -> dict[str, Any]:
    return dict(repository.read()["registry"])


def get(url: str) -> bytes:
    request = urllib.request.Request(url, headers={"Accept": MANIFEST})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
        return bytes(answer.read())


def test_each_tag_is_the_digest_that_the_facts_name_and_whole(facts: dict[str, Any]) -> None:
    home = f"{facts['address']}/v2/{facts['base']}"
    assert len(set(facts["digests"].values())) == len(facts["digests"]) == 2
    for tag, digest in facts["digests"].items():
        content = get(f"{home}/manifests/{tag}")
        assert f"sha256:{hashlib.sha256(content).hexdigest()}" == digest
        manifest = json.loads(content)
        for blob in (manifest["config"], *manifest["layers"]):
            found = get(f"{home}/blobs/{blob['digest']}")
            assert (len(found), hashlib.sha256(found).hexdigest()) == (blob["size"], blob["digest"].split(":")[1])


def test_the_empty_one_answers_and_has_nothing(facts: dict[str, Any]) -> None:
    address = facts["address"].replace(":5000", f":{facts['empty'].split(':')[1]}")
    get(f"{address}/v2/")
    with pytest.raises(urllib.error.HTTPError) as rejected:
        get(f"{address}/v2/{facts['base']}/manifests/latest")
    assert rejected.value.code == 404
    rejected.value.close()


def test_the_one_that_is_down_rejects_connections(facts: dict[str, Any]) -> None:
    with pytest.raises(urllib.error.URLError, match="refused"):
        get(facts["address"].replace(":5000", f":{facts['down'].split(':')[1]}"))
