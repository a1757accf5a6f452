"""tests/bench/peers_haraka.py: Haraka from npm, one process, its outbound queue, logging warnings.

Installed by `npm ci` of tests/bench/haraka (a lock file with hashes) into build/peers-npm. A plugin
of ours lets the client relay and names the sink as next hop: what its plugin `relay` would do. With
two processes it is no faster at ten sessions, and a quarter faster at a hundred.
It has no Maildir of its own.
"""

import fcntl
import shutil
import subprocess
from pathlib import Path

from peer import SINK, CannotRun, Peer
from peers import unpack

SOURCE = Path(__file__).resolve().parent / "haraka"
FOLDER = unpack.ROOT / "build" / "peers-npm"
INSTALL_SECONDS_MAX = 300
PLUGIN = """\
exports.hook_connect = function (next, connection) { connection.relaying = true; next() }
exports.hook_rcpt = function (next, connection) { next(OK) }
exports.hook_get_mx = function (next) { next(OK, [{ priority: 0, exchange: '%s', port: 25 }]) }
"""
FILES = {
    "me": "mx.haraka.test\n", "log.ini": "[main]\nlevel=WARN\n", "host_list": "",
    "outbound.ini": "local_mx_ok=true\nenable_tls=false\n",
}


def installed() -> Path:
    """build/peers-npm with what the lock file names; the second call finds it."""
    if not shutil.which("npm") or not shutil.which("node"):
        raise CannotRun("npm and Node.js are not installed")
    FOLDER.mkdir(parents=True, exist_ok=True)
    lock = (SOURCE / "package-lock.json").read_text()
    with open(FOLDER / "lock", "w", encoding="ascii") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = FOLDER / "installed.json"
        if done.exists() and done.read_text() == lock:
            return FOLDER
        for name in ("package.json", "package-lock.json"):
            shutil.copy(SOURCE / name, FOLDER / name)
        npm = subprocess.run(
            ["npm", "ci", "--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund"],
            cwd=FOLDER, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
            timeout=INSTALL_SECONDS_MAX)
        if npm.returncode != 0:
            raise CannotRun(f"npm ci: {npm.stderr[-300:]}")
        done.write_text(lock)
    return FOLDER


class Haraka(Peer):
    key, title, number = "haraka", "Haraka", 9

    def launch(self) -> None:
        if self.setup.mailboxes:
            raise CannotRun("delivers to other programs only, not to a Maildir")
        package = installed() / "node_modules/Haraka"
        for name, text in FILES.items():
            self.write(f"config/{name}", text)
        # As `haraka -i` does: without it there are no limits and no greeting.
        shutil.copy(package / "config/connection.ini", self.folder / "config")
        self.write("config/smtp.ini", f"[main]\nlisten={self.address}:25\n")
        plugins, certificate = ["bench"], self.setup.certificate
        if certificate:
            plugins.insert(0, "tls")
            self.write("config/tls.ini", f"[main]\nkey={certificate.key}\n"
                       f"cert={certificate.certificate}\n")
        self.write("config/plugins", "\n".join(plugins) + "\n")
        self.write("plugins/bench.js", PLUGIN % SINK)
        (self.folder / "queue").mkdir(exist_ok=True)
        self.process = self.net.start(["node", package / "bin/haraka", "-c", self.folder],
                                      self.folder / "log")
        self.wait_ready()

    @classmethod
    def version(cls) -> str:
        lines = (SOURCE / "package.json").read_text().splitlines()
        pinned = next(line for line in lines if '"Haraka"' in line).split('"')[3]
        node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False)
        return f"Haraka {pinned} (Node {node.stdout.strip().lstrip('v')})"
