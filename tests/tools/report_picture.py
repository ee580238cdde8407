"""The pictures of the report in the documentation: a fleet that is not there, in the browser that people have."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from ansible_collections.dockyard.gpu.plugins.plugin_utils._reporting.report_page import report_page
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils import fleet
from steps import ROOT

sys.path.insert(0, str(ROOT / "molecule" / "shared"))
import browser

PICTURES = ROOT / "docs" / "docsite" / "rst" / "images"


def main() -> int:
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, browser.page(height=860) as page:
        path = Path(folder) / "index.html"
        path.write_text(report_page(fleet.report(len(fleet.KINDS))))
        page.goto(path.as_uri())
        page.get_by_role("button", name="train003").click()
        page.mouse.move(0, 0)
        page.emulate_media(color_scheme="light")
        page.screenshot(path=PICTURES / "fleet_report_light.png")
        page.emulate_media(color_scheme="dark")
        page.screenshot(path=PICTURES / "fleet_report_dark.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
