"""tests/bench/verify_world.py: servers that verify whom mail is from, and the same without.

What:    Stagepost; Postfix with policyd-spf, opendkim and opendmarc; Postfix with rspamd; each in a
         cgroup of its own, relaying to one sink. Stagepost and Postfix alone do not verify. Knot
         has the zones; the peers ask unbound on this machine, Stagepost's resolver is inside it.
In/Out:  a folder → servers with address and group; sink.count() → (all, verified).
Errors:  a server that does not start raises RuntimeError, AssertionError or TimeoutError.
Limits:  needs root; waits are bounded by netns.py and stagepost.py.
"""

from pathlib import Path

import verify_mail
from groups import Group, GroupedNet, Server
from peers.checkers import Checkers
from peers.dns import DnsServer
from peers.netns import wait_until
from peers.postfix import Postfix
from peers_postfix import TUNED
from stagepost import Stagepost

ROOT = Path(__file__).resolve().parents[2]
# The client is a stranger, of RFC 2544: outside the networks that servers trust by default.
CLIENT, DNS, SINK = "198.18.0.1", "10.0.0.53", "10.0.0.4"
DOMAIN = verify_mail.RECIPIENT.split("@")[1]
MESSAGES = 300
PER_MINUTE_MAX = 1_000_000
POSTFIX = {**TUNED, "relayhost": f"[{SINK}]", "relay_domains": DOMAIN,
           "smtpd_peername_lookup": "yes"}


class Verifier(Server):
    def __init__(self, name: str, address: str, verifies: bool):
        super().__init__(name, address)
        self.verifies = verifies


class Sink:
    def __init__(self, net: GroupedNet, folder: Path):
        self.group = net.group = Group("sink")
        self.folder = folder
        folder.mkdir()
        net.start(["/usr/bin/python3", ROOT / "tests/bench/verify_sink.py", SINK, folder],
                  folder / "log")
        net.group = None
        net.wait_for_port(SINK, 25)

    def count(self) -> tuple[int, int]:
        text = (self.folder / "count").read_text().split()
        return (int(text[0]), int(text[1])) if len(text) == 2 else (0, 0)

    def sample(self) -> str:
        """The header of the latest message."""
        return (self.folder / "sample").read_text(errors="replace").split("\n\n")[0]


class VerifyWorld:
    """with VerifyWorld(folder) as world: world.servers, world.sink, world.mail"""

    def __init__(self, folder: Path):
        self.folder = folder
        self.net = GroupedNet(CLIENT, DNS, SINK, *(f"10.0.0.{n}" for n in (2, 3, 5, 6, 7)),
                              dns="127.0.0.1")
        self.mail = folder / "messages"
        self.ours: list[Stagepost] = []

    def __enter__(self) -> "VerifyWorld":
        self.net.__enter__()
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start(self) -> None:
        key = self.folder / "sender.key"
        verify_mail.write(self.mail, key, MESSAGES)
        self.tools_group, self.dns_group = Group("load"), Group("dns")
        self.resolver_group = self.net.group = Group("resolver")
        Checkers(self.net, self.folder / "resolver", "").start_unbound(DNS)
        self.net.group = self.dns_group
        DnsServer(self.net, DNS, self.folder / "dns").start(verify_mail.zone(key, CLIENT))
        self.sink = Sink(self.net, self.folder / "sink")
        self.stagepost = self._stagepost("Stagepost", "10.0.0.2", True)
        self.chain = self._postfix("Postfix, policyd-spf, opendkim, opendmarc", "10.0.0.6",
                                   lambda checkers: checkers.use_policyd_spf().start_opendkim()
                                   .start_opendmarc())
        self.rspamd = self._postfix("Postfix, rspamd", "10.0.0.7", Checkers.start_rspamd)
        self.stagepost_alone = self._stagepost("Stagepost, not verifying", "10.0.0.3", False)
        self.postfix_alone = self._postfix("Postfix, not verifying", "10.0.0.5", None)
        self.servers = [self.stagepost, self.chain, self.rspamd, self.stagepost_alone,
                        self.postfix_alone]

    def _stagepost(self, name: str, address: str, verifies: bool) -> Verifier:
        server = Verifier(name, address, verifies)
        home = self.folder / f"stagepost-{address}"
        home.mkdir()
        ours = Stagepost(home, DOMAIN, net=self.net, address=address)
        ours.ports["http"] += len(self.ours)  # on 127.0.0.1, where both are
        ours.init()
        ours.set("", hostname=f"mx.{DOMAIN}")
        ours.set("delivery", relay_host=f"{SINK}:25")
        ours.set("log", level="warning")
        ours.set("dns", servers=[DNS])
        # They are counted, but nobody is held back, as with the others.
        ours.set("client", **{f"{what}_per_minute_max": PER_MINUTE_MAX
                              for what in ("connections", "messages", "recipients")})
        if not verifies:
            ours.set("verify", exempt=[f"{CLIENT}/32"])
        ours.cli("alias", "add", verify_mail.RECIPIENT, "rcpt@sink.test")
        self.net.group = server.group
        ours.start()
        self.net.group = None
        self.ours.append(ours)
        return server

    def _postfix(self, name: str, address: str, start) -> Verifier:
        server = Verifier(name, address, start is not None)
        self.net.group = server.group
        hostname = f"mx-{address.rsplit('.', 1)[1]}.{DOMAIN}"
        postfix = Postfix(self.net, address, self.folder / f"postfix-{address}", hostname, [])
        options = dict(POSTFIX)
        if start:
            checkers = start(Checkers(self.net, self.folder / f"checkers-{address}", hostname))
            postfix.services = checkers.services
            options |= checkers.postfix_options()
        postfix.start([], None, options)
        self.net.group = None
        return server

    def wait_for(self, count: int, seconds: float) -> None:
        wait_until(f"{count} messages at the sink", lambda: self.sink.count()[0] >= count, seconds)

    def __exit__(self, *_: object) -> None:
        for ours in self.ours:
            ours.stop()
        self.net.__exit__()
        for group in Group.made:
            group.close()
