"""tests/peers/dns.py: Knot DNS, which answers for the root zone: every name of the test's Internet.

A name that the zone does not have is NXDOMAIN, as with a resolver. With signed=True the zone has
DNSSEC, and trust_anchor() is the DS record that a validator needs. With update_secret (base64) it
takes updates (RFC 2136) that are signed with the key UPDATE_KEY. `zones` are zones of their own
below the root: name → text; the root delegates them to the same server.
"""

import os
import subprocess
from pathlib import Path

from peers import unpack
from peers.netns import COMMAND_SECONDS_MAX, Netns, stop, wait_until

HEAD = """\
$ORIGIN .
$TTL 1
. 1 SOA ns.root.test. hostmaster.root.test. 1 60 60 60 1
. 1 NS ns.root.test.
ns.root.test. 1 A {address}
"""
CONFIGURATION = """\
server:
    rundir: "{folder}"
    listen: {address}@53
{updates}database:
    storage: "{folder}/db"
log:
  - target: stderr
    any: info
zone:
  - domain: .
    file: "{folder}/zone"
    zonefile-sync: -1
    zonefile-load: difference-no-serial
    journal-content: all
    dnssec-signing: {signing}
"""
ZONE_HEAD = """\
$ORIGIN {name}.
$TTL 1
@ SOA ns.root.test. hostmaster.root.test. 1 60 60 60 1
@ NS ns.root.test.
"""
ZONE_CONFIGURATION = """\
  - domain: {name}.
    file: "{folder}/{name}.zone"
    zonefile-sync: -1
    zonefile-load: difference-no-serial
    journal-content: all
"""
UPDATE_KEY = "update.test"
UPDATES = f"""\
key:
  - id: {UPDATE_KEY}
    algorithm: hmac-sha256
    secret: {{secret}}
acl:
  - id: update
    key: {UPDATE_KEY}
    action: update
"""


class DnsServer:
    def __init__(self, net: Netns, address: str, folder: Path, signed: bool = False,
                 update_secret: str = "", zones: dict[str, str] | None = None):
        self.net = net
        self.address = address
        self.folder = folder
        self.root = unpack.peers_root()
        self.env = {"LD_LIBRARY_PATH": unpack.library_path(self.root)}
        folder.mkdir(parents=True)
        (folder / "db").mkdir()
        self.zones = zones or {}
        signing = "on" if signed else "off"
        updates = UPDATES.format(secret=update_secret) if update_secret else ""
        acl = "    acl: update\n" if update_secret else ""
        text = CONFIGURATION.format(folder=folder, address=address, signing=signing,
                                    updates=updates) + acl
        for name, zone in self.zones.items():
            text += ZONE_CONFIGURATION.format(folder=folder, name=name) + acl
            (folder / f"{name}.zone").write_text(ZONE_HEAD.format(name=name) + zone)
        (folder / "knot.conf").write_text(text)
        self.process: subprocess.Popen | None = None

    def start(self, zone: str) -> "DnsServer":
        self.write(zone)
        log = self.folder / "log"
        self.process = self.net.start(
            [self.root / "usr/sbin/knotd", "-c", self.folder / "knot.conf"], log, self.env)
        wait_until(f"Knot serves the zone ({log})", lambda: self.failed() or
                   "loaded, serial" in log.read_text())
        if self.failed():
            raise RuntimeError(f"knotd ended: {log.read_text()}")
        return self

    def failed(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def write(self, zone: str) -> None:
        delegations = "".join(f"{name}. NS ns.root.test.\n" for name in self.zones)
        (self.folder / "zone").write_text(HEAD.format(address=self.address) + delegations + zone
                                          + "\n")

    def change(self, zone: str) -> None:
        """Serves this zone from now on; TTLs are those of the zone (1 s by default)."""
        self.write(zone)
        self.control("knotc", "-b", "zone-reload", ".")

    def trust_anchor(self) -> str:
        """The DS record of the key-signing key, as in a trust anchor file."""
        lines = self.control("keymgr", ".", "ds").splitlines()
        return next(line for line in lines if " 13 2 " in line)

    def control(self, tool: str, *arguments: str) -> str:
        env = {**os.environ, **self.env}
        done = subprocess.run(
            [self.root / "usr/sbin" / tool, "-c", self.folder / "knot.conf", *arguments],
            env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, check=False, timeout=COMMAND_SECONDS_MAX)
        if done.returncode != 0:
            raise RuntimeError(f"{tool} {' '.join(arguments)}: {done.stdout}")
        return done.stdout

    def stop(self) -> None:
        if self.process:
            stop(self.process)
            self.process = None
