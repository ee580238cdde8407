"""The page of the documentation that says what auto chooses: made from the code, one row a machine and distribution."""

from __future__ import annotations

import sys
from pathlib import Path

from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_driver.branches import ARCHITECTURES, BRANCHES
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_driver.plan import errors, status, untouched
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils import machines

PAGE = Path(__file__).resolve().parents[2] / "docs" / "docsite" / "rst" / "driver_choice.rst"
HEAD = """\
.. _ansible_collections.dockyard.gpu.docsite.driver_choice:

Which driver is chosen
======================

..
   Made by tests/tools/driver_table.py from the code; a test holds the page to it.

What the role :ansplugin:`dockyard.gpu.nvidia_driver#role` chooses with its defaults, so that you can check it against
NVIDIA's documents. The `driver branches <https://docs.nvidia.com/datacenter/tesla/drivers/>`_ have ends of life; the
`driver installation guide <https://docs.nvidia.com/datacenter/tesla/driver-installation-guide/>`_ says which GPUs need
which kernel modules. Both were read in November 2026.

``auto`` is the newest long-term branch that supports all GPUs of the host and whose packages were published by then.
Branch 620 is a long-term branch too, begun in November 2026; which versions of it the repositories have, and whether it
drops a GPU, was not known then, and an archive that lacks it would leave a host without a driver. So ``auto`` is 580,
which gets fixes until June 2028, and 620 only for GPUs that nothing older supports; ``nvidia_driver_branch: "620"``
chooses it at once.

"""


def table(heading: str, columns: list[str], rows: list[list[str]]) -> str:
    lines = [heading, "-" * len(heading), "", ".. list-table::", "   :header-rows: 1", ""]
    for row in [columns, *rows]:
        lines += [f"   {'* -' if number == 0 else '  -'} {cell}" for number, cell in enumerate(row)]
    return "\n".join(lines) + "\n"


def chosen(machine: str, distribution: str) -> list[str]:
    host, wanted = machines.host(machine, distribution), machines.settings()
    reason = untouched(host, wanted)
    if reason:
        return [machine, distribution, "", f"untouched: {reason}"]
    found = status(host, wanted)
    if not found["branch"]:
        return [machine, distribution, found["source"], f"rejected: {' '.join(errors(host, wanted))}"]
    return [machine, distribution, found["source"], f"{found['branch']}, {found['modules']} modules"]


def page() -> str:
    branches = [
        [str(number), branch.kind, branch.end_of_life or "not published", branch.floor or "not known"]
        for number, branch in BRANCHES.items()
    ]
    architectures = [
        [name, str(need.first or "any"), str(need.last or "newest"), need.modules]
        for name, need in ARCHITECTURES.items()
    ]
    plans = [chosen(machine, name) for machine in machines.MACHINES for name in machines.DISTRIBUTIONS]
    return HEAD + "\n".join(
        [
            table("Machines of the tests", ["machine", "distribution", "source", "choice"], plans),
            table("Architectures", ["architecture", "first branch", "last branch", "modules"], architectures),
            table(
                "Branches", ["branch", "kind", "last month", "oldest version without known vulnerabilities"], branches
            ),
        ]
    )


if __name__ == "__main__":
    PAGE.write_text(page())
    sys.stdout.write(f"{PAGE.name} is written\n")
