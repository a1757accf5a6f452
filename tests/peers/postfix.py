"""tests/peers/postfix.py: Postfix in a network namespace, with its own configuration and queue.

What:    every mailbox of its domains is a Maildir; it relays for its namespace by MX.
In/Out:  domains, options that override main.cf → a running server; maildir(address) → messages.
Limits:  the folder must be reachable for other users than root (not below a 0700 folder).
"""

import os
import subprocess
from pathlib import Path

from peers import unpack
from peers.netns import Netns, stop, wait_until
from peers.pki import Certificate

POSTFIX_ID, POSTDROP_ID, VMAIL_ID = 4901, 4902, 4903  # as in netns.PASSWD
QUEUES = ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "pid",
          "private", "saved", "trace")
# name, type, command; nothing is chrooted, unprivileged unless it delivers.
SERVICES = """\
{address}:25 inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix:
    def __init__(self, net: Netns, address: str, folder: Path, hostname: str,
                 domains: list[str]):
        self.net = net
        self.address = address
        self.folder = folder
        self.hostname = hostname
        self.domains = domains
        self.root = unpack.peers_root()
        self.env = {"LD_LIBRARY_PATH": unpack.library_path(self.root),
                    "MAIL_CONFIG": str(folder / "etc")}
        self.log = folder / "mail.log"
        self.mail = folder / "mail"
        self.services = ""  # further lines of master.cf
        self.process: subprocess.Popen | None = None
        folder.mkdir(parents=True)
        folder.chmod(0o755)
        self._make_folders()

    def _make_folders(self) -> None:
        for name, owner, group, mode in (
                [("etc", 0, 0, 0o755), ("data", POSTFIX_ID, 0, 0o700), ("queue", 0, 0, 0o755),
                 ("mail", VMAIL_ID, VMAIL_ID, 0o755)]
                + [(f"queue/{queue}", POSTFIX_ID, 0, 0o700) for queue in QUEUES]
                + [("queue/public", POSTFIX_ID, POSTDROP_ID, 0o710),
                   ("queue/maildrop", POSTFIX_ID, POSTDROP_ID, 0o730)]):
            path = self.folder / name
            path.mkdir()
            os.chown(path, owner, group)
            path.chmod(mode)
        os.chown(self.folder / "queue/pid", 0, 0)
        (self.folder / "queue/pid").chmod(0o755)

    def main_cf(self, options: dict[str, str]) -> dict[str, str]:
        usr = self.root / "usr"
        return {
            "compatibility_level": "3.6", "myhostname": self.hostname, "mydestination": "",
            "queue_directory": f"{self.folder}/queue", "data_directory": f"{self.folder}/data",
            "daemon_directory": f"{usr}/lib/postfix/sbin", "command_directory": f"{usr}/sbin",
            "shlib_directory": f"{usr}/lib/postfix", "meta_directory": f"{usr}/share/postfix",
            "mail_owner": "postfix", "setgid_group": "postdrop",
            "maillog_file": str(self.log), "maillog_file_prefixes": str(self.folder),
            # The libraries are not where Debian would have installed them.
            "import_environment": "MAIL_CONFIG MAIL_LOGTAG POSTLOG_SERVICE POSTLOG_HOSTNAME "
                                  "LD_LIBRARY_PATH LANG=C",
            "inet_interfaces": self.address, "inet_protocols": "ipv4",
            "mynetworks": "10.0.0.0/24", "alias_maps": "", "alias_database": "",
            "local_recipient_maps": "", "virtual_mailbox_domains": " ".join(self.domains),
            "virtual_mailbox_base": str(self.mail),
            "virtual_mailbox_maps": f"texthash:{self.folder}/etc/mailboxes",
            "virtual_uid_maps": f"static:{VMAIL_ID}", "virtual_gid_maps": f"static:{VMAIL_ID}",
            "message_size_limit": str(64 << 20), "virtual_mailbox_limit": "0",
            "queue_run_delay": "2s", "minimal_backoff_time": "2s", "maximal_backoff_time": "3s",
            "smtpd_peername_lookup": "no", "smtp_tls_security_level": "may",
            "smtpd_client_connection_rate_limit": "0", "in_flow_delay": "0",
            **options,
        }

    def start(self, mailboxes: list[str], certificate: Certificate | None = None,
              options: dict[str, str] | None = None) -> "Postfix":
        """mailboxes: user@domain; any other address of the domains is refused with 550."""
        etc = self.folder / "etc"
        (etc / "mailboxes").write_text("".join(
            f"{address} {self.path(address)}/\n" for address in mailboxes))
        options = dict(options or {})
        if certificate:
            options = {"smtpd_tls_cert_file": str(certificate.certificate),
                       "smtpd_tls_key_file": str(certificate.key),
                       "smtpd_tls_security_level": "may", **options}
        (etc / "main.cf").write_text("".join(
            f"{name} = {value}\n" for name, value in self.main_cf(options).items()))
        (etc / "master.cf").write_text(SERVICES.format(address=self.address) +
                                       self.services)
        self.process = self.net.start(
            [self.root / "usr/lib/postfix/sbin/master", "-c", etc, "-d"],
            self.folder / "master.out", self.env)
        try:
            self.net.wait_for_port(self.address, 25)
        except TimeoutError as error:
            raise RuntimeError(f"Postfix did not start: {self.output()}") from error
        return self

    def output(self) -> str:
        texts = [path.read_text(errors="replace")
                 for path in (self.folder / "master.out", self.log) if path.exists()]
        return "\n".join(texts)

    @staticmethod
    def path(address: str) -> str:
        local, domain = address.split("@")
        return f"{domain}/{local}"

    def messages(self, address: str) -> list[bytes]:
        return [file.read_bytes() for file in
                sorted((self.mail / self.path(address) / "new").glob("*"))]

    def wait_for_messages(self, address: str, count: int = 1, seconds: float = 30) -> list[bytes]:
        try:
            wait_until(f"{count} messages for {address}",
                       lambda: len(self.messages(address)) >= count, seconds)
        except TimeoutError as error:
            raise AssertionError(f"{error}\n{self.output()[-4000:]}") from error
        return self.messages(address)

    def flush(self) -> None:
        """Tries everything deferred now."""
        self.tool("postqueue", "-f")

    def queue_is_empty(self) -> bool:
        return not any(path.is_file() for queue in ("incoming", "active", "deferred", "maildrop")
                       for path in (self.folder / "queue" / queue).rglob("*"))

    def tool(self, name: str, *arguments: str) -> str:
        environment = [f"{key}={value}" for key, value in self.env.items()]
        return self.net.run("env", *environment, self.root / "usr/sbin" / name, *arguments)

    def stop(self) -> None:
        if self.process:
            stop(self.process)
            self.process = None
