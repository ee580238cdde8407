# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No order comes from a set: not that of tasks, of what they do, or of what is said.

Python orders a set anew in each process; ansible-core 2.19 and later make sets of what goes through some filters.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
PLACES = ("roles", "playbooks", "examples", "molecule")
YAML = sorted(path for place in PLACES for path in (ROOT / place).rglob("*.yml"))
PYTHON = sorted((ROOT / "plugins").rglob("*.py"))
SETS = re.compile(r"\|\s*(?:ansible\.builtin\.)?(intersect|union|difference|symmetric_difference)\b")
# It keeps the order, and takes names that differ in case alone for one.
UNIQUE = re.compile(r"\|\s*(?:ansible\.builtin\.)?unique\b(?!\(case_sensitive=true\))")
# What makes an order, and what of a set's order is not seen.
ORDERING = ("list", "tuple", "enumerate", "iter", "next", "zip", "map", "filter", "reversed", "str", "repr")
FORGETTING = ("sorted", "set", "frozenset", "any", "all", "len", "sum", "min", "max", "Counter")
SET_METHODS = ("union", "intersection", "difference", "symmetric_difference", "copy")
_SET_TYPE = re.compile(r"\b(Set|FrozenSet|AbstractSet|set|frozenset)\b")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def tasks(entries: Any) -> Iterator[dict[str, Any]]:
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict):
            yield entry
            for part in ("block", "rescue", "always", "tasks", "pre_tasks", "post_tasks", "handlers"):
                yield from tasks(entry.get(part))


@pytest.mark.parametrize("path", YAML, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_filter_makes_a_set(path: Path) -> None:
    lines = path.read_text().splitlines()
    found = [line.strip() for line in lines if not line.lstrip().startswith("#") and SETS.search(line)]
    assert found == [], "use select('in', …), reject('in', …), or +"


@pytest.mark.parametrize("path", YAML, ids=lambda path: str(path.relative_to(ROOT)))
def test_names_that_differ_in_case_alone_are_two(path: Path) -> None:
    assert [line.strip() for line in path.read_text().splitlines() if UNIQUE.search(line)] == []


def test_files_of_a_loop_are_called_in_its_order_on_each_host() -> None:
    """Ansible calls a file once for all hosts that have the same item: first what the first host needs.

    With the whole list in each item, only hosts that have all in common share a call.
    """
    wrong = []
    for path in sorted((ROOT / "roles").glob("*/tasks/**/*.yml")):
        place = str(path.relative_to(ROOT))
        for task in tasks(yaml.safe_load(path.read_text())):
            includes = any(name.rpartition(".")[2] in ("include_tasks", "include_role") for name in task)
            if includes and "loop" in task and not task.get("loop_control", {}).get("extended"):
                wrong.append((place, task["name"]))
    assert wrong == []


class Module:
    """Which names of a file hold sets, as far as annotations and assignments say so."""

    def __init__(self, text: str, returning: frozenset[str]) -> None:
        self.tree = ast.parse(text)
        self.returning = returning
        self.parents = {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}
        self.sets: dict[ast.AST, set[str]] = {}
        # Twice, since one name may be made of another.
        for _turn in range(2):
            for node in ast.walk(self.tree):
                self._note(node)

    def _note(self, node: ast.AST) -> None:
        if isinstance(node, ast.arg) and node.annotation and _SET_TYPE.match(ast.unparse(node.annotation)):
            self._scope(node).add(node.arg)
        if isinstance(node, ast.AnnAssign) and _SET_TYPE.match(ast.unparse(node.annotation)):
            self._scope(node.target).add(ast.unparse(node.target))
        if isinstance(node, ast.Assign):
            for target in node.targets:
                self._assigned(target, node.value)

    def _assigned(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            for one, other in zip(target.elts, value.elts, strict=False):
                self._assigned(one, other)
        elif self.is_set(value):
            self._scope(target).add(ast.unparse(target))

    def _scope(self, node: ast.AST) -> set[str]:
        """The function's names, or of attributes the class's."""
        kinds: tuple[type[ast.AST], ...] = (ast.ClassDef,) if isinstance(node, ast.Attribute) else _FUNCTIONS
        while node in self.parents and not isinstance(node, kinds):
            node = self.parents[node]
        return self.sets.setdefault(node, set())

    def _known(self, node: ast.AST, name: str) -> bool:
        while True:
            if name in self.sets.get(node, ()):
                return True
            if node not in self.parents:
                return False
            node = self.parents[node]

    def is_set(self, node: ast.expr) -> bool:
        if isinstance(node, (ast.Set, ast.SetComp)):
            return True
        if isinstance(node, ast.IfExp):
            return self.is_set(node.body) or self.is_set(node.orelse)
        if isinstance(node, ast.BoolOp):
            return any(self.is_set(each) for each in node.values)
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.BitOr, ast.BitAnd, ast.BitXor, ast.Sub)):
            return self.is_set(node.left) or (not isinstance(node.op, ast.Sub) and self.is_set(node.right))
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func).rpartition(".")[2]
            if isinstance(node.func, ast.Attribute) and called in SET_METHODS:
                return self.is_set(node.func.value)
            return called in ("set", "frozenset") or called in self.returning
        return isinstance(node, (ast.Name, ast.Attribute)) and self._known(node, ast.unparse(node))

    def orders(self) -> Iterator[str]:
        """Where an order comes from a set."""
        for node in ast.walk(self.tree):
            if any(self.is_set(each) for each in self._iterated(node)):
                yield f"{getattr(node, 'lineno', 0)}: {ast.unparse(node).splitlines()[0]}"

    def _iterated(self, node: ast.AST) -> Iterator[ast.expr]:
        if isinstance(node, ast.For):
            yield node.iter
        elif isinstance(node, (ast.ListComp, ast.GeneratorExp, ast.DictComp)) and not self._forgotten(node):
            yield from (each.iter for each in node.generators)
        elif isinstance(node, (ast.List, ast.Tuple)):
            yield from (each.value for each in node.elts if isinstance(each, ast.Starred))
        elif isinstance(node, ast.FormattedValue):
            yield node.value
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func).rpartition(".")[2]
            if called in ORDERING or called in ("join", "extend", "fromkeys"):
                yield from ([] if self._forgotten(node) else node.args)
            if called == "pop" and not node.args and isinstance(node.func, ast.Attribute):
                yield node.func.value
            if called not in FORGETTING:
                yield from (each.value for each in node.args if isinstance(each, ast.Starred))

    def _forgotten(self, node: ast.AST) -> bool:
        """Given to what knows no order, at once or by way of what keeps it."""
        outer = self.parents[node]
        if isinstance(outer, ast.Starred):
            return isinstance(self.parents[outer], ast.Set)
        if isinstance(outer, (ast.Compare, ast.SetComp)):
            return isinstance(outer, ast.SetComp)
        if not isinstance(outer, ast.Call):
            return False
        called = ast.unparse(outer.func).rpartition(".")[2]
        return called in FORGETTING or called in ("update", "isdisjoint", "issubset", *SET_METHODS)


def returning() -> frozenset[str]:
    """Functions that return sets, by their annotations."""
    found = set()
    for path in PYTHON:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, _FUNCTIONS) and node.returns and _SET_TYPE.match(ast.unparse(node.returns)):
                found.add(node.name)
    return frozenset(found)


RETURNING = returning()


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_order_comes_from_a_set(path: Path) -> None:
    assert list(Module(path.read_text(), RETURNING).orders()) == [], "sort it, or keep a list or a dict"


@pytest.mark.parametrize(
    "text",
    [
        "for name in {1, 2}: print(name)",
        "print(', '.join({each for each in 'ab'}))",
        "def f(names: Set[str]):\n return [each for each in names]",
        "def f(a, b):\n left = set(a) - set(b)\n return f'lacks {left}'",
        "class A:\n def f(self):\n  self.x = set()\n def g(self):\n  return list(self.x)",
        "made = [*set('ab')]",
        "dict.fromkeys(set('ab'))",
        "named(*set('ab'))",
        "first = set('ab').pop()",
        "{each: 1 for each in known()}",
        "both = [x for x in 'ab' for y in set(x)]",
    ],
)
def test_the_check_sees_an_order_of_a_set(text: str) -> None:
    assert list(Module(text, frozenset(["known"])).orders())


@pytest.mark.parametrize(
    "text",
    [
        "sorted({each for each in 'ab'})",
        "any(each for each in set('ab'))",
        "{each for each in set('ab')}",
        "len(set('ab'))",
        "x = {*known()} | set(each for each in known())",
        "[each for each in 'ab' if each in set('b')]",
    ],
)
def test_the_check_lets_pass_what_has_no_order(text: str) -> None:
    assert list(Module(text, frozenset(["known"])).orders()) == []
