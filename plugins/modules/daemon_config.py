#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import os
import re
from typing import Any, NoReturn

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dockyard.gpu.plugins.module_utils._common import (
    engine_paths,
    installing,
    json_text,
    secret_options,
)
from ansible_collections.dockyard.gpu.plugins.module_utils._common.mask_pairs import apart
from ansible_collections.dockyard.gpu.plugins.module_utils._common.plain_files import FileError
from ansible_collections.dockyard.gpu.plugins.module_utils._common.redaction import mask, secrets_in
from ansible_collections.dockyard.gpu.plugins.module_utils._daemon_json import files, log_options
from ansible_collections.dockyard.gpu.plugins.module_utils._daemon_json import flags as daemon_json_flags
from ansible_collections.dockyard.gpu.plugins.module_utils._daemon_json import state as daemon_json_state
from ansible_collections.dockyard.gpu.plugins.module_utils._daemon_json.effect import NONE, RELOAD, RESTART, effect
from ansible_collections.dockyard.gpu.plugins.module_utils._daemon_json.keys import faults
from ansible_collections.dockyard.gpu.plugins.module_utils._daemon_json.merge import changed_leaves, plan_change
from ansible_collections.dockyard.gpu.plugins.module_utils._daemon_json.pending import (
    learns_live_restore,
    pending_after,
    rolled_back,
    settled,
    taken_up,
)
from ansible_collections.dockyard.gpu.plugins.module_utils._docker import (
    config_file,
    contents,
    dockerd,
    plugin_names,
    plugins,
    reload,
)
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.api import DEFAULT_SOCKET, EngineClient, EngineError

# Seconds for each answer of an engine about what it has.
_PATIENCE = 10


class DaemonConfig:
    def __init__(self, module: AnsibleModule, desired: dict[str, Any], flags: list[str] | None) -> None:
        self.module = module
        self.desired = desired
        self.flags = dockerd.unit_flags() if flags is None else flags
        self.path = os.path.abspath(module.params["path"])
        self.state_path: str = module.params["state_path"]
        self.state = daemon_json_state.load(self.state_path)
        self.text, self.current = daemon_json_state.read_config(self.path)
        secret_options.hide(module, self.current)
        secret_options.hide(module, self.state)
        self.engine = daemon_json_state.engine_identity(daemon_json_flags.combined(self.current, self.flags))
        self.found_mode = files.mode_of(self.path)
        # Null leaves a file that is there as it is.
        self.mode: int | None = None
        self.result: dict[str, Any] = {}

    def run(self) -> dict[str, Any]:
        if self.state["path"] not in (None, self.path):
            self._fail(
                f"{self.state_path} records the owners of {self.state['path']}, not of {self.path}:"
                " give each file its own state_path."
            )
        self.state["path"] = self.path
        if self.module.params["state"] == "rolled_back":
            self._roll_back()
        elif self.module.params["state"] == "settled":
            self._finish(dict(self.state), self.current, self.text)
        else:
            self._merge({} if self.module.params["state"] == "absent" else self.desired)
        return self.result

    def _merge(self, desired: dict[str, Any]) -> None:
        flags = self.flags
        owner = self.module.params["owner"]
        # The unit is that of the usual file; a file elsewhere may be another engine's.
        ours = self.module.params["flags"] is not None or self.path == engine_paths.DAEMON_JSON
        other = config_file.other_file(flags, self.path) if ours else ""
        problems = [*([f"{other}."] if desired and other else []), *faults(desired, flags)]
        plan = plan_change(self.current, self.state, owner, desired, self.module.params["taken_over"])
        problems += plan["conflicts"]
        effective = daemon_json_flags.combined(plan["after"], flags)
        problems += plugin_names.problems(desired, effective, self._plugins())
        problems += [] if plan["conflicts"] else self._logs(desired, effective)
        if problems:
            self._fail(f"The configuration that {owner} sets is rejected: " + " ".join(problems), problems=problems)
        text = json_text.whole(plan["after"]) if plan["changes"] else self.text
        if plan["changes"]:
            self._validate(text or "", flags)
        if secrets_in(plan["after"]) and not secrets_in(self.current) and self.found_mode in (None, 0o644):
            # The usual mode, which no one chose for a secret.
            self.mode = 0o600
        state = {**self.state, "owners": plan["owners"], "displaced": plan["displaced"]}
        state["pending"] = pending_after(self.state, self.current, plan["after"], self.engine)
        self._finish(state, plan["after"], text)

    def _logs(self, desired: dict[str, Any], effective: dict[str, Any]) -> list[str]:
        """What dockerd does not check before it starts; of what this call changes."""
        before = daemon_json_flags.combined(self.current, self.flags)
        if self.module.params["state"] == "absent" or not self.module.params["validate"]:
            return []
        if all(before.get(key) == effective.get(key) for key in ("log-driver", "log-opts")):
            return []
        version = dockerd.version(self.module.params["dockerd"] or self.module.get_bin_path("dockerd"))
        return log_options.problems(effective, desired, daemon_json_flags.texts(self.flags), self.path, version)

    def _plugins(self) -> dict[str, list[str]] | None:
        """What the running engine has of what its configuration can name; null where none can be asked."""
        if self.engine is None or not self.module.params["validate"]:
            return None
        client = EngineClient(DEFAULT_SOCKET, _PATIENCE)
        try:
            return plugins.plugins(client, client.get_json("/info"))
        except EngineError:
            return None

    def _roll_back(self) -> None:
        pending = self.state["pending"]
        # What someone has changed since is not ours to take back.
        taken_back = bool(pending and pending["after"] == self.current)
        # Nor is what was taken back already, and waits for a restart.
        taken_back = taken_back and effect(pending["before"]["config"], pending["after"]) != NONE
        before = pending["before"]["config"] if taken_back else self.current
        config = self._with_store(before)
        if config != before:
            text: str | None = json_text.whole(config or {})
        else:
            text = self._text_before(pending) if taken_back else self.text
        state = rolled_back(self.state, self.current, self.engine) if taken_back else self.state
        self._finish(state, config, text)

    def _text_before(self, pending: dict[str, Any]) -> str | None:
        config = pending["before"]["config"]
        if config is None:
            return None
        # To the letter, if the backup is still there and has not been touched.
        with contextlib.suppress(FileError):
            text, backed_up = daemon_json_state.read_config(pending["backup"] or "")
            if backed_up == config:
                self.mode = files.mode_of(pending["backup"])
                return text
        return json_text.whole(config)

    def _with_store(self, config: dict[str, Any] | None) -> dict[str, Any] | None:
        """With what makes the engine take the store again that it had; no one's part, so that it stays."""
        record = contents.load(engine_paths.CONTENTS)
        params = self.module.params
        program = params["dockerd"] or self.module.get_bin_path("dockerd")
        return contents.config_with_store(config, record, dockerd.version(program), self.flags) if record else config

    def _validate(self, text: str, flags: list[str]) -> None:
        params = self.module.params
        program = params["dockerd"] or self.module.get_bin_path("dockerd")
        if not params["validate"]:
            verdict = dockerd.Verdict(None, "validate is false", [])
        elif not program or not os.path.exists(program):
            verdict = dockerd.Verdict(None, "there is no dockerd on this host yet", [])
        else:
            verdict = dockerd.validate(program, text, self.path, flags, self.module.tmpdir)
        if verdict.accepted is False:
            named = f" (key: {', '.join(verdict.keys)})" if verdict.keys else ""
            self._fail(f"The engine rejects this configuration{named}; nothing was changed. It says: {verdict.words}")
        self.result.update(validated=bool(verdict.accepted), validation_note="" if verdict.accepted else verdict.words)

    def _finish(self, state: dict[str, Any], after: dict[str, Any] | None, text: str | None) -> None:
        rewrite = text != self.text
        if rewrite and not self.module.check_mode:
            self._replace(state, after, text)
        reloaded = self._reload(state, rewrite, text)
        # Where no engine runs, none has taken it up.
        if self.module.params["state"] == "settled" and self.engine:
            state = settled(state, self.engine)
        # What was announced before the file was replaced is on disk, even where nothing is different from before.
        if (rewrite or state != self.state) and not self.module.check_mode:
            try:
                files.save(state, self.state_path)
            except FileError as error:
                self._fail(f"{error} The next run makes up for it.")
        # The key of this call alone: for one moment, the masks of different secrets are different.
        key = os.urandom(16).hex()
        old, new = mask(self.current or {}, key), mask(after or {}, key)
        changes = changed_leaves(old, new)
        shown = [apart(change["from"], change["to"]) for change in changes]
        changes = [{**change, "from": pair[0], "to": pair[1]} for change, pair in zip(changes, shown)]
        old, new = apart(old, new)
        self.result.update(
            changed=rewrite or reloaded,
            effect=effect(self.current, after),
            reloaded=reloaded,
            restart_required=daemon_json_state.not_taken_up(state, self.engine) == RESTART,
            changes=changes,
            config=mask(after or {}),
            owners=sorted(state["owners"]),
            diff={
                "before_header": self.path,
                "after_header": self.path,
                "before": "" if self.current is None else json_text.whole(old),
                "after": "" if after is None else json_text.whole(new),
            },
        )

    def _replace(self, state: dict[str, Any], after: dict[str, Any] | None, text: str | None) -> None:
        try:
            if self.text is not None and self.module.params["backup"]:
                self.result["backup_file"] = files.back_up(self.path)
                if state["pending"] and state["pending"]["before"]["config"] is self.current:
                    state["pending"]["backup"] = self.result["backup_file"]
            if self.text is None and self.path == engine_paths.DAEMON_JSON:
                # Whoever writes it first: it goes with the engine, once it is empty.
                with installing.changing(f"the record of {self.path}") as record:
                    record.note("docker_engine", "shared_files", [self.path])
            files.save(files.announce(state, self.state, self.current, after), self.state_path)
            files.replace(self.path, self.text, text, self.mode)
        except FileError as error:
            self._fail(f"{error} Nothing was changed.")

    def _reload(self, state: dict[str, Any], rewritten: bool, text: str | None) -> bool:
        due = daemon_json_state.not_taken_up(state, self.engine) == RELOAD and self.module.params["reload"]
        if self.engine is None or not self.module.params["reload"] or self.module.check_mode:
            return due
        if learns_live_restore(state, self.engine) and reload.listens(DEFAULT_SOCKET):
            # What it rejects, or does not live to see, is still pending: the restart.
            with contextlib.suppress(ProcessLookupError):
                reload.reload(self.engine["pid"], DEFAULT_SOCKET)
        if not due:
            return False
        if not reload.listens(DEFAULT_SOCKET):
            self.module.warn("The engine does not answer yet, and was not reloaded; the next run will do it.")
            return False
        try:
            if reload.reload(self.engine["pid"], DEFAULT_SOCKET):
                state["pending"] = taken_up(state)
                return True
        except ProcessLookupError:
            return False
        if self.module.params["state"] == "rolled_back":
            # Of what it had before it knows at its start.
            state["pending"]["effect"] = RESTART
            return False
        self._rejected(self.engine["pid"], rewritten, text)
        return False

    def _rejected(self, pid: int, rewritten: bool, text: str | None) -> None:
        rejection = "The running engine did not apply this configuration by a reload; its log says why."
        before, mode, memory = self.text, self.found_mode, self.state
        if not rewritten:
            # By an earlier run, which did not come to the reload.
            before, memory = (
                self._text_before(self.state["pending"]),
                rolled_back(self.state, self.current, self.engine),
            )
            mode = self.mode or self.found_mode
        try:
            files.replace(self.path, text, before, mode)
            files.save(memory, self.state_path)
        except FileError as error:
            self._fail(f"{rejection} {error}")
        # What it had taken up before it rejected the rest; one that has ended since reads the file at its start.
        with contextlib.suppress(ProcessLookupError):
            reload.reload(pid, DEFAULT_SOCKET)
        self._fail(f"{rejection} {self.path} was put back.")

    def _fail(self, message: str, **details: Any) -> NoReturn:
        self.module.fail_json(msg=message, **details)
        raise AssertionError("fail_json does not return")


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "owner": {"type": "str", "required": True},
            "config": {"type": "dict", "default": {}, "no_log": True},
            "taken_over": {"type": "list", "elements": "str", "default": []},
            "state": {"type": "str", "choices": ["present", "absent", "rolled_back", "settled"], "default": "present"},
            "path": {"type": "path", "default": "/etc/docker/daemon.json"},
            "state_path": {"type": "path", "default": daemon_json_state.STATE_PATH},
            "validate": {"type": "bool", "default": True},
            "dockerd": {"type": "path"},
            "flags": {"type": "list", "elements": "str", "no_log": True},
            "backup": {"type": "bool", "default": True},
            "reload": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    given = secret_options.taken(module, "config", "flags")
    owner = module.params["owner"]
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", owner):
        module.fail_json(
            msg=f"owner: {owner!r} is no name. Use lower-case letters, digits, dots, underscores and dashes."
        )
    try:
        # What writes nothing waits for no one, and leaves no folder for the lock.
        alone = contextlib.nullcontext() if module.check_mode else files.locked(f"daemon_config for {owner}")
        with alone:
            result = DaemonConfig(module, given["config"], given["flags"]).run()
    except FileError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
