"""tests/bench/peers_opensmtpd.py: OpenSMTPD of Debian (6.8.0p2).

It syncs nothing before its 250 (strace). Its queue is lifted out of the way (1,000,000 messages per
session). Its relaying pauses between messages whatever the load: a run does not wait for the last
one, and the next begins with an empty queue. With many new connections its resolver pauses, too.
This version cannot use a P-256 key with OpenSSL 3 ("EVP lib"): no handshakes.
"""

import os
from pathlib import Path

from peer import LOCAL_DOMAIN, SINK, Peer, package_version

CONFIGURATION = """\
smtp max-message-size 100M
smtp limit max-mails 1000000
smtp limit max-rcpt 1000000
{pki}
listen on {address} port 25 {tls} hostname mx.opensmtpd.test
{table}
action "relay" relay host smtp+notls://{sink}:25
{local}
match from any for any action "relay"
"""
LOCAL = """\
action "local" maildir "{mail}/%{{dest.user}}" virtual <users>
match from any for domain "{domain}" action "local"
"""
QUEUE_ID = 4907  # as in netns.PASSWD


class OpenSmtpd(Peer):
    key, title, number = "opensmtpd", "OpenSMTPD", 6

    def launch(self) -> None:
        var = self.make_var()
        setup, certificate = self.setup, self.setup.certificate
        pki = tls = table = local = ""
        if certificate:
            pki = (f'pki bench cert "{certificate.certificate}"\n'
                   f'pki bench key "{certificate.key}"')
            tls = "tls pki bench"
        if setup.mailboxes:
            mail = self.make_mail_folder()
            self.write("users", f"@{LOCAL_DOMAIN} vmail\n")
            table = f'table users file:{self.folder}/users'
            local = LOCAL.format(mail=mail, domain=LOCAL_DOMAIN)
        configuration = self.write("smtpd.conf", CONFIGURATION.format(
            address=self.address, sink=SINK, pki=pki, tls=tls, table=table, local=local))
        self.process = self.run_private(
            ["/usr/sbin/smtpd", "-d", "-f", str(configuration)], var)
        self.wait_ready()

    def make_var(self) -> Path:
        """The folders that its package would have made."""
        var = self.folder / "var"
        for name, owner, group, mode in (
                ("spool/smtpd", 0, 0, 0o711), ("spool/smtpd/offline", 0, QUEUE_ID, 0o770),
                ("spool/smtpd/purge", QUEUE_ID, 0, 0o700), ("lib/opensmtpd/empty", 0, 0, 0o755),
                ("run", 0, 0, 0o755), ("mail", 0, 0, 0o755), ("tmp", 0, 0, 0o1777)):
            path = var / name
            path.mkdir(parents=True, exist_ok=True)
            os.chown(path, owner, group)
            path.chmod(mode)
        return var

    @classmethod
    def version(cls) -> str:
        return "OpenSMTPD " + package_version("opensmtpd")
