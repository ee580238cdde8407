# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is reported about one host or many, as filters. What they need is loaded at its first use: see plans.py."""

from __future__ import annotations

import json
from typing import Any, Callable, Dict, List, Mapping, Sequence, Union

from ansible.errors import AnsibleFilterError
from ansible.utils.unsafe_proxy import wrap_var


def plan_lines(steps: List[Dict[str, Any]]) -> List[str]:
    from ansible_collections.dockyard.gpu.plugins.plugin_utils._reporting import summary as reporting_summary

    return reporting_summary.plan_lines(steps)


def step_line(step: Mapping[str, Any], side: str = "to") -> str:
    from ansible_collections.dockyard.gpu.plugins.plugin_utils._reporting import summary as reporting_summary

    return reporting_summary.step_line(step, side)


def summary(
    hostvars: Mapping[str, Any], hosts: List[str], ended_well: List[str], previewed: bool, left_out: Sequence[str] = ()
) -> List[str]:
    from ansible_collections.dockyard.gpu.plugins.plugin_utils._reporting import summary as reporting_summary

    return reporting_summary.summary(hostvars, hosts, ended_well, previewed, left_out)


def host_plan(
    answer: Mapping[str, Any], errors: List[str], steps: List[Dict[str, Any]], driver: Mapping[str, Any]
) -> Dict[str, Any]:
    from ansible_collections.dockyard.gpu.plugins.plugin_utils._reporting import fleet_plan as plans

    # Before 2.19 Ansible takes what set_fact keeps for a template of its own, unless it is marked.
    return wrap_var(plans.host_plan(answer, errors, steps, driver))


def host_problems(host: Mapping[str, Any]) -> List[str]:
    from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.text import shown
    from ansible_collections.dockyard.gpu.plugins.plugin_utils._reporting.problems import problems

    return [shown(each) for each in problems(host)]


def host_report(host: Mapping[str, Any], planned: Mapping[str, Any], today: str) -> Dict[str, Any]:
    from ansible_collections.dockyard.gpu.plugins.plugin_utils._reporting import fleet_report as reports

    # As in host_plan.
    return wrap_var(reports.host_report(host, planned, today))


def fleet_plan(hostvars: Mapping[str, Any], hosts: List[str], left_out: Sequence[str] = ()) -> Dict[str, Any]:
    from ansible_collections.dockyard.gpu.plugins.plugin_utils._reporting import fleet_plan as plans

    return plans.fleet_plan(hostvars, hosts, left_out)


def fleet_plan_shown(fleet: Mapping[str, Any], form: str) -> Any:
    from ansible_collections.dockyard.gpu.plugins.plugin_utils._reporting.fleet_plan import fleet_plan_lines

    if form == "table":
        return fleet_plan_lines(fleet)
    # In YAML lines of a list are folded at 80 signs; one text of many lines is shown as it is.
    if form == "text":
        return "\n".join(fleet_plan_lines(fleet))
    if form == "json":
        return fleet
    if form == "file":
        return json.dumps(fleet, indent=2) + "\n"
    raise AnsibleFilterError(f"plan_format: must be table or json; got {form!r}")


def fleet_plan_verdict(fleet: Mapping[str, Any], fail_on_drift: bool) -> List[str]:
    from ansible_collections.dockyard.gpu.plugins.plugin_utils._reporting import fleet_plan as plans

    return plans.verdict(fleet, fail_on_drift)


def fleet_report(
    hostvars: Mapping[str, Any], hosts: List[str], made_at: str, left_out: Sequence[str] = ()
) -> Dict[str, Any]:
    from ansible_collections.dockyard.gpu.plugins.plugin_utils._reporting import fleet_report as reports

    return reports.fleet_report(hostvars, hosts, made_at, left_out)


def fleet_report_file(report: Mapping[str, Any], name: str) -> str:
    from ansible_collections.dockyard.gpu.plugins.plugin_utils._reporting import report_csv, report_page

    files: Dict[str, Callable[[Mapping[str, Any]], str]] = {
        "index.html": report_page.report_page,
        "report.json": lambda whole: json.dumps(whole, indent=1) + "\n",
        "hosts.csv": report_csv.hosts_csv,
        "gpus.csv": report_csv.gpus_csv,
    }
    if name not in files:
        raise AnsibleFilterError(f"a report has no file {name!r}; it has {', '.join(files)}")
    return files[name](report)


def workload_lines(
    hostvars: Mapping[str, Any],
    hosts: List[str],
    ended_well: List[str],
    left_out: Sequence[str] = (),
    form: str = "table",
) -> Any:
    from ansible_collections.dockyard.gpu.plugins.plugin_utils._reporting.workload_table import workload_table

    lines = workload_table(hostvars, hosts, ended_well, left_out)
    # As in fleet_plan_shown.
    return "\n".join(lines) if form == "text" else lines


def rollout_batches(hosts: Sequence[str], first: Sequence[str], canary: int, size: Union[int, str]) -> List[List[str]]:
    from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.variables import read
    from ansible_collections.dockyard.gpu.plugins.plugin_utils._rollout.batches import batches

    wanted = read("rollout", {"rollout_first": first, "rollout_canary": canary, "rollout_batch": size})
    if wanted["errors"]:
        raise AnsibleFilterError("; ".join(wanted["errors"]))
    return batches(hosts, wanted["first"], wanted["canary"], wanted["batch"])


def rollout_summary(hostvars: Mapping[str, Any], hosts: Sequence[str], left_out: Sequence[str] = ()) -> List[str]:
    from ansible_collections.dockyard.gpu.plugins.plugin_utils._rollout import batches as rollout

    return rollout.summary(hostvars, hosts, left_out)


def rollout_errors(wanted: Mapping[str, Any], hosts: Sequence[str], missing: Mapping[str, str]) -> List[str]:
    from ansible_collections.dockyard.gpu.plugins.plugin_utils._rollout.settings import errors

    return errors(wanted, hosts, missing)


def rollout_problems(nvidia: Mapping[str, Any], before: Sequence[Mapping[str, Any]] = ()) -> Dict[str, Any]:
    from ansible_collections.dockyard.gpu.plugins.plugin_utils._rollout.gpu_problems import compared

    # As in host_plan.
    return wrap_var(compared(nvidia, before))


def failure_reason(result: Mapping[str, Any]) -> str:
    from ansible_collections.dockyard.gpu.plugins.module_utils._common.redaction import mask
    from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.failure import reason

    # As in host_plan. What a program said may hold a credential.
    return wrap_var(mask(reason(result)))


_FILTERS: List[Callable[..., Any]] = [
    plan_lines,
    step_line,
    summary,
    host_plan,
    host_problems,
    host_report,
    fleet_plan,
    fleet_plan_shown,
    fleet_plan_verdict,
    fleet_report,
    fleet_report_file,
    workload_lines,
    rollout_batches,
    rollout_errors,
    rollout_problems,
    rollout_summary,
    failure_reason,
]


class FilterModule:
    def filters(self) -> Dict[str, Callable[..., Any]]:
        return {each.__name__: each for each in _FILTERS}
