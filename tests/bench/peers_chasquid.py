"""tests/bench/peers_chasquid.py: chasquid of Debian (1.11).

It syncs nothing before its 250 (strace). It takes mail only for its own domains without a log-in,
so an alias of one of them leads to the sink, which it finds by MX. It verifies SPF, as we do for
strangers. Its queue has room for 200: the rest gets 451, and the client comes again.
It has no Maildir of its own (mail goes to a program such as maildrop).
"""

from peer import BENCH, CannotRun, Peer, package_version
from peers import unpack

CONFIGURATION = """\
hostname: "mx.chasquid.test"
max_data_size_mb: 100
smtp_address: "{address}:25"
data_dir: "{folder}/data"
mail_log_path: "{folder}/maillog"
"""
DOMAIN = "chasquid.test"


class Chasquid(Peer):
    key, title, number = "chasquid", "chasquid", 8

    def launch(self) -> None:
        if self.setup.mailboxes:
            raise CannotRun("delivers to programs only, not to a Maildir")
        certificate = self.setup.certificate or self.world.certificate()
        names = {"fullchain.pem": certificate.certificate, "privkey.pem": certificate.key}
        for name, path in names.items():
            self.write(f"etc/certs/mx.{DOMAIN}/{name}", path.read_text())
        self.write(f"etc/domains/{DOMAIN}/aliases", "rcpt: rcpt@sink.test\n")
        self.write("etc/chasquid.conf", CONFIGURATION.format(
            address=self.address, folder=self.folder))
        (self.folder / "data").mkdir(exist_ok=True)
        self.process = self.net.start(
            [unpack.peers_root(BENCH) / "usr/bin/chasquid", "-config_dir", self.folder / "etc"],
            self.folder / "log")
        self.wait_ready()

    @property
    def recipient(self) -> str:
        return f"rcpt@{DOMAIN}"

    @classmethod
    def version(cls) -> str:
        return "chasquid " + package_version("chasquid")
