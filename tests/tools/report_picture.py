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
OPENED = "[...document.querySelectorAll('.host button')].find(each => each.textContent === 'train003').click()"


def main() -> int:
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, browser.page() as page:
        path = Path(folder) / "index.html"
        path.write_text(report_page(fleet.report(len(fleet.KINDS))))
        for scheme in ("light", "dark"):
            page.open(path, scheme, width=1360, height=860)
            page.run(OPENED)
            page.picture(PICTURES / f"fleet_report_{scheme}.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
