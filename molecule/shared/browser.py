# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian's Chromium without a window, by its DevTools protocol over a pair of pipes: no driver and no port."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# Installing takes half a minute, once a machine.
_INSTALL = ("apt-get", "install", "--yes", "--no-install-recommends", "chromium", "fonts-dejavu-core")
# In containers there is no sandbox, and little in /dev/shm.
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--no-first-run",
)


def program() -> str:
    """Where Chromium is; from the package mirror where it is not yet."""
    if not shutil.which("chromium"):
        sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
        for command in (("apt-get", "update"), _INSTALL):
            subprocess.run([*sudo, *command], check=True, stdout=subprocess.DEVNULL)
    return str(shutil.which("chromium"))


class Page:
    """One page of the browser."""

    def __init__(self, send: int, receive: int) -> None:
        self._send, self._receive = send, receive
        self._number = 0
        self._rest = b""
        self._session: dict[str, str] = {}
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = {"sessionId": self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]}
        self._call("Page.enable")
        self._call("Network.enable")
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self._call("Log.enable")

    def open(self, path: Path, scheme: str = "light", width: int = 1360, height: int = 900) -> None:
        self._call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self._call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self._call("Page.navigate", url=path.resolve().as_uri())
        self._wait_for("Page.loadEventFired")

    def run(self, script: str) -> Any:
        """What an expression gives in the page."""
        answer = self._call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def press(self, key: str, text: str = "") -> None:
        """A key of the keyboard, by its name; ``text`` is what it writes."""
        for kind in ("keyDown", "keyUp"):
            typed = {"text": text} if text and kind == "keyDown" else {}
            self._call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                code=key,
                windowsVirtualKeyCode=_CODES.get(key, 0),
                **typed,
            )

    def type(self, text: str) -> None:
        self._call("Input.insertText", text=text)

    def picture(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self._call("Page.captureScreenshot", format="png")["data"]))

    def pdf(self) -> bytes:
        return base64.b64decode(self._call("Page.printToPDF", printBackground=True, landscape=True)["data"])

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters, **self._session}
        os.write(self._send, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return dict(answer["result"])

    def _wait_for(self, event: str) -> None:
        while self._next().get("method") != event:
            pass

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            read = os.read(self._receive, 1 << 16)
            assert read, "the browser ended"
            self._rest += read
        message, self._rest = self._rest.split(b"\0", 1)
        said: dict[str, Any] = json.loads(message)
        if said.get("method") == "Network.requestWillBeSent":
            self.requests.append(said["params"]["request"]["url"])
        elif said.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown"):
            self.complaints.append(json.dumps(said["params"]))
        return said


_CODES = {"Enter": 13, "Escape": 27, "Tab": 9, "/": 191}


def _high(number: int) -> int:
    """The same file under a number that is neither of the two which the browser takes."""
    high = fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, 10)
    os.close(number)
    return high


@contextmanager
def page() -> Iterator[Page]:
    (to_it, from_us), (to_us, from_it) = (map(_high, os.pipe()) for _ in range(2))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        command = [program(), *_FLAGS, f"--user-data-dir={folder}", "--remote-debugging-pipe", "about:blank"]
        # The browser reads from 3 and writes to 4.
        wrapped = ["bash", "-c", f'exec 3<&{to_it} 4>&{from_it}; exec "$@"', "bash", *command]
        browser = subprocess.Popen(
            wrapped, pass_fds=(to_it, from_it), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        os.close(to_it)
        os.close(from_it)
        try:
            yield Page(from_us, to_us)
        finally:
            browser.terminate()
            browser.wait()
            os.close(from_us)
            os.close(to_us)
