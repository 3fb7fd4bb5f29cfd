"""Debian's Chromium without a screen, driven through its own debugging protocol: no driver, no other package.

A WAV file is its microphone. https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from websockets.sync.client import ClientConnection, connect

from agent.trace import now

FLAGS = """
    --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
    --disable-component-update --disable-sync --autoplay-policy=no-user-gesture-required
    --use-fake-device-for-media-stream --remote-debugging-port=0 --hide-scrollbars --mute-audio
""".split()
START_S = 60
PATIENCE_S = 120.0


class Browser:
    """One page."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket, self._number = socket, 0
        self.complaints: list[str] = []
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Ask the browser for something; gives its answer."""
        self._number += 1
        number = self._number
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv(60))
            if message.get("method") == "Runtime.exceptionThrown":
                self.complaints.append(json.dumps(message["params"]["exceptionDetails"])[:600])
            if message.get("method") == "Log.entryAdded" and message["params"]["entry"]["level"] == "error":
                self.complaints.append(message["params"]["entry"]["text"])
            if message.get("id") == number:
                assert "error" not in message, message
                return dict(message["result"])

    def open(self, url: str) -> None:
        """Go to a page and wait until it is there."""
        self.call("Page.navigate", url=url)
        self.wait("document.readyState === 'complete' && !!window.spiketalk")

    def run(self, script: str) -> Any:
        """What an expression gives; promises are waited for."""
        answer = self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True, userGesture=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait(self, condition: str, patience_s: float = PATIENCE_S) -> Any:
        """Wait until an expression is true; gives what it is."""
        end = now().wall_ms + 1000 * patience_s
        while not (found := self.run(condition)):
            assert now().wall_ms < end, f"never: {condition}; {self.complaints}"
            threading.Event().wait(0.1)
        return found

    def click(self, selector: str) -> None:
        """Press what a selector finds."""
        self.run(f"document.querySelector({selector!r}).click()")

    def size(self, width: int, height: int, dark: bool = False) -> None:
        """The window's size, and whether it is dark."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def picture(self, path: Path) -> None:
        """What it looks like, as PNG."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))


@contextmanager
def chromium(microphone: Path | None, *more: str) -> Iterator[Browser]:
    """A browser with an empty profile; without a microphone it refuses one."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert found, "no Chromium: run scripts/system-packages.sh"
    grant = ["--use-fake-ui-for-media-stream", f"--use-file-for-fake-audio-capture={microphone}%noloop"]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [
                found,
                *FLAGS,
                *(grant if microphone else ["--deny-permission-prompts"]),
                *more,
                f"--user-data-dir={profile}",
                "about:blank",
            ],
            stderr=subprocess.PIPE,
            text=True,
        )
        drain: threading.Thread | None = None
        try:
            assert process.stderr is not None
            for line in process.stderr:
                if at := re.search(r"ws://(127\.0\.0\.1:\d+)/", line):
                    break
            else:
                raise AssertionError("Chromium did not start")
            drain = threading.Thread(target=process.stderr.read)
            drain.start()
            with urlopen(f"http://{at.group(1)}/json", timeout=START_S) as answer:
                page = next(one for one in json.load(answer) if one["type"] == "page")
            with connect(page["webSocketDebuggerUrl"], max_size=None, open_timeout=START_S) as socket:
                yield Browser(socket)
        finally:
            process.kill()
            process.wait()
            if drain is not None:
                drain.join()
            if process.stderr is not None:
                process.stderr.close()
