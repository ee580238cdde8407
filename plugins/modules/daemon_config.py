#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: daemon_config
short_description: Keeps one owner's part of the Docker engine's daemon.json
version_added: 0.1.0
author: dockyard.gpu contributors (@dockyard-gpu)
description:
  - Merges the settings of one owner into C(daemon.json). What other owners and people wrote there stays.
  - Records what each owner wrote last. A key that an owner drops is removed, or gets back the value that
    was there before. A key that a person changed since, and that the owner drops, stays as it is.
  - The engine itself checks the result before the file is replaced, in one step. A backup stays beside it.
  - Says whether a change needs nothing, a reload (C(SIGHUP)) or a restart of the engine, and does the reload itself. It
    never restarts the engine. One that has to be restarted gets a new C(live-restore) by a reload before.
  - Mappings merge key by key. Lists and single values are taken as a whole.
attributes:
  check_mode:
    description: Can run in check mode and return changed status prediction without modifying target.
    support: full
    details: The engine checks the predicted file too.
  diff_mode:
    description: Will return details on what has changed when in diff mode.
    support: full
    details: Shown as this module writes the file, with credentials masked.
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second invocation indicates no
      change.
    support: full
  platform:
    description: Target OS/families that can be operated against.
    support: full
    platforms: posix
options:
  owner:
    description:
      - Whose settings these are, such as the name of a role. Lower-case letters, digits, dots, underscores and dashes.
      - Two owners may set the same value; it stays until both have dropped it. Different values are an error.
    type: str
    required: true
  config:
    description:
      - All settings of this owner. What it had set before and no longer lists is dropped.
      - A null means that the owner does not set the key. An empty mapping means that there is at least an empty
        mapping.
      - Not used unless O(state=present).
    type: dict
    default: {}
  taken_over:
    description:
      - Keys, as paths with dots, whose values count as this owner's whoever wrote them. A value there that is not in
        O(config) is dropped, and not restored when the setting is dropped.
      - It is for keys that an earlier tool wrote for the same purpose.
    type: list
    elements: str
    default: []
  state:
    description:
      - V(present) makes the owner's part what O(config) says.
      - V(absent) drops all settings of the owner.
      - V(rolled_back) restores the file, and the record of its owners, as they were before the last changes that the
        engine has not applied, or that M(dockyard.gpu.runtime_check) has not verified since the engine applied them by
        a restart or a reload. It is for an engine that does not start with a change, or runs no containers with it, and
        for nothing else. Any later run with another state accepts a change that the engine was restarted with. A
        running engine is asked to reload what was restored; RV(restart_required) says where that is not enough. A file
        that was changed since is left as it is. Where the engine would now use another store of images than the
        one that M(dockyard.gpu.engine_contents) recorded, C(features.containerd-snapshotter) and, if needed,
        C(storage-driver) are added, without an owner.
      - V(settled) accepts what the running engine has applied, so that nothing rolls it back any more. It is for
        an engine that nothing verifies. A reload that is still due is made.
    type: str
    choices: [present, absent, rolled_back, settled]
    default: present
  path:
    description: The file. A symbolic link is written through.
    type: path
    default: /etc/docker/daemon.json
  state_path:
    description: Where the owners' settings are recorded, readable by root only. Each O(path) needs its own.
    type: path
    default: /var/lib/dockyard/daemon_config.json
  validate:
    description:
      - Let C(dockerd) check the result before the file is replaced, and ask an engine that runs whether it has the log
        driver and the authorization plugins that O(config) names, which C(dockerd) does not check.
      - Engines before 23.0 have no C(--validate). They are started as an unprivileged user, which ends after they have
        read their configuration.
    type: bool
    default: true
  dockerd:
    description: The engine's program. By default it is looked up on C(PATH); without one nothing is validated.
    type: path
  flags:
    description:
      - Flags with which the engine is started, since it rejects a key that is also given as a flag.
      - By default they are read from C(docker.service) where systemd runs, and are none elsewhere.
    type: list
    elements: str
  backup:
    description: Keep a copy of the old file beside it, named C(daemon.json.dockyard-TIME~). The newest five stay.
    type: bool
    default: true
  reload:
    description:
      - Send C(SIGHUP) to a running engine if that is all that a change needs, and wait until the engine reports that it
        has applied it. If it does not within 10 seconds, the file is restored and the module fails.
    type: bool
    default: true
notes:
  - A value that was in the file before an owner set the same has no owner, and stays when the setting is dropped,
    unless O(taken_over) names it.
  - An emptied file is left as C({}), not removed.
  - Credentials in URLs and the values of keys with names such as token, password, secret or auth are masked in all
    output, as three asterisks; a secret that changes, as three asterisks with C(another one) behind them. The journal
    of the host has nothing of O(config) and O(flags) at all.
  - A new file with a secret gets the mode 0600. One with the mode 0644 gets it when this module writes the first secret
    into it. Otherwise, a file keeps its mode.
"""

EXAMPLES = r"""
- name: Rotate containers' logs, and keep containers running while the engine restarts
  dockyard.gpu.daemon_config:
    owner: site
    config:
      live-restore: true
      log-driver: json-file
      log-opts:
        max-size: 50m
        max-file: "5"
  register: engine_config

- name: Restart the engine where the configuration needs it
  ansible.builtin.service:
    name: docker
    state: restarted
  when: engine_config.restart_required

- name: Remove our keys from daemon.json
  dockyard.gpu.daemon_config:
    owner: site
    state: absent
"""

RETURN = r"""
effect:
  description: What a running engine needs to apply this change, V(none), V(reload) or V(restart).
  returned: success
  type: str
  sample: reload
reloaded:
  description: Whether the running engine was asked to read the file again, or would be in check mode.
  returned: success
  type: bool
restart_required:
  description: Whether an engine runs that has to be restarted for this change or an earlier one.
  returned: success
  type: bool
validated:
  description: Whether the engine accepted the result.
  returned: when the file changes
  type: bool
validation_note:
  description: Why the result was not validated; empty if it was.
  returned: when the file changes
  type: str
  sample: there is no dockerd on this host yet
backup_file:
  description: The copy of the old file.
  returned: when one was made
  type: str
  sample: /etc/docker/daemon.json.dockyard-20261123T195531.626015Z~
changes:
  description: Every value that changes, with its C(key), C(from) and C(to); null stands for no value.
  returned: success
  type: list
  elements: dict
  sample: [{"key": "log-opts.max-size", "from": null, "to": "50m"}]
config:
  description: The whole resulting configuration, credentials masked.
  returned: success
  type: dict
owners:
  description: Who has settings in the file now.
  returned: success
  type: list
  elements: str
  sample: [docker_engine, nvidia_container_toolkit]
problems:
  description: All errors of the settings.
  returned: when the setting is rejected
  type: list
  elements: str
"""

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
