"""tests/peers/dovecot_lmtp.py: Dovecot's LMTP server alone, with mailboxes and as a proxy.

What:    people of its own have Maildirs; mail for those of `proxied` goes on by LMTP to their host.
In/Out:  address, domain, people, {address: (host, port)} → LMTP at port 24.
Errors:  RuntimeError with its log when it does not start.
Limits:  no TLS: LMTP stays on a host or in a network that is trusted.
"""

import subprocess
from pathlib import Path

from peers import unpack
from peers.dovecot import VMAIL_ID, own_libraries
from peers.netns import Netns, stop

CONFIGURATION = """\
protocols = lmtp
listen = {address}
base_dir = {folder}/run
state_dir = {folder}/run/state
log_path = {folder}/log
ssl = no
lmtp_proxy = yes
first_valid_uid = {vmail}
mail_location = maildir:{mail}/%n
postmaster_address = postmaster@{domain}
passdb {{
  driver = passwd-file
  args = username_format=%u {folder}/passdb
}}
userdb {{
  driver = passwd-file
  args = username_format=%u {folder}/userdb
}}
service lmtp {{
  inet_listener lmtp {{
    port = 24
  }}
}}
"""


class DovecotLmtp:
    def __init__(self, net: Netns, address: str, folder: Path, domain: str):
        self.net, self.address, self.folder, self.domain = net, address, folder, domain
        self.process: subprocess.Popen | None = None
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)

    def launch(self, people: tuple[str, ...], mail: Path,
               proxied: dict[str, tuple[str, int]]) -> None:
        files = {
            "dovecot.conf": CONFIGURATION.format(address=self.address, folder=self.folder,
                                                 vmail=VMAIL_ID, mail=mail, domain=self.domain),
            "userdb": "".join(f"{one}@{self.domain}::{VMAIL_ID}:{VMAIL_ID}::{mail}/{one}::\n"
                              for one in people),
            "passdb": "".join(f"{one}::::::: nopassword=y proxy=y host={host} port={port} "
                              f"source_ip={self.address}\n"
                              for one, (host, port) in proxied.items()),
            "log": "",
        }
        for name, text in files.items():
            (self.folder / name).write_text(text)
        (self.folder / "log").chmod(0o666)
        root = unpack.peers_root()
        self.process = self.net.start(
            own_libraries(root, root / "usr/sbin/dovecot", "-F", "-c",
                          self.folder / "dovecot.conf"), self.folder / "out")
        try:
            self.net.wait_for_port(self.address, 24)
        except TimeoutError as error:
            raise RuntimeError(f"{error}:\n{self.output()}") from error

    def output(self) -> str:
        texts = [path.read_text(errors="replace")
                 for path in (self.folder / "out", self.folder / "log") if path.exists()]
        return "\n".join(texts)[-3000:]

    def stop(self) -> None:
        if self.process:
            stop(self.process)
            self.process = None
