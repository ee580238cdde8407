# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's commands."""

from __future__ import annotations

import argparse
import sys

from . import gpus, hosts, images, machine, repository
from .engine import LabError, require
from .way import Container


def main() -> int:
    arguments = _parser().parse_args()
    try:
        require()
        with machine.lock():
            _do(arguments)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 tests/lab", description="What stands in for the world in the tests.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verbs.add_parser("up", help="host images, network and package repository: everything molecule needs")
    verbs.add_parser("images", help="only the host images")
    verbs.add_parser("repository", help="like up, and print the repository's facts")
    down = verbs.add_parser("down", help="remove what was started; images stay as a cache")
    down.add_argument("--images", action="store_true", help="remove the images too")
    many = verbs.add_parser("hosts", help="hosts reached by ssh: `hosts up N` prints an inventory")
    actions = many.add_subparsers(dest="action", required=True, metavar="up|down")
    start = actions.add_parser("up")
    start.add_argument("count", type=int, metavar="N")
    start.add_argument("--machine", choices=gpus.names(), help="the GPUs that each of them has")
    actions.add_parser("down")
    give = verbs.add_parser("gpus", help="give a running lab host the GPUs of a machine")
    give.add_argument("host")
    give.add_argument("machine", choices=gpus.names())
    through = verbs.add_parser("inventory", help="running containers of lab images, by ssh through their engine")
    through.add_argument("name", nargs="+")
    verbs.add_parser("ssh-config", help="an ssh configuration for the hosts that run")
    return parser


def _do(arguments: argparse.Namespace) -> None:
    if arguments.verb == "images":
        images.all_hosts()
    elif arguments.verb in ("up", "repository"):
        images.all_hosts()
        repository.up()
        if arguments.verb == "repository":
            print(repository.FACTS.read_text(), end="")
    elif arguments.verb == "down":
        hosts.down()
        repository.down()
        if arguments.images:
            images.remove()
    elif arguments.verb == "ssh-config":
        print(hosts.ssh_config())
    elif arguments.verb == "inventory":
        print(hosts.through_engine(arguments.name))
    elif arguments.verb == "gpus":
        gpus.give(Container(arguments.host), arguments.machine)
    elif arguments.action == "up":
        images.all_hosts()
        repository.up()
        print(hosts.up(arguments.count, arguments.machine))
    else:
        hosts.down()
