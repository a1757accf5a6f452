"""tests/peers/thunderbird.py: Thunderbird on a display of its own, driven over Marionette.

What:    Xvfb and Thunderbird from PACKAGES_THUNDERBIRD, with a fresh profile, in a network
         namespace; script() runs JavaScript inside it, with all that Thunderbird's own code may do.
In/Out:  trust(authority); script(source, arguments) → the value it returns; screenshot(file).
Errors:  ThunderbirdError with the text and the stack of what was thrown.
Limits:  START_SECONDS_MAX, SCRIPT_SECONDS_MAX.

Marionette's protocol: LENGTH:JSON, of [0, number, command, parameters] and
[1, number, error, result].
"""

import base64
import json
import re
import socket
from pathlib import Path

from peers import unpack
from peers.netns import Netns, stop, wait_until

START_SECONDS_MAX = 60
SCRIPT_SECONDS_MAX = 60
PORT = 2828
DISPLAY = 77
PREFERENCES = {
    "marionette.port": PORT, "app.donation.eoy.version.viewed": 999, "app.update.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False, "mail.rights.version": 1,
    "mail.provider.suppress_dialog_on_startup": True, "mail.spotlight.firstRunDone": True,
    "mailnews.start_page.enabled": False, "mailnews.start_page_override.mstone": "ignore",
    "mail.ui.display.message_pane_vertical": True, "toolkit.telemetry.enabled": False,
    # Nothing of the Internet: only what the domain itself says.
    "mailnews.auto_config_url": "", "mailnews.mx_service_url": "",
    "network.captive-portal-service.enabled": False, "extensions.update.enabled": False,
    "services.settings.server": "http://127.0.0.1:9/",
}
# Its programs find each other below /usr.
SCRIPT = """\
set -e
mount --make-rprivate /
mount -t overlay overlay -o "lowerdir=$0/usr:/usr" /usr
Xvfb :{display} -screen 0 1280x900x24 -nolisten tcp &
export DISPLAY=:{display}
for _ in 1 2 3 4 5 6 7 8 9 10; do [ -S /tmp/.X11-unix/X{display} ] && break; sleep 0.3; done
exec /usr/lib/thunderbird/thunderbird --marionette --remote-allow-system-access --profile "$1"
"""
WRAPPER = """\
const done = arguments[arguments.length - 1];
(async function(...given) {{ {source} }})(...Array.from(arguments).slice(0, -1)).then(
  value => done({{value: value === undefined ? null : value}}),
  error => done({{error: `${{error}}\\n${{error?.stack}}`}}));
"""


class ThunderbirdError(RuntimeError):
    pass


class Thunderbird:
    def __init__(self, net: Netns, folder: Path):
        self.net = net
        self.folder = folder
        self.log = folder / "thunderbird.log"
        self.root = unpack.peers_root("PACKAGES_THUNDERBIRD")
        self.buffer = b""
        self.number = 0
        profile = folder / "profile"
        profile.mkdir(parents=True)
        (profile / "user.js").write_text("".join(
            f"user_pref({json.dumps(name)}, {json.dumps(value)});\n"
            for name, value in PREFERENCES.items()))

    def start(self) -> "Thunderbird":
        home = self.folder / "home"
        home.mkdir()
        self.process = self.net.start(
            ["unshare", "-m", "--", "sh", "-c", SCRIPT.format(display=DISPLAY), self.root,
             self.folder / "profile"], self.log, {"HOME": str(home)})

        def connected() -> socket.socket | None:
            try:
                return socket.create_connection(("127.0.0.1", PORT), timeout=SCRIPT_SECONDS_MAX)
            except OSError:
                assert self.process.poll() is None, self.log.read_text()
                return None

        self.socket = wait_until("Marionette", lambda: self.net.inside(connected),
                                 START_SECONDS_MAX)
        self.receive()  # its greeting
        self.command("WebDriver:NewSession", {})
        self.command("Marionette:SetContext", {"value": "chrome"})
        return self

    def receive(self) -> object:
        def more() -> None:
            octets = self.socket.recv(1 << 20)
            if not octets:
                raise ThunderbirdError(f"it has ended:\n{self.log.read_text()[-3000:]}")
            self.buffer += octets

        while b":" not in self.buffer:
            more()
        length, self.buffer = self.buffer.split(b":", 1)
        while len(self.buffer) < int(length):
            more()
        text, self.buffer = self.buffer[:int(length)], self.buffer[int(length):]
        return json.loads(text)

    def command(self, name: str, parameters: dict) -> dict:
        self.number += 1
        text = json.dumps([0, self.number, name, parameters]).encode()
        self.socket.sendall(f"{len(text)}:".encode() + text)
        _, _, error, result = self.receive()
        if error:
            raise ThunderbirdError(f"{name}: {error['message']}")
        return result

    def script(self, source: str, *arguments: object) -> object:
        """The body of an async function; `given` are its arguments."""
        answer = self.command("WebDriver:ExecuteAsyncScript", {
            "script": WRAPPER.format(source=source), "args": list(arguments), "sandbox": "system",
            "newSandbox": False, "scriptTimeout": SCRIPT_SECONDS_MAX * 1000})["value"]
        if "error" in answer:
            raise ThunderbirdError(answer["error"])
        return answer["value"]

    def trust(self, authority: Path) -> None:
        pem = re.search(r"-----BEGIN CERTIFICATE-----(.*?)-----END", authority.read_text(),
                        re.DOTALL)[1]
        self.script("""
            Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB)
              .addCertFromBase64(given[0], "CT,CT,CT");
            """, "".join(pem.split()))

    def screenshot(self, path: Path) -> None:
        answer = self.command("WebDriver:TakeScreenshot", {"full": False, "hash": False})
        path.write_bytes(base64.b64decode(answer["value"]))

    def stop(self) -> None:
        self.socket.close()
        stop(self.process, 5)
