# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""tomllib, which newer Pythons bring, reads the same and takes the same for errors."""

from __future__ import annotations

import datetime
import math
import random
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._common import strict_toml
from hypothesis import given, settings
from hypothesis import strategies as st

tomllib = pytest.importorskip("tomllib", reason="Python before 3.11 has no reader of TOML")
ROOT = Path(__file__).parents[5]
# As `nvidia-ctk config` of 1.20.0 writes it, and as people go on from there.
TOOLKIT = """#accept-nvidia-visible-devices-as-volume-mounts = false
disable-require = false
supported-driver-capabilities = "compat32,compute,display,graphics,ngx,utility,video"
#swarm-resource = "DOCKER_RESOURCE_GPU"

[nvidia-container-cli] # comment
#debug = "/var/log/nvidia-container-toolkit.log"
environment = []
ldconfig = "@/sbin/ldconfig"   # with an @
load-kmods = true

[nvidia-container-runtime]
log-level = 'info'
mode = "auto"
runtimes = [
  "runc",  # first
  "crun",
]

  [nvidia-container-runtime.modes.cdi]
  annotation-prefixes = ["cdi.k8s.io/"]
  default-kind = "nvidia.com/gpu"

  [nvidia-container-runtime.modes.legacy]
  cuda-compat-mode = "ldconfig"

[features]
disable-cuda-compat-lib-hook = true
"""
WRITTEN = (
    TOOLKIT,
    'a = 1\n[b]\nc = "x" # c\n',
    "[[p]]\nq=1\n[[p]]\n[p.z]\nx=[1,2,\n3,]\n",
    "a.b.c = {x = 1, y.z = 2}\n",
    "d = 1979-05-27T07:32:00Z\n",
    "s = '''\na''b'''\n",
    's = """a\\\n  b"c"""\n',
    'f=1_0.5e+3\nx=0xff\n[a."b.c".d]\n',
    "x=true\nx2 = -0\n[x3]\nx3.y=1\n[x3.z]\n",
)


def alike(value: Any) -> Any:
    """Dates and times are texts in the one; nan is not what it is."""
    if isinstance(value, dict):
        return {key: alike(each) for key, each in value.items()}
    if isinstance(value, list):
        return [alike(each) for each in value]
    moment = isinstance(value, (datetime.date, datetime.time))
    if moment or (isinstance(value, str) and strict_toml._MOMENT.fullmatch(value)):
        return "a moment"
    return "nan" if isinstance(value, float) and math.isnan(value) else value


def compare(text: str) -> bool:
    """Whether both read it, alike."""
    try:
        expected = tomllib.loads(text)
    except (ValueError, RecursionError):
        with pytest.raises(strict_toml.TomlError):
            strict_toml.loads(text)
        return False
    assert alike(strict_toml.loads(text)) == alike(expected)
    return True


@pytest.mark.parametrize("text", WRITTEN)
def test_what_is_written_is_read(text: str) -> None:
    assert compare(text)


def test_files_of_this_tree_are_read() -> None:
    assert compare((ROOT / "pyproject.toml").read_text())


@settings(max_examples=400)
@given(st.sampled_from(WRITTEN), st.integers(0, 2**32))
def test_what_is_changed_is_read_alike_or_is_an_error_of_both(text: str, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(chance.randint(1, 4)):
        at = chance.randint(0, len(text))
        other = chance.choice(WRITTEN)
        begin = chance.randint(0, len(other))
        pieces = (chance.choice("ab=.[]{}\"'#\n\n ,10-_\\tTeE:+x"), "", other[begin : begin + chance.randint(1, 12)])
        text = text[:at] + chance.choice(pieces) + text[at + chance.choice((0, 1)) :]
    compare(text)


@given(st.text() | st.text(alphabet="ab=.[]{}\"'#\n ,10-_\\tTeE:+x\r\x00", max_size=40))
def test_no_text_is_too_strange(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        return
    compare(text)


def test_tables_in_dots() -> None:
    assert strict_toml.dotted(strict_toml.loads(TOOLKIT)) == {
        "disable-require": False,
        "supported-driver-capabilities": "compat32,compute,display,graphics,ngx,utility,video",
        "nvidia-container-cli.environment": [],
        "nvidia-container-cli.ldconfig": "@/sbin/ldconfig",
        "nvidia-container-cli.load-kmods": True,
        "nvidia-container-runtime.log-level": "info",
        "nvidia-container-runtime.mode": "auto",
        "nvidia-container-runtime.runtimes": ["runc", "crun"],
        "nvidia-container-runtime.modes.cdi.annotation-prefixes": ["cdi.k8s.io/"],
        "nvidia-container-runtime.modes.cdi.default-kind": "nvidia.com/gpu",
        "nvidia-container-runtime.modes.legacy.cuda-compat-mode": "ldconfig",
        "features.disable-cuda-compat-lib-hook": True,
    }


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("a = yes\n", "yes is no value; a text has quotes at line 1"),
        ("\n[t]\n[t]\n", "'t' stands twice at line 3"),
        ("a = 1\na = 2\n", "'a' stands twice at line 2"),
        ("[t\n", "']' was expected at line 1"),
        ("a = " + "[" * 100, "nested more than 64 levels deep at line 1"),
    ],
)
def test_an_error_names_its_line(text: str, wrong: str) -> None:
    with pytest.raises(strict_toml.TomlError, match="is not TOML: ") as caught:
        strict_toml.loads(text)
    assert wrong in str(caught.value)
