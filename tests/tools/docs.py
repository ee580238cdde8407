"""Builds the documentation into build/docs, without a network and without a warning."""

from __future__ import annotations

import shutil
import sys

from steps import BUILD, ROOT, call

SOURCE = BUILD / "docs-source"
OUTPUT = BUILD / "docs"


def main() -> int:
    call("antsibull-docs", "lint-collection-docs", "--plugin-docs", "--validate-collection-refs", "dependent", ROOT)
    shutil.rmtree(SOURCE, ignore_errors=True)
    shutil.copytree(ROOT / "docs" / "site", SOURCE)
    # antsibull-docs writes only into a folder that no one else may write to.
    SOURCE.chmod(0o755)
    call(
        *("antsibull-docs", "--config-file", SOURCE / "antsibull-docs.cfg", "collection", "--use-current"),
        *("--fail-on-error", "--dest-dir", SOURCE, "dockyard.gpu"),
    )
    # antsibull-docs takes the pages along, and not their pictures.
    shutil.copytree(
        ROOT / "docs" / "docsite" / "rst" / "images", SOURCE / "collections" / "dockyard" / "gpu" / "docsite" / "images"
    )
    call("sphinx-build", "-q", "-E", "-W", "--keep-going", "-b", "html", SOURCE, OUTPUT)
    return 0


if __name__ == "__main__":
    sys.exit(main())
