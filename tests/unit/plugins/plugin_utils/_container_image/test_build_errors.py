# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The failing step of recorded outputs: of buildx 0.29.1, and of the classic builder as docker_image hands it over."""

from __future__ import annotations

from ansible_collections.dockyard.gpu.plugins.plugin_utils._container_image.build_errors import failure

BUILDKIT = """\
#0 building with "default" instance using docker driver

#5 [2/3] RUN echo one
#5 0.301 one
#5 DONE 0.4s

#6 [3/3] RUN echo two; exit 3
#6 0.212 two
#6 ERROR: process "/bin/sh -c echo two; exit 3" did not complete successfully: exit code: 3
------
 > [3/3] RUN echo two; exit 3:
0.212 two
------
Dockerfile:3
--------------------
   1 |     FROM debian
   2 |     RUN echo one
   3 | >>> RUN echo two; exit 3
   4 |
--------------------
ERROR: failed to solve: process "/bin/sh -c echo two; exit 3" did not complete successfully: exit code: 3
"""
CLASSIC = (
    "Error building lab/x - code: 3, message: The command '/bin/sh -c echo two; exit 3' returned a non-zero code: 3, "
    "logs: "
    "['Step 1/3 : FROM debian', '\\n', ' ---> 1', '\\n', 'Step 2/3 : RUN echo one', '\\n', 'one\\n', "
    "'Step 3/3 : RUN echo two; exit 3', '\\n', ' ---> Running in 2', '\\n', 'two\\n']"
)


def test_buildkits_failing_step_and_what_it_said() -> None:
    lines = failure({"stderr": BUILDKIT, "msg": "Building lab/x failed"}).splitlines()
    assert lines[:2] == [" > [3/3] RUN echo two; exit 3:", "0.212 two"]
    assert lines[-1].endswith("exit code: 3")
    assert "#5 0.301 one" not in lines


def test_an_error_without_a_step_is_the_error() -> None:
    output = "#1 [internal] load\n#1 ERROR: x\nERROR: failed to solve: a: not found\n"
    assert failure({"stderr": output, "msg": "Building lab/x failed"}) == "ERROR: failed to solve: a: not found"


def test_the_classic_builders_failing_step_and_what_it_said() -> None:
    lines = failure({"msg": CLASSIC}).splitlines()
    assert lines[0] == "Step 3/3 : RUN echo two; exit 3"
    assert "two" in lines
    assert lines[-1].endswith("returned a non-zero code: 3")
    assert "one" not in lines


def test_a_long_output_is_cut_at_its_begin() -> None:
    output = " > [1/1] RUN x:\n" + "".join(f"{number}\n" for number in range(100))
    lines = failure({"stderr": output}).splitlines()
    assert len(lines) == 30
    assert lines[-1] == "99"


def test_what_is_no_build_output_is_the_message() -> None:
    assert failure({"msg": "no docker"}) == "no docker"


def test_secrets_in_what_a_build_says_are_masked() -> None:
    secret = "RUN curl -u joe:opensesame https://x && PIP_TOKEN=opensesame ./run"
    for result in (
        {"stderr": BUILDKIT.replace("RUN echo two", secret)},
        {"msg": CLASSIC.replace("RUN echo two", secret)},
    ):
        reported = failure(result)
        assert "RUN curl -u ***" in reported
        assert "opensesame" not in reported
