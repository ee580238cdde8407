"""Kills work, as kill -9 does, before each of its steps: the calls that change files."""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Callable, Iterator
from typing import Any

# fmt: off
_STEPS = (
    "open", "write", "pwrite", "fsync", "ftruncate", "replace", "rename", "unlink", "rmdir", "mkdir", "symlink", "link",
    "chown", "chmod", "setxattr", "utime", "close",
)
# fmt: on


def killed_at_each_step(work: Callable[[], Any], prepare: Callable[[], Any]) -> Iterator[int]:
    """For each step: after ``prepare``, a process has done ``work`` up to there. Ends once it came to the end."""
    for step in itertools.count(1):
        prepare()
        child = os.fork()
        if not child:
            _work_until(work, step)
        status = os.waitpid(child, 0)[1]
        if os.WIFEXITED(status):
            assert os.WEXITSTATUS(status) == 0, f"the work failed by itself, at step {step}"
            return
        assert os.WTERMSIG(status) == signal.SIGKILL
        yield step


def _work_until(work: Callable[[], Any], step: int) -> None:
    steps = itertools.count(1)

    def counted(call: Callable[..., Any]) -> Callable[..., Any]:
        def replacement(*arguments: Any, **more: Any) -> Any:
            if next(steps) == step:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*arguments, **more)

        return replacement

    for name in _STEPS:
        setattr(os, name, counted(getattr(os, name)))
    try:
        work()
    except BaseException:  # reported by the parent: this process must not go on with the parent's tests
        os._exit(1)
    os._exit(0)
