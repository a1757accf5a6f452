"""tests/bench/peers_stagepost.py: Stagepost as it comes, and the bare reference server.

What differs from `stagepost init`: the client may relay, the sink is the relay host, the log says
warnings only (the trace is on), no HTTP port. Limits are lifted where a scenario needs it.
"""

from peer import CLIENT, DNS, LOCAL_DOMAIN, RELAY_DOMAIN, SINK, CannotRun, Peer
from report import output
from stagepost import Stagepost, binary

DEFAULT_SESSIONS = 200  # limits.connections_per_address_max as it comes


class Ours(Peer):
    key, title, number, ours = "stagepost", "Stagepost", 2, True
    loops = 0  # as it comes: one per core
    server: Stagepost | None = None

    def launch(self) -> None:
        if self.server is None:
            self.server = Stagepost(self.folder, LOCAL_DOMAIN, net=self.net, address=self.address)
            self.server.init()
            self.configure(self.server)
        self.server.start()

    def configure(self, server: Stagepost) -> None:
        server.set("", hostname="mx.local.test").set("http", addresses=[])
        server.set("policy", relay_networks=[f"{CLIENT}/32"]).set("log", level="warning")
        server.set("dns", servers=[DNS])
        if self.loops:
            server.set("server", loops=self.loops)
        if not self.setup.by_dns:
            server.set("delivery", relay_host=f"{SINK}:25")
        for domain, host in self.setup.routes:
            server.append(f'[[route]]\ndomain = "{domain}"\nhost = "[{host}]"\n')
        if self.setup.certificate:
            server.set("tls", certificate=str(self.setup.certificate.certificate),
                       key=str(self.setup.certificate.key))
        if self.setup.sessions_max > DEFAULT_SESSIONS:
            server.set("limits", connections_max=self.setup.sessions_max,
                       connections_per_address_max=self.setup.sessions_max)
        for number in range(self.setup.mailboxes):
            server.add_user(f"user{number}@{LOCAL_DOMAIN}")

    def shutdown(self) -> None:
        if self.server:
            self.server.stop()

    def stop(self, keep: bool = False) -> None:
        super().stop(keep)
        if not keep:
            self.server = None

    @classmethod
    def version(cls) -> str:
        return output(binary(), "--version")


class Bare(Peer):
    """`stagepost bench bare`: what the machine can do without a queue, policy or retries."""

    key, title, number = "bare", "bare reference", 10
    loops = 0

    def launch(self) -> None:
        if self.setup.mailboxes or self.setup.certificate:
            raise CannotRun("it only relays, without TLS")
        extra = ["--loops", str(self.loops)] if self.loops else []
        self.process = self.net.start(
            [binary(), "bench", "bare", "--listen", f"{self.address}:25", "--relay", f"{SINK}:25",
             "--folder", self.folder, *extra], self.folder / "log")
        self.wait_ready()

    @property
    def recipient(self) -> str:
        return f"rcpt@{RELAY_DOMAIN}"

    @classmethod
    def version(cls) -> str:
        return "of this binary"
