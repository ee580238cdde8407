#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Callable, Dict, List, Sequence, Tuple

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dockyard.gpu.plugins.module_utils._common import installing
from ansible_collections.dockyard.gpu.plugins.module_utils._common.plain_files import FileError
from ansible_collections.dockyard.gpu.plugins.module_utils._host import system

GROUP = system.DOCKER_GROUP
Run = Callable[[Sequence[str]], Tuple[int, str, str]]


class Change:
    """``found`` is the group as it is."""

    def __init__(self, params: Dict[str, Any], found: Dict[str, Any]) -> None:
        self.by = params["by"]
        self.makes = params["state"] == "present" and not found["exists"]
        self.removes = params["state"] == "absent" and found["exists"]
        self.before: List[str] = found["members"]
        self.added = [user for user in dict.fromkeys(params["add"]) if user not in self.before]
        self.taken = [user for user in dict.fromkeys(params["remove"]) if user in self.before]
        gone = self.before if self.removes else self.taken
        self.after = sorted({*self.before, *self.added} - set(gone))

    @property
    def any(self) -> bool:
        return bool(self.makes or self.removes or self.added or self.taken)

    def make(self, run: Run, record: installing.Record) -> None:
        """Raises RuntimeError with the program's words."""
        if self.makes:
            self._noted(record, "groups", GROUP, run, ["groupadd", "--system", GROUP])
        for user in self.added:
            self._noted(record, "members", user, run, ["gpasswd", "--add", user, GROUP])
        for user in self.taken:
            _run(run, ["gpasswd", "--delete", user, GROUP])
            record.forget("members", [user])
        if self.removes:
            _run(run, ["groupdel", GROUP])
            record.forget("groups", [GROUP])
            record.forget("members", record.names("members"))

    def _noted(self, record: installing.Record, kind: str, name: str, run: Run, command: List[str]) -> None:
        record.note(self.by, kind, [name])
        try:
            _run(run, command)
        except RuntimeError:
            record.forget(kind, [name])
            raise


def _run(run: Run, command: List[str]) -> None:
    code, output, errors = run(command)
    if code:
        raise RuntimeError(f"{' '.join(command)}: {' '.join((errors or output).split())}")


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "by": {"type": "str"},
            "add": {"type": "list", "elements": "str", "default": []},
            "remove": {"type": "list", "elements": "str", "default": []},
            "state": {"type": "str", "choices": ["present", "absent", "unchanged"], "default": "present"},
        },
        required_if=[("state", "present", ["by"])],
        supports_check_mode=True,
    )
    change = Change(module.params, system.docker_group())
    if change.any and not module.check_mode:
        module.run_command_environ_update = {"LC_ALL": "C"}
        try:
            with installing.changing("the members of the group docker") as record:
                change.make(lambda command: module.run_command(list(command)), record)
        except (FileError, RuntimeError) as error:
            module.fail_json(msg=str(error))
    shown = ["".join(f"{user}\n" for user in users) for users in (change.before, change.after)]
    module.exit_json(changed=change.any, members=change.after, diff={"before": shown[0], "after": shown[1]})


if __name__ == "__main__":
    main()
