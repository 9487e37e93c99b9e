"""A real browser, driven over the Chrome DevTools Protocol through a pipe (no port, no package).

https://chromedevtools.github.io/devtools-protocol/: with `--remote-debugging-pipe` the browser reads
commands from file descriptor 3 and writes answers and events to 4, as JSON ended by a zero byte.
"""

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--disable-sync",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
    "--remote-debugging-pipe",
)
_HANDOVER = (
    "import os, sys; r, w = int(sys.argv[1]), int(sys.argv[2]); "
    "os.dup2(r, 3); os.dup2(w, 4); os.execvp(sys.argv[3], sys.argv[3:])"
)
PATIENCE = 60.0


def installed():
    """Path of a Chromium or Chrome, or None."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Chrome:
    """One browser process; `page()` opens a tab."""

    def __init__(self):
        self._profile = tempfile.mkdtemp(prefix="weigh-chrome-")
        theirs_in, ours_out = _high_pipe()
        ours_in, theirs_out = _high_pipe()
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-c", _HANDOVER, str(theirs_in), str(theirs_out)),
                *(installed(), *FLAGS, f"--user-data-dir={self._profile}"),
            ],
            pass_fds=(theirs_in, theirs_out),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._in, self._out = ours_in, ours_out
        self._rest, self._last, self.events = b"", 0, []

    def page(self, url, *, width=1200, height=1600, dark=False, script=True):
        """A tab that has loaded `url`."""
        return Page(self, url, width=width, height=height, dark=dark, script=script)

    def call(self, method, session=None, **parameters):
        """The result of one command; events that come meanwhile are kept in `events`."""
        self._last += 1
        message = {"id": self._last, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        self._write(json.dumps(message).encode() + b"\0")
        until = time.monotonic() + PATIENCE
        while True:
            got = self._next(until)
            if got.get("id") != message["id"]:
                self.events.append(got)
            elif "error" in got:
                raise RuntimeError(f"{method}: {got['error']}")
            else:
                return got["result"]

    def close(self):
        """End the browser and leave nothing of it."""
        try:
            self.call("Browser.close")
            self._process.wait(10)
        except (RuntimeError, OSError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        os.close(self._in)
        os.close(self._out)
        shutil.rmtree(self._profile, ignore_errors=True)

    def _write(self, data):
        while data:
            data = data[os.write(self._out, data) :]

    def _next(self, until):
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._in], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                raise RuntimeError(f"the browser said nothing for {PATIENCE:g} s")
            got = os.read(self._in, 1 << 16)
            if not got:
                raise RuntimeError("the browser went away")
            self._rest += got
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)


class Page:
    """One tab, its console and its requests."""

    def __init__(self, chrome, url, *, width, height, dark, script):
        self._chrome = chrome
        self._target = chrome.call("Target.createTarget", url="about:blank")["targetId"]
        attached = chrome.call("Target.attachToTarget", targetId=self._target, flatten=True)
        self._session = attached["sessionId"]
        self.size(width, height)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        still = {"name": "prefers-reduced-motion", "value": "reduce"}
        self.call("Emulation.setEmulatedMedia", features=[scheme, still])
        self.call("Emulation.setScriptExecutionDisabled", value=not script)
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.call("Page.navigate", url=url)
        self.wait(lambda: self.seen("Page.loadEventFired"))

    def call(self, method, **parameters):
        return self._chrome.call(method, self._session, **parameters)

    def size(self, width, height):
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def seen(self, method):
        """Parameters of the events of that name in this tab."""
        own = [e for e in self._chrome.events if e.get("sessionId") == self._session]
        return [e["params"] for e in own if e["method"] == method]

    def trouble(self):
        """What the page or the browser complained of."""
        calls = [
            c for c in self.seen("Runtime.consoleAPICalled") if c["type"] in {"error", "warning", "assert"}
        ]
        entries = [
            e["entry"] for e in self.seen("Log.entryAdded") if e["entry"]["level"] in {"error", "warning"}
        ]
        return (
            self.seen("Runtime.exceptionThrown") + calls + entries + self.seen("Page.javascriptDialogOpening")
        )

    def requests(self):
        return [r["request"]["url"] for r in self.seen("Network.requestWillBeSent")]

    def run(self, expression):
        """The value of an expression in the page, as JSON."""
        got = self.call(
            "Runtime.evaluate",
            expression=expression,
            returnByValue=True,
            awaitPromise=True,
            allowUnsafeEvalBlockedByCSP=False,
        )
        if "exceptionDetails" in got:
            raise RuntimeError(json.dumps(got["exceptionDetails"])[:2000])
        return got["result"].get("value")

    def wait(self, ready):
        """Until `ready()`; a command in between brings the events in."""
        until = time.monotonic() + PATIENCE
        while not ready():
            if time.monotonic() > until:
                raise RuntimeError("the page did not get there")
            time.sleep(0.02)
            self._chrome.call("Browser.getVersion")

    def until(self, expression):
        """Until an expression is true in the page."""
        self.wait(lambda: self.run(expression))

    def key(self, name, text=""):
        for kind in ("keyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=name,
                code=name,
                **({"text": text} if text and kind == "keyDown" else {}),
            )

    def click(self, selector):
        at = self.run(
            f"(() => {{ const r = document.querySelector({json.dumps(selector)}).getBoundingClientRect();"
            " return [r.x + r.width / 2, r.y + r.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=at[0], y=at[1], button="left", clickCount=1)

    def drawn(self):
        """Scroll through the view that is shown, so that every chart in it is drawn; their number."""
        return self.run(
            """(async () => {
              const charts = [...document.querySelectorAll('.panel:not([hidden]) .chart')]
                .filter((chart) => chart.clientWidth > 0);
              for (const chart of charts) {
                chart.scrollIntoView({ block: 'center' });
                for (let i = 0; i < 200 && !chart.classList.contains('drawn'); i++)
                  await new Promise((done) => setTimeout(done, 10));
              }
              scrollTo(0, 0);
              return charts.filter((chart) => chart.querySelector('svg')).length;
            })()"""
        )

    def view(self, *, scale=1.0):
        """PNG bytes of what the window shows, made smaller by `scale`."""
        size = self.run("[innerWidth, innerHeight, scrollX, scrollY]")
        clip = {"x": size[2], "y": size[3], "width": size[0], "height": size[1], "scale": scale}
        return base64.b64decode(self.call("Page.captureScreenshot", clip=clip)["data"])

    def picture(self, selector="html"):
        """PNG bytes of one element, in full."""
        box = self.run(
            f"(() => {{ const r = document.querySelector({json.dumps(selector)}).getBoundingClientRect();"
            " return { x: r.x + scrollX, y: r.y + scrollY, width: r.width, height: r.height, scale: 1 }; })()"
        )
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=True, clip=box)
        return base64.b64decode(shot["data"])

    def printed(self):
        """PDF bytes of the page on paper."""
        return base64.b64decode(self.call("Page.printToPDF", printBackground=True)["data"])

    def close(self):
        self._chrome.call("Target.closeTarget", targetId=self._target)


def _high_pipe():
    """A pipe whose ends stand above the two numbers the browser wants."""
    ends = []
    for end in os.pipe():
        ends.append(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10))
        os.close(end)
    return ends
