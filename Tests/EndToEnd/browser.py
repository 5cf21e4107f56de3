"""Chromium, driven over the W3C WebDriver protocol of its own driver: what a person can do, and no library."""
import base64
import json
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.request

from processes import wait_until

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


def missing():
    """Why no browser can be driven here, or None."""
    if not shutil.which("chromedriver"):
        return "chromedriver is not installed (scripts/deps test)"
    if not chromium():
        return "Chromium is not installed (scripts/deps test)"
    return None


def chromium():
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Browser:
    def __init__(self, log):
        self._profile = tempfile.TemporaryDirectory(prefix="chromium-")
        self._log = open(log, "wb")
        self._driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=self._log)
        for line in self._driver.stdout:
            if b"started successfully on port" in line:
                self._base = f"http://127.0.0.1:{int(line.split()[-1].rstrip(b'.'))}"
                break
        options = {"binary": chromium(), "args": [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1100,1400",
            f"--user-data-dir={self._profile.name}"]}
        made = self._call("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}}})
        self._base += f"/session/{made['sessionId']}"

    def _call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(self._base + path, data=data, method=method, headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(asked, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.read().decode()[:500]}") from None

    def open(self, url):
        self._call("POST", "/url", {"url": url})

    def find(self, css):
        found = self._call("POST", "/elements", {"using": "css selector", "value": css})
        return found[0][ELEMENT] if found else None

    def shown(self, css, seconds=15):
        """The element once a person can see it."""
        def visible():
            element = self.find(css)
            return element if element and self._call("GET", f"/element/{element}/displayed") else None
        return wait_until(visible, seconds, f"{css} to be shown")

    def click(self, css):
        """In the middle of the window, as a person would have it; the driver leaves it at an edge, under what floats there."""
        element = self.shown(css)
        self.script("arguments[0].scrollIntoView({ block: 'center', behavior: 'instant' })", {ELEMENT: element})
        self._call("POST", f"/element/{element}/click", {})

    def type(self, css, text):
        self._call("POST", f"/element/{self.shown(css)}/value", {"text": str(text)})

    def fill(self, css, text):
        """As `type`, in place of what stands there."""
        self._call("POST", f"/element/{self.shown(css)}/clear", {})
        self.type(css, text)

    def text(self, css):
        element = self.find(css)
        return self._call("GET", f"/element/{element}/text") if element else ""

    def script(self, source, *arguments):
        return self._call("POST", "/execute/sync", {"script": source, "args": list(arguments)})

    def press(self, keys):
        """Keys into whatever has the focus."""
        self._call("POST", f"/element/{self._call('GET', '/element/active')[ELEMENT]}/value", {"text": keys})

    def focus(self):
        """The id of what has the focus, or its tag."""
        return self.script("return document.activeElement.id || document.activeElement.tagName")

    def cookie(self, name):
        return self._call("GET", f"/cookie/{name}")["value"]

    def devtools(self, command, **parameters):
        """A command of the Chrome DevTools Protocol."""
        return self._call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def phone(self, width=390, height=844):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=2, mobile=True)

    def complaints(self):
        """Errors on the browser's console."""
        return [entry["message"] for entry in self._call("POST", "/se/log", {"type": "browser"}) if entry["level"] == "SEVERE"]

    def screenshot(self, path):
        """The whole page, also what is scrolled out of sight."""
        shot = self.devtools("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))

    def close(self):
        try:
            self._call("DELETE", "")
        except Exception:
            pass
        self._driver.terminate()
        self._driver.wait(10)
        self._log.close()
        self._profile.cleanup()
