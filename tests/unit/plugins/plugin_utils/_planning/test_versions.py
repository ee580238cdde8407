# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Version choice: what people want against what repositories offer, in the order that dpkg has."""

from __future__ import annotations

import itertools
import shutil
import subprocess

import pytest
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning import versions
from hypothesis import given, settings
from hypothesis import strategies as st

# Forms that Docker, Debian and Ubuntu have published, each list from the oldest to the newest.
ORDERED = [
    [
        "18.03.1~ce~3-0~debian",
        "5:28.5.2-1~debian.12~bookworm",
        "5:29.7.2-1~debian.12~bookworm",
        "5:29.8.0~rc.2-1~debian.12~bookworm",
        "5:29.8.0~rc.10-1~debian.12~bookworm",
        "5:29.8.0-1~debian.12~bookworm",
        "5:29.10.0-1~debian.12~bookworm",
        "5:29.70.0-1~debian.12~bookworm",
    ],
    ["5:29.7.2-1~ubuntu.24.04~noble", "5:29.7.2-2~ubuntu.24.04~noble", "5:29.7.2-10~ubuntu.24.04~noble"],
    ["20.10.24+dfsg1-1", "20.10.24+dfsg1-1+b3", "20.10.24+dfsg1-1+deb12u1", "20.10.24+dfsg1-1+deb12u1+b2"],
    ["20.10.24+dfsg1-1+deb12u9", "20.10.24+dfsg1-1+deb12u10"],
    ["26.1.5+dfsg1-9+b9", "26.1.5+dfsg1-9+b10"],
    ["27.5.1-0ubuntu3~24.04.2", "27.5.1-0ubuntu3~24.04.10", "27.5.1-0ubuntu3", "28.2.2-0ubuntu1"],
    ["2.2.1~rc.1-1~debian.13~trixie", "2.2.1-1~debian.13~trixie"],
]


@pytest.mark.parametrize("ordered", ORDERED, ids=lambda each: each[0])
def test_the_newest_is_found_wherever_it_stands(ordered: list[str]) -> None:
    for older, newer in itertools.combinations(ordered, 2):
        assert versions.newest([older, newer]) == versions.newest([newer, older]) == newer


PARTS = st.text("0129az.+~", min_size=1, max_size=6).map(lambda text: "1" + text)
PUBLISHED = st.builds(
    lambda epoch, upstream, revision: f"{epoch}{upstream}{revision}",
    st.sampled_from(["", "0:", "5:"]),
    PARTS,
    PARTS.map("-{}".format) | st.just(""),
)


@pytest.mark.skipif(not shutil.which("dpkg"), reason="dpkg, with which versions are compared, is not here")
@settings(max_examples=10)
@given(st.lists(st.tuples(PUBLISHED, PUBLISHED), min_size=20, max_size=20))
def test_the_order_is_dpkgs(pairs: list[tuple[str, str]]) -> None:
    # One shell for all pairs: starting dpkg is cheap, starting a shell for each is not.
    script = "".join(f"dpkg --compare-versions '{one}' gt '{other}'; echo $?\n" for one, other in pairs)
    output = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout.split()
    for (one, other), status in zip(pairs, output, strict=True):
        # Where there is no difference, the first of the two stays the newest.
        assert (versions.newest([other, one]) == one) is (status == "0" or one == other), (one, other)


@pytest.mark.parametrize(
    ("version", "desired", "fits"),
    [
        ("5:29.7.2-1~debian.13~trixie", "29", True),
        ("5:29.7.2-1~debian.13~trixie", "29.7", True),
        ("5:29.7.2-1~debian.13~trixie", "29.7.2", True),
        ("5:29.7.2-1~debian.13~trixie", "29.7.1", False),
        ("5:29.70.0-1~debian.13~trixie", "29.7", False),
        ("5:29.7.20-1~debian.13~trixie", "29.7.2", False),
        ("5:28.29.7-1~debian.13~trixie", "29.7", False),
        ("5:29.7.2-1~debian.13~trixie", "5", False),
        ("20.10.24+dfsg1-1+deb12u1+b2", "20.10", True),
        ("20.10.24+dfsg1-1+deb12u1+b2", "20.10.24", True),
        ("20.10.24+dfsg1-1+deb12u1+b2", "20.10.2", False),
        ("27.5.1-0ubuntu3~24.04.2", "27.5.1", True),
        ("5:29.8.0~rc.1-1~debian.13~trixie", "29.8", True),
        ("29.7", "29.7.0", False),
    ],
)
def test_a_desired_fits_whole_numbers_only(version: str, desired: str, fits: bool) -> None:
    assert versions.satisfies(version, desired) is fits


@pytest.mark.parametrize(
    ("desired", "chosen"),
    [
        ("29", "5:29.70.0-1~x"),
        ("29.7", "5:29.7.10-1~x"),
        ("29.7.2", "5:29.7.2-2~x"),
        ("29.8", "5:29.8.0-1~x"),
        ("30", ""),
    ],
)
def test_the_best_is_the_newest_that_fits(desired: str, chosen: str) -> None:
    offered = ["29.8.0~rc.1", "29.7.2", "29.7.10", "29.70.0", "29.8.0"]
    assert versions.best([*(f"5:{version}-1~x" for version in offered), "5:29.7.2-2~x"], desired) == chosen


@pytest.mark.parametrize(
    ("version", "upstream"),
    [
        ("5:29.7.2-1~debian.13~trixie", "29.7.2"),
        ("20.10.24+dfsg1-1+deb12u1", "20.10.24+dfsg1"),
        ("29.7.2", "29.7.2"),
        ("5:29.8.0~rc.1-1~x", "29.8.0~rc.1"),
    ],
)
def test_people_are_shown_versions_without_packaging(version: str, upstream: str) -> None:
    assert versions.upstream(version) == upstream
