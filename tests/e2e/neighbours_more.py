"""tests/e2e/neighbours_more.py: sendmail, Courier, Haraka, Dovecot's LMTP for the interop matrix.

What:    as neighbours.py; what runs them is in tests/peers.
Errors:  RuntimeError or CannotRun with their log when they do not start.
"""

import re
import sys
from pathlib import Path

from neighbours import NEIGHBOURS, PEOPLE, Mailboxes
from peers.courier import Courier
from peers.dovecot_lmtp import DovecotLmtp
from peers.haraka import Haraka
from peers.pki import Authority
from peers.sendmail import Sendmail
from stagepost import ROOT

sys.path.append(str(ROOT / "tests/bench"))
from peers_haraka import installed  # noqa: E402

CLIENT = "10.0.0.1"
OURS = "10.0.0.2"
WAY = "10.0.0.100"
LMTP_PORT = 24
FRIENDS = tuple(f"friend{number}" for number in range(9))
GUESTS = ("you", *FRIENDS, "nobody1", "nobody2", "nobody3")


class Foreign(Mailboxes):
    """One whose program is in self.server."""

    def __init__(self, net, folder: Path, authority: Authority):
        self.net, self.folder, self.authority = net, folder / self.key, authority
        self.certificate = authority.sign(f"mx.{self.domain}")
        self.certificate.key.chmod(0o644)  # read by unprivileged processes
        self.server = self.make()

    def log(self) -> str:
        return self.server.output()

    def close(self) -> None:
        self.server.stop()


class SendmailNeighbour(Foreign):
    key, title, address = "sendmail", "sendmail", "10.0.0.10"

    def make(self) -> Sendmail:
        return Sendmail(self.net, self.address, self.folder, f"mx.{self.domain}")

    def start(self) -> None:
        self.server.launch(self.domains, PEOPLE, self.certificate, self.authority.certificate,
                           self.make_maildirs())


class CourierNeighbour(Foreign):
    key, title, address = "courier", "Courier", "10.0.0.11"

    def make(self) -> Courier:
        return Courier(self.net, self.address, self.folder, f"mx.{self.domain}")

    def start(self) -> None:
        self.server.launch(self.domains, PEOPLE, self.certificate, CLIENT,
                           self.make_maildirs("Maildir"),
                           {"example.test": "mx.example.test", "way.example.test": "mx.way.test",
                            "grey.test": "mx.grey.test"})

    def rewritten(self, text: bytes) -> bytes:
        """It writes the header's addresses anew."""
        return re.sub(rb"^(From|To): <(.*)>", rb"\1: \2", text, flags=re.MULTILINE)


class HarakaNeighbour(Foreign):
    key, title, address = "haraka", "Haraka", "10.0.0.12"

    def make(self) -> Haraka:
        return Haraka(self.net, self.address, self.folder, f"mx.{self.domain}",
                      installed() / "node_modules/Haraka")

    def start(self) -> None:
        self.server.launch(self.domains, PEOPLE, self.certificate, self.make_maildirs())


class DovecotNeighbour(Foreign):
    """Its people are ours, too: we hand their mail on by LMTP. As a proxy it sends to us."""

    key, title, address = "dovecot", "Dovecot LMTP", "10.0.0.13"
    port, lmtp = LMTP_PORT, True

    def make(self) -> DovecotLmtp:
        return DovecotLmtp(self.net, self.address, self.folder, self.domain)

    def start(self) -> None:
        self.server.launch(PEOPLE, self.make_maildirs(), {
            f"{one}@{domain}": (host, LMTP_PORT) for one in GUESTS
            for domain, host in (("example.test", OURS), ("way.example.test", WAY))})


NEIGHBOURS = (*NEIGHBOURS, SendmailNeighbour, CourierNeighbour, HarakaNeighbour, DovecotNeighbour)
