"""Runs steps side by side, one summary line each, the log of a failing one in full; the last line counts them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
LOGS = BUILD / "logs"
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Step:
    name: str
    command: Sequence[str | Path]
    env: Mapping[str, str] = field(default_factory=dict)
    venv: str = "dev"
    # Set instead of a command where the machine lacks what the step needs.
    left_out: str = ""


@dataclass(frozen=True)
class Result:
    name: str
    outcome: str
    seconds: float
    text: str = ""


def python(venv: str = "dev") -> Path:
    return ROOT / ".venvs" / venv / "bin" / "python"


def cores() -> list[str]:
    """The supported versions of ansible-core, oldest first."""
    names = [path.stem.removeprefix("core-") for path in (ROOT / "requirements").glob("core-*.txt")]
    return sorted(names, key=lambda name: [int(part) for part in name.split(".")])


def environment(venv: str = "dev", extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """What every step sees: its venv and the system on PATH, no pyenv shims, none of the caller's Ansible settings."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "PYTHONPATH"))}
    path = f"{python(venv).parent}:{SYSTEM_PATH}"
    # A fixed encoding: Ansible does not start in a locale without UTF-8.
    own = {"PATH": path, "NO_COLOR": "1", "LC_ALL": "C.UTF-8", "VIRTUAL_ENV": str(python(venv).parents[1])}
    return {**inherited, **own, **(extra or {})}


class Runner:
    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        self.results: list[Result] = []
        self._children: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._stopped = False
        LOGS.mkdir(parents=True, exist_ok=True)

    def run(self, steps: Sequence[Step], more: int = 0) -> None:
        """Returns when all have ended. An interruption ends those that run and is raised again."""
        pool = ThreadPoolExecutor(self.jobs + more)
        try:
            for result in [pool.submit(self._one, step) for step in steps]:
                result.result()
        except KeyboardInterrupt:
            self._stopped = True
            with self._lock:
                for child in self._children:
                    with suppress(ProcessLookupError):
                        os.killpg(child.pid, signal.SIGTERM)
            raise
        finally:
            pool.shutdown(cancel_futures=True)

    def fail(self, name: str, reason: str) -> None:
        """Counts something that is not a command of its own, such as a lab that does not come up."""
        self._report(Result(name, "failed", 0.0, reason))

    def _one(self, step: Step) -> None:
        if self._stopped:
            return
        if step.left_out:
            self._report(Result(step.name, "skipped", 0.0, step.left_out))
            return
        log = LOGS / f"{step.name.replace(' ', '-')}.log"
        begin = time.monotonic()
        with log.open("wb") as out:
            try:
                # A session of its own, so that an interruption reaches everything that the step started.
                child = subprocess.Popen(
                    [str(word) for word in step.command],
                    cwd=ROOT,
                    env=environment(step.venv, step.env),
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            except OSError as error:
                self._report(Result(step.name, "failed", 0.0, str(error)))
                return
            with self._lock:
                self._children.add(child)
            code = child.wait()
            with self._lock:
                self._children.discard(child)
        outcome = "failed" if code else "passed"
        text = log.read_text(errors="replace") if code and not self._stopped else ""
        self._report(Result(step.name, outcome, time.monotonic() - begin, text))

    def _report(self, result: Result) -> None:
        with self._lock:
            self.results.append(result)
            print(f"{result.outcome:8} {result.seconds:7.1f} s  {result.name}", flush=True)
            if result.text:
                print(indented(result.text), flush=True)

    def summary(self) -> int:
        """The ends of what failed, the table, then the counts; the return value is the exit code."""
        for result in self.results:
            if result.outcome == "failed":
                # Once more: in the middle of half an hour's output no one finds it.
                print(f"\n{result.name} failed:\n{indented(result.text, last=60)}")
        counts = {
            outcome: sum(r.outcome == outcome for r in self.results) for outcome in ("passed", "failed", "skipped")
        }
        print("\n" + "\n".join(f"{r.outcome:8} {r.seconds:7.1f} s  {r.name}" for r in self.results))
        skipped = f", {counts['skipped']} skipped" if counts["skipped"] else ""
        print(f"{counts['passed']} passed, {counts['failed']} failed{skipped}", flush=True)
        return 1 if counts["failed"] or not counts["passed"] else 0


def indented(text: str, last: int = 0) -> str:
    return "\n".join(f"    {line}" for line in text.rstrip().splitlines()[-last:])


def stop_like_ctrl_c(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def interruptible() -> None:
    """TERM and HUP clean up as Ctrl-C does."""
    signal.signal(signal.SIGTERM, stop_like_ctrl_c)
    signal.signal(signal.SIGHUP, stop_like_ctrl_c)


def uninterruptible() -> None:
    """For a clean-up that must not be cut short by an impatient second Ctrl-C."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def call(*command: str | Path, env: Mapping[str, str] | None = None, cwd: Path = ROOT) -> None:
    """For the checks that are steps themselves: a command whose failure ends the step."""
    words = [str(word) for word in command]
    print("$ " + " ".join(words), flush=True)
    code = subprocess.run(words, env=environment(extra=env), cwd=cwd, check=False).returncode
    if code:
        sys.exit(f"exit code {code}: {' '.join(words)}")
