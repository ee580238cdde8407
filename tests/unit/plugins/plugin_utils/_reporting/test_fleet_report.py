# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A report: its data, its page and its tables, whatever hosts say of themselves."""

from __future__ import annotations

import csv
import html.parser
import io
import json
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.text import NAME, shown
from ansible_collections.dockyard.gpu.plugins.plugin_utils._reporting.fleet_plan import host_plan
from ansible_collections.dockyard.gpu.plugins.plugin_utils._reporting.fleet_report import fleet_report, host_report
from ansible_collections.dockyard.gpu.plugins.plugin_utils._reporting.report_csv import gpus_csv, hosts_csv
from ansible_collections.dockyard.gpu.plugins.plugin_utils._reporting.report_page import report_page
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils import fleet
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import bare_host
from hypothesis import given
from hypothesis import strategies as st

Described = dict[str, Any]
ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=300)
HOSTILE = "</script><script>alert(1)</script>\x1b[2J{{ 7 * 7 }}\"'><img src=x onerror=alert(2)>"


class Parsed(html.parser.HTMLParser):
    """What a page says, and what it is made of."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: list[str] = []
        self.marks: list[str] = []
        self.addresses: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._open = [tag]
        self.marks += [value or "" for _name, value in attrs]
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "action", "srcset")]
        assert not [name for name, _value in attrs if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        if self._open not in (["script"], ["style"]):
            self.texts.append(data)


def one(look: Described, name: str = "n1") -> Described:
    plan = host_plan({"ansible_facts": {}}, [], [], {})
    return fleet_report({name: {"_dockyard_report": host_report(look, plan, "2026-11-25")}}, [name], fleet.MADE_AT)


def saying(text: str) -> Described:
    """A host that says it wherever a host can say something."""
    look = fleet.host(0, "h100x8")
    look["distribution"]["pretty_name"] = text
    look["kernel"]["release"] = text
    look["engine"]["version"] = text
    look["nvidia"]["gpus"][0].update(name=text, uuid=text, kernel_driver=text)
    look["nvidia"]["driver"]["loaded_modules"] = text
    look["problems"] = [{"code": text, "message": text, "remedy": text}]
    look["reboot"] = {"required": True, "packages": [text]}
    return look


def test_a_host_is_reported_with_all_that_is_on_it() -> None:
    reported = one(fleet.broken(1))["hosts"][0]
    assert (reported["distribution"], reported["driver"]["version"], reported["toolkit"]) == (
        "Ubuntu 24.04",
        "580.178.04",
        "1.20.0",
    )
    assert reported["engine"] == {"version": "29.7.2", "package": "docker-ce", "runs": True, "containers": 3}
    assert [gpu["name"] for gpu in reported["gpus"]] == ["H100 SXM5 80GB"] * 8
    assert [bool(gpu["problems"]) for gpu in reported["gpus"]] == [False] * 3 + [True] + [False] * 4
    assert reported["problems"][0]["remedy"].startswith("Reboot the host")


@pytest.mark.parametrize(
    ("parts", "toolkit"),
    [({}, "1.20.0"), ({"packages": {}}, ""), ({"packages": {}, "toolkit": {"version": "1.19.1"}}, "1.19.1")],
)
def test_a_toolkit_is_known_by_the_look_or_by_its_package(parts: Described, toolkit: str) -> None:
    assert one(fleet.host(0, "rtx4090", **parts))["hosts"][0]["toolkit"] == toolkit


def test_hosts_are_counted_by_what_is_the_matter() -> None:
    report = fleet.report(13)
    counted = {"hosts": 13, "converged": 7, "drift": 4, "invalid": 1, "unreachable": 1, "gpus": 47}
    counted |= {"problems": 1, "gpus_with_problems": 1, "end_of_life": 1, "security_floor": 2, "reboot_due": 1}
    assert {name: report["totals"][name] for name in counted} == counted
    assert report["kinds"]["gpus"][0] == {"name": "H100 SXM5 80GB", "count": 32}


def test_a_host_that_no_one_reaches_is_reported() -> None:
    reported = fleet.report(13)["hosts"][-1]
    assert (reported["host"], reported["state"], reported["gpus"]) == ("attic013", "unreachable", [])
    assert "No route to host" in reported["message"]
    assert fleet_report({"n1": {}}, ["n1"], fleet.MADE_AT)["hosts"][0]["state"] == "failed"


def test_a_bare_host_is_one_with_nothing() -> None:
    reported = one(bare_host())["hosts"][0]
    assert (reported["engine"]["version"], reported["driver"]["version"], reported["gpus"]) == ("", "", [])
    assert "A look-alike" in report_page(one(bare_host()))


def test_the_page_loads_nothing_and_does_only_what_we_wrote() -> None:
    page = Parsed(report_page(fleet.report(26)))
    assert page.addresses == []
    assert page.tags.count("script") == 2
    assert "url(" not in report_page(fleet.report(1))


@given(ANY_TEXT)
def test_whatever_a_host_says_the_page_says_it_as_text(said: str) -> None:
    ours = Parsed(report_page(one(saying("word"))))
    page = Parsed(report_page(one(saying(said))))
    assert [tag for tag in page.tags if tag != "small"] == [tag for tag in ours.tags if tag != "small"] or not said
    for place in ("the distribution", "a problem"):
        assert shown(said, NAME if place == "the distribution" else 500) in [*page.texts, ""], place
    assert shown(said, NAME) in page.marks


def test_a_host_that_means_harm_is_read_as_it_is() -> None:
    report = one(saying(HOSTILE), HOSTILE)
    page, text = Parsed(report_page(report)), report_page(report)
    assert page.tags.count("script") == 2
    assert "img" not in page.tags
    for reported in (text, json.dumps(report), hosts_csv(report), gpus_csv(report)):
        assert "\x1b" not in reported
        assert "{{ 7 * 7 }}" in reported
    assert shown(HOSTILE, NAME) in page.texts


def test_a_name_of_ten_kilobytes_is_cut_with_a_note() -> None:
    report = one(saying("G" * 10240))
    assert report["hosts"][0]["gpus"][0]["name"].endswith("... (cut: 10240 characters)")
    assert max(map(len, Parsed(report_page(report)).texts)) < 600


@pytest.mark.parametrize("said", ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0"])
def test_no_cell_is_a_formula(said: str) -> None:
    report = one(saying(said), said)
    for text in (hosts_csv(report), gpus_csv(report)):
        rows = list(csv.DictReader(io.StringIO(text)))
        assert rows[0]["host"] == f"'{said}"
        assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]


def test_tables_have_a_line_for_each_host_and_each_gpu() -> None:
    report = fleet.report(13)
    hosts, gpus = (list(csv.DictReader(io.StringIO(text))) for text in (hosts_csv(report), gpus_csv(report)))
    assert (len(hosts), len(gpus)) == (13, 47)
    old = next(row for row in hosts if row["host"] == "desk011")
    assert (old["driver"], old["toolkit"], old["reboot_due"]) == ("535.288.01", "1.17.8", "for linux-image-6.12.63")
    assert "2028-06-30" in old["end_of_life"]
    assert gpus[0]["memory_total_mib"] == "81559"


def test_what_is_not_known_of_a_host_is_an_empty_cell() -> None:
    report = fleet.report(13)
    unseen = [each["host"] for each in report["hosts"] if each["state"] in ("unreachable", "failed")]
    rows = [row for row in csv.DictReader(io.StringIO(hosts_csv(report))) if row["host"] in unseen]
    assert rows
    for row in rows:
        assert {name for name, cell in row.items() if cell} == {"host", "state", "disrupts", "message"}
