"""Pages in headless Chromium, driven over the DevTools protocol as a person would use them.

`tests.browser.dump_dom` only shows what a page is after its scripts have run. Here it stays open:
keys are pressed, widths and themes change, and it can be printed.
"""

import base64
import contextlib
import itertools
import json
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.request import Request, urlopen

from tests.browser import BROWSER
from tests.samples import GUARD

_OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-dev-shm-usage", "--hide-scrollbars", "--remote-debugging-port=0"),
    *("--disable-renderer-backgrounding", "--disable-backgrounding-occluded-windows"),
    "--disable-background-timer-throttling",
    *("--disable-features=BackForwardCache,RenderDocument", "--remote-allow-origins=*"),
    # Whatever a page asks another machine for, fails.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
_KEYS = {"Tab": 9, "Enter": 13, "Escape": 27, " ": 32, "ArrowLeft": 37, "ArrowRight": 39}


class Browser:
    """Opens pages, each in a tab of its own, and ends with the ``with`` block."""

    def __init__(self, *options):
        self._options = options
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self._tab = self._process = None

    def __enter__(self):
        profile = f"--user-data-dir={self._folder.name}"
        command = [BROWSER, *_OPTIONS, *self._options, profile, "about:blank"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._process = subprocess.Popen(command, **quiet)
        until, port = time.monotonic() + GUARD, Path(self._folder.name) / "DevToolsActivePort"
        while not (port.is_file() and len(port.read_text().split()) > 1):
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{BROWSER} opened no port for its tools")
            time.sleep(0.05)
        self._at = f"http://127.0.0.1:{port.read_text().split()[0]}/json"
        return self

    def __exit__(self, *_):
        self._close()
        self._process.terminate()
        self._process.wait(GUARD)
        self._folder.cleanup()

    def _close(self):
        if self._tab:
            self._tab.socket.close()
            with urlopen(f"{self._at}/close/{self._tab.about['id']}", timeout=GUARD):
                self._tab = None

    def open(self, url, theme="light", width=1440, height=900, touch=False, math=True):
        """The ``Tab`` of a page at this width, for a reader who prefers this theme.

        Its formulas are set, unless ``math`` is false: then MathJax is not loaded, which on long
        pages takes most of the time. The tab opened before is closed.
        """
        self._close()
        with urlopen(Request(f"{self._at}/new?about:blank", method="PUT"), timeout=GUARD) as answer:
            self._tab = Tab(json.load(answer))
        self._tab.size(width, height, touch)
        self._tab.media(theme)
        if not math:
            self._tab.send("Network.setBlockedURLs", urls=["*tex-mml-chtml.js*"])
        self._tab.go(url)
        return self._tab


class Tab:
    """One page: run scripts in it, press keys, change its width, its theme or its medium."""

    def __init__(self, about):
        from websocket import create_connection

        self.about, self._numbers = about, itertools.count(1)
        self.socket = create_connection(about["webSocketDebuggerUrl"], timeout=GUARD)
        self.errors, self.requests = [], []
        for part in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{part}.enable")
        self.send("Emulation.setFocusEmulationEnabled", enabled=True)

    def send(self, method, **params):
        """Send one command of the protocol and return its result."""
        number = next(self._numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") != number:
                self._note(message.get("method"), message.get("params", {}))
            elif "error" in message:
                raise RuntimeError(f"{method}: {message['error']['message']}")
            else:
                return message["result"]

    def _note(self, method, params):
        if method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.errors.append(details.get("exception", {}).get("description", details["text"]))
        elif method == "Runtime.consoleAPICalled" and params["type"] == "error":
            self.errors.append(" ".join(str(a.get("value", "")) for a in params["args"]))
        elif method == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.errors.append(
                f"{params['entry']['text']} {params['entry'].get('url', '')}".strip()
            )
        elif method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])

    def go(self, url):
        self.send("Page.navigate", url=url)
        until = time.monotonic() + GUARD
        while True:  # a script may fall into the gap between the empty page and this one
            with contextlib.suppress(RuntimeError):
                state = "return location.href !== 'about:blank' && document.readyState"
                if self.run(state) == "complete":
                    return self.run("await (window.MathJax?.startup?.promise)")
            if time.monotonic() > until:
                raise TimeoutError(f"{url} did not load")
            time.sleep(0.05)

    def run(self, script):
        """What the body of an ``async`` function returns, from JSON."""
        found = self.send(
            "Runtime.evaluate",
            expression=f"(async () => {{ {script} }})()",
            awaitPromise=True,
            returnByValue=True,
            userGesture=True,
        )
        if "exceptionDetails" in found:
            details = found["exceptionDetails"]
            raise RuntimeError(details.get("exception", {}).get("description", details["text"]))
        return found["result"].get("value")

    def size(self, width, height=900, touch=False):
        """The window in CSS pixels, and whether it is a phone's, that is touched."""
        about = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": touch}
        self.send("Emulation.setDeviceMetricsOverride", **about)
        self.send("Emulation.setTouchEmulationEnabled", enabled=touch)

    def media(self, theme="light", medium="screen"):
        """The theme the reader's system prefers, and ``screen`` or ``print``."""
        names = {"prefers-color-scheme": theme, "prefers-reduced-motion": "reduce"}
        features = [{"name": name, "value": value} for name, value in names.items()]
        self.send("Emulation.setEmulatedMedia", media=medium, features=features)

    def key(self, key, times=1):
        """Press and release a key, by its name in ``_KEYS``, or a letter."""
        code = _KEYS.get(key, ord(key[0].upper()))
        text = {"text": "\r"} if key == "Enter" else {"text": key} if len(key) == 1 else {}
        about = {"key": key, "windowsVirtualKeyCode": code, "code": key}
        for _ in range(times):
            self.send("Input.dispatchKeyEvent", type="keyDown", **about, **text)
            self.send("Input.dispatchKeyEvent", type="keyUp", **about)

    def picture(self):
        """The window as the bytes of a PNG."""
        until = time.monotonic() + GUARD
        while True:
            try:
                return base64.b64decode(self.send("Page.captureScreenshot")["data"])
            except RuntimeError:  # it is not painted yet
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)

    def pdf(self):
        """The page as its reader would print it, as the bytes of a PDF."""
        found = self.send("Page.printToPDF", paperWidth=8.27, paperHeight=11.69)
        return base64.b64decode(found["data"])
