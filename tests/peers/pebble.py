"""tests/peers/pebble.py: Pebble, Let's Encrypt's certificate authority for tests.

It looks for challenges at ports 80 and 443, asks the name server it is given, and has an HTTPS
server with a certificate of its own (ca_file).
"""

import json
import ssl
import subprocess
import urllib.request
from pathlib import Path

from peers import unpack
from peers.netns import Netns, command, stop

PORT, MANAGEMENT_PORT = 14000, 15000
ANSWER_SECONDS_MAX = 10


class Pebble:
    """Pebble(net, "192.0.2.14", "ca.test", folder, dns="192.0.2.53").start()"""

    def __init__(self, net: Netns, address: str, name: str, folder: Path, dns: str):
        self.net = net
        self.address = address
        self.name = name
        self.folder = folder
        self.dns = dns
        self.log = folder / "log"
        self.root = unpack.peers_root("PACKAGES_ACME")
        self.process: subprocess.Popen | None = None
        folder.mkdir(parents=True)
        command("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                "-addext", f"subjectAltName=DNS:{name}", "-keyout", folder / "key.pem",
                "-out", self.ca_file)

    @property
    def ca_file(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def directory_url(self) -> str:
        return f"https://{self.name}:{PORT}/dir"

    def start(self, nonces_refused_percent: int = 0, **settings: object) -> "Pebble":
        """`settings`: certificateValidityPeriod (seconds), domainBlocklist."""
        configuration = {"listenAddress": f"{self.address}:{PORT}",
                         "managementListenAddress": f"{self.address}:{MANAGEMENT_PORT}",
                         "certificate": str(self.ca_file), "privateKey": f"{self.folder}/key.pem",
                         "httpPort": 80, "tlsPort": 443, **settings}
        (self.folder / "config.json").write_text(json.dumps({"pebble": configuration}))
        self.process = self.net.start(
            [self.root / "usr/bin/pebble", "-config", self.folder / "config.json",
             "-dnsserver", f"{self.dns}:53"], self.log,
            {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_AUTHZREUSE": "0",
             "PEBBLE_WFE_NONCEREJECT": str(nonces_refused_percent)})
        self.net.wait_for_port(self.address, PORT)
        self.net.wait_for_port(self.address, MANAGEMENT_PORT)
        return self

    def stop(self) -> None:
        if self.process:
            stop(self.process)
            self.process = None

    def trust(self) -> ssl.SSLContext:
        """A client that believes this authority and no other, and checks names."""
        def fetch() -> str:
            context = ssl.create_default_context(cafile=str(self.ca_file))
            context.check_hostname = False  # asked for by its address
            url = f"https://{self.address}:{MANAGEMENT_PORT}/roots/0"
            with urllib.request.urlopen(url, timeout=ANSWER_SECONDS_MAX, context=context) as answer:
                return answer.read().decode()

        return ssl.create_default_context(cadata=str(self.net.inside(fetch)))
