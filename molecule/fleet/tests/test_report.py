# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a fleet, one of whose hosts means harm, in the browser that people have."""

from __future__ import annotations

import csv
import functools
import json
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import browser
import pytest
from control import answer, play_verbosely, shell
from playwright.sync_api import Page, expect

CPU, GPU, BROKEN, GONE = "fleet-cpu", "fleet-gpu", "fleet-broken", "fleet-gone"
FLEET: dict[str, dict[str, Any]] = {
    CPU: {},
    GPU: {},
    BROKEN: {},
    GONE: {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1},
}
FOLDER = Path(tempfile.mkdtemp(prefix="dockyard-report-"))
MARKUP = "<script>document.title=1</script><img src=x>"
ESCAPES = "\x1b[2J\x1b]0;owned\x07"
TEMPLATE = "{{ 7 * 7 }}{{ lookup('pipe', 'touch /tmp/dockyard-owned') }}"
OWNED = Path("/tmp/dockyard-owned")
# What the page asked for, and what the browser had to say of it.
requested: list[str] = []
complaints: list[str] = []
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@functools.cache
def folder() -> Path:
    """The report, made once; the broken host says hostile things, and its GPU has a name of ten kilobytes."""
    OWNED.unlink(missing_ok=True)
    described = json.loads(shell(BROKEN, "cat /etc/dockyard-lab-gpus/machine.json"))
    # A device that is in no list has the name that its driver gives it.
    described["cards"][0].update(device="0x26fe", name=MARKUP + TEMPLATE + "x" * 10240, nouveau=False)
    _write(BROKEN, "/etc/dockyard-lab-gpus/machine.json", json.dumps(described))
    name = f"={MARKUP}{ESCAPES}{TEMPLATE}"
    _write(
        BROKEN, "/etc/os-release", f"ID=debian\nVERSION_ID=13\nVERSION_CODENAME=trixie\nPRETTY_NAME='{_quoted(name)}'\n"
    )
    # A machine is seen when it boots.
    subprocess.run(["docker", "restart", "--time", "3", BROKEN], check=True, stdout=subprocess.DEVNULL)
    shell(BROKEN, "timeout 120 sh -c 'until nvidia-smi -L >/dev/null; do sleep 0.5; done'")
    shell(BROKEN, "lab-gpus fault reset_required '[\"0000:01:00.0\"]'")
    done = answer("dockyard.gpu.report", FLEET, "-e", f"report_folder={FOLDER}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{FOLDER}/index.html" in done.stdout
    return FOLDER


def _quoted(text: str) -> str:
    return text.replace("'", "'\\''")


def _write(host: str, path: str, content: str) -> None:
    shell(host, f"rm -f {path}; printf '%s' '{_quoted(content)}' > {path}")


def address() -> str:
    return (folder() / "index.html").resolve().as_uri()


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with browser.page() as opened:
        opened.on("request", lambda request: requested.append(request.url))
        opened.on("console", lambda message: complaints.append(message.text))
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.goto(address())
        yield opened


def shown(page: Page) -> list[str]:
    """The hosts that someone sees, in their order."""
    return page.locator("#hosts > tbody:not([hidden]) > .host > th").all_text_contents()


def test_the_data_tell_of_every_host() -> None:
    report = json.loads((folder() / "report.json").read_text())
    hosts = {host["host"]: host for host in report["hosts"]}
    assert {name: host["state"] for name, host in hosts.items()} == {
        CPU: "converged",
        GPU: "drift",
        BROKEN: "drift",
        GONE: "unreachable",
    }
    assert [gpu["name"] for gpu in hosts[GPU]["gpus"]] == ["H100 SXM5 80GB"] * 8
    assert hosts[GPU]["gpus"][0]["memory_total_mib"] > 80000
    assert [each["kind"] for each in hosts[GPU]["findings"]] == ["security_floor"]
    assert hosts[BROKEN]["problems"][0]["remedy"]
    assert "port 1" in hosts[GONE]["message"]
    assert hosts[CPU]["engine"]["runs"]


def test_tables_hold_no_formula() -> None:
    for name, count in (("hosts.csv", 4), ("gpus.csv", 9)):
        with (folder() / name).open(newline="") as table:
            rows = list(csv.DictReader(table))
        assert len(rows) == count
        assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]


def test_what_a_host_says_is_text_everywhere(page: Page) -> None:
    reported = answer("dockyard.gpu.plan", {BROKEN: {}}, "-e", "plan_format=json")
    texts = [(folder() / name).read_text() for name in ("index.html", "report.json", "hosts.csv", "gpus.csv")]
    assert all("{{ 7 * 7 }}" in text for text in texts)
    assert not [text for text in (*texts, reported.stdout, reported.stderr) if "\x1b" in text or "\x07" in text]
    assert page.title().startswith("Fleet report")
    assert page.locator("img").count() == 0
    seen = page.locator("body").text_content() or ""
    assert MARKUP in seen
    assert "\\x1b[2J" in seen
    assert "(cut: " in seen
    assert not OWNED.exists()


def test_the_page_loads_nothing_and_complains_of_nothing(page: Page) -> None:
    assert page.url == address()
    assert requested == [address()]
    assert complaints == []


def test_the_keyboard_filters_sorts_and_opens(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("h100")
    assert shown(page) == [GPU]
    expect(page.locator("#count")).to_have_text("1 of 4 shown")
    page.keyboard.press("Escape")
    assert shown(page) == [BROKEN, CPU, GPU, GONE], "as the inventory has them"
    header = page.locator("#hosts > thead th").first
    header.get_by_role("button").press("Enter")
    assert shown(page) == sorted(FLEET)
    page.keyboard.press("Enter")
    assert shown(page) == sorted(FLEET, reverse=True)
    expect(header).to_have_attribute("aria-sort", "descending")
    page.locator("[data-only=unreachable]").press("Enter")
    assert shown(page) == [GONE]
    page.locator('[data-only=""]').click()
    more = page.locator(".more").first
    expect(more).to_be_hidden()
    page.locator(".host button").first.press("Enter")
    expect(more).to_have_css("display", "table-row")


def test_light_dark_and_paper(page: Page) -> None:
    found = []
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        page.goto(address())
        found.append(ground(page))
    page.locator("#theme").click()
    assert ground(page) == found[0] != found[1]
    assert page.pdf(print_background=True, landscape=True).startswith(b"%PDF")


def ground(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


def test_the_terminal_shows_text_too() -> None:
    folder()
    # Beside a host that goes on, since without one there is no summary.
    said = play_verbosely("dockyard.gpu.site", {CPU: {}, BROKEN: {"docker_engine_source": "snap"}})
    summary = said.stdout[said.stdout.index("TASK [Summarize the run]") :]
    assert MARKUP.split()[0] in summary
    assert "\\x1b[2J" in summary
    assert "\x1b[2J" not in summary
    assert not OWNED.exists()
