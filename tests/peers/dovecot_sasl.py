"""tests/peers/dovecot_sasl.py: Dovecot as nothing but an authentication server, for Postfix.

What:    a socket that smtpd_sasl_path names; users with passwords in the forms that they are given.
In/Out:  {user: "{PLAIN}secret"} → options for Postfix's main.cf; users can be changed at any time.
Errors:  a Dovecot that does not start shows its log.
Limits:  netns.START_SECONDS_MAX, STOP_SECONDS_MAX.
"""

import subprocess
from pathlib import Path

from peers import unpack
from peers.dovecot import own_libraries
from peers.netns import Netns, stop, wait_until

CONFIGURATION = """\
protocols =
base_dir = {folder}/run
log_path = {folder}/dovecot.log
auth_mechanisms = {mechanisms}
auth_failure_delay = 0 secs
disable_plaintext_auth = no
ssl = no
default_internal_user = dovecot
default_login_user = dovenull
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {folder}/users
}}
userdb {{
  driver = static
  args = uid=4903 gid=4903 home=/nonexistent
}}
service auth {{
  unix_listener {folder}/auth {{
    mode = 0666
  }}
}}
"""


class DovecotSasl:
    def __init__(self, net: Netns, folder: Path):
        self.net = net
        self.folder = folder
        self.process: subprocess.Popen | None = None
        folder.mkdir()
        folder.chmod(0o755)

    def users(self, users: dict[str, str]) -> None:
        (self.folder / "users").write_text(
            "".join(f"{user}:{password}::::::\n" for user, password in users.items()))

    def start(self, users: dict[str, str],
              mechanisms: str = "plain login scram-sha-1 scram-sha-256") -> "DovecotSasl":
        self.users(users)
        configuration = self.folder / "dovecot.conf"
        configuration.write_text(CONFIGURATION.format(folder=self.folder, mechanisms=mechanisms))
        self.process = self.net.start(
            own_libraries(unpack.peers_root(), unpack.peers_root() / "usr/sbin/dovecot", "-F", "-c",
                          configuration), self.folder / "dovecot.out")
        try:
            wait_until("Dovecot's socket", (self.folder / "auth").is_socket)
        except TimeoutError as error:
            raise RuntimeError(f"{error}: {self.output()}") from error
        return self

    def options(self) -> dict[str, str]:
        """Of Postfix: whoever has logged in may relay, and nobody else."""
        return {"smtpd_sasl_auth_enable": "yes", "smtpd_sasl_type": "dovecot",
                "smtpd_sasl_path": str(self.folder / "auth"), "smtpd_tls_auth_only": "yes",
                "smtpd_sasl_security_options": "noanonymous", "mynetworks": "127.0.0.1/32",
                "smtpd_sasl_authenticated_header": "yes",
                "smtpd_relay_restrictions": "permit_sasl_authenticated, reject",
                "smtpd_recipient_restrictions": "permit_sasl_authenticated, reject",
                # Its smtpd ends when Dovecot is away, and master waits a minute with the next.
                "service_throttle_time": "1s"}

    def output(self) -> str:
        return "\n".join(path.read_text(errors="replace") for path in (
            self.folder / "dovecot.out", self.folder / "dovecot.log") if path.exists())[-4000:]

    def stop(self) -> None:
        if self.process:
            stop(self.process)
            self.process = None
