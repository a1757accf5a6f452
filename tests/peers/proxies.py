"""tests/peers/proxies.py: HAProxy and nginx in front of a mail server, in a network namespace.

What:    HAProxy relays TCP and says for whom by the PROXY protocol; nginx does so, too, or speaks
         SMTP itself and says it by XCLIENT.
In/Out:  the text of haproxy.cfg or nginx.conf, with {folder} and {modules} → a running proxy.
Errors:  one that does not answer at its place shows its log.
"""

import os
import subprocess
from pathlib import Path

from peers import unpack
from peers.netns import Netns

NOBODY = 65534


class Proxy:
    """One program; `where`: an address and a port at which it answers when it has started."""

    def __init__(self, net: Netns, folder: Path):
        self.net = net
        self.folder = folder
        self.log = folder / "proxy.log"
        self.root = unpack.peers_root("PACKAGES_PROXIES")
        self.process: subprocess.Popen | None = None
        folder.mkdir()
        folder.chmod(0o777)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        modules = self.root / "usr/lib/nginx/modules"
        path.write_text(text.replace("{folder}", str(self.folder))
                        .replace("{modules}", str(modules)))
        return path

    def run(self, arguments: list[str | Path], where: tuple[str, int]) -> "Proxy":
        env = {"LD_LIBRARY_PATH": unpack.library_path(self.root)}
        self.process = self.net.start(arguments, self.log, env)
        try:
            self.net.wait_for_port(*where)
        except TimeoutError as error:
            raise RuntimeError(f"{error}: {self.log.read_text(errors='replace')}") from error
        return self

    def haproxy(self, text: str, where: tuple[str, int]) -> "Proxy":
        path = self.write("haproxy.cfg", text)
        return self.run([self.root / "usr/sbin/haproxy", "-db", "-f", path], where)

    def nginx(self, text: str, where: tuple[str, int]) -> "Proxy":
        for name in ("body", "proxy", "fastcgi", "uwsgi", "scgi"):
            folder = self.folder / name
            folder.mkdir()
            os.chown(folder, NOBODY, NOBODY)
        path = self.write("nginx.conf", text)
        return self.run([self.root / "usr/sbin/nginx", "-p", self.folder, "-c", path,
                         "-e", "stderr"], where)
