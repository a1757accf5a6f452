"""tests/conformance/servers.py: Stagepost and others, each set up alike, in one namespace.

What:    mailboxes user0 … user2 and postmaster of NAME.test, messages of LIMIT_MB at most, STARTTLS
         with a certificate, nobody may relay; a submission port where user0 logs in; an LMTP port.
In/Out:  a World → start(), place(), names(), stop().
Errors:  whatever its starting raises; the run names it and goes on with the others.
Limits:  OpenSMTPD 6.8 has no TLS with OpenSSL 3, and sendmail's log-ins need Cyrus SASL: these two
         have no submission port here. LMTP is Stagepost's and Dovecot's, which has nothing else.
"""

import base64
import shutil
import socket
from pathlib import Path

from neighbours import (KEEP, PEOPLE, ChasquidNeighbour, EximNeighbour, Neighbour,
                        OpenSmtpdNeighbour, PostfixNeighbour)
from peer import VMAIL_ID, Peer
from peers import sendmail_cf, unpack
from peers.dns import DnsServer
from peers.dovecot_lmtp import DovecotLmtp
from peers.dovecot_sasl import DovecotSasl
from peers.netns import Netns
from peers.pki import Authority
from player import Place
from stagepost import Stagepost

CLIENT, OURS, NAMES = "10.0.0.1", "10.0.0.2", "10.0.0.53"
ADDRESSES = (CLIENT, OURS, NAMES, *(f"10.0.0.{number}" for number in (3, 6, 7, 8, 10, 11)))
LIMIT_MB = 1
SENDER, SECURE = "someone@client.test", "someone@secure.client.test"
PASSWORD = "a-long-enough-1"
ZONE = f"""\
client.test. MX 10 client.test.
client.test. A {CLIENT}
client.test. TXT "v=spf1 a -all"
*.client.test. MX 10 client.test.
*.client.test. A {CLIENT}
elsewhere.test. MX 10 elsewhere.test.
elsewhere.test. A 10.0.0.99
1.0.0.10.in-addr.arpa. PTR client.test.
"""


class World:
    """The namespace, its DNS and an authority, for all servers."""

    def __init__(self, net: Netns, folder: Path):
        self.net, self.folder = net, folder
        self.authority = Authority(folder / "pki")
        zone = ZONE
        for kind in SERVERS.values():
            zone += (f"{kind.key}.test. MX 10 mx.{kind.key}.test.\n"
                     f"mx.{kind.key}.test. A {address_of(kind)}\n")
        DnsServer(net, NAMES, folder / "dns").start(zone)


def address_of(kind: type) -> str:
    return getattr(kind, "address", f"10.0.0.{getattr(kind, 'number', 0)}")


class OurServer:
    key, title, address = "stagepost", "Stagepost", OURS
    ports = {"smtp": 25, "submission": 587, "lmtp": 24}

    def __init__(self, net: Netns, folder: Path, _: Authority):
        self.domain = f"{self.key}.test"
        home = folder / self.key
        home.mkdir()
        self.server = Stagepost(home, self.domain, net=net, address=self.address)

    def start(self) -> None:
        self.server.init()
        self.server.set("", hostname=f"mx.{self.domain}")
        self.server.set("dns", servers=[NAMES])
        self.server.set("limits", message_bytes_max=f"{LIMIT_MB}MiB")
        self.server.append(f'[[listener]]\nname = "lmtp"\naddress = "{self.address}:24"\n'
                           f'protocol = "lmtp"\nclients = ["{CLIENT}"]\n')
        for person in PEOPLE:
            self.server.add_user(f"{person}@{self.domain}", PASSWORD)
        self.server.start()

    def messages(self, person: str) -> list[bytes]:
        return self.server.maildir(person)

    def log(self) -> str:
        return self.server.log_text()

    def close(self) -> None:
        try:
            self.server.finish()
        finally:
            self.server.kill()


class JudgedPostfix(PostfixNeighbour):
    """Submission as in Debian's master.cf."""

    ports = {"smtp": 25, "submission": 587}
    SUBMISSION = ("{address}:587 inet n - n - - smtpd -o smtpd_tls_security_level=encrypt"
                  " -o smtpd_sasl_auth_enable=yes -o smtpd_sasl_type=dovecot"
                  " -o smtpd_sasl_path={socket} -o smtpd_sasl_security_options=noanonymous"
                  " -o smtpd_tls_auth_only=yes"
                  " -o smtpd_relay_restrictions=permit_sasl_authenticated,reject\n")

    def __init__(self, net: Netns, folder: Path, authority: Authority):
        super().__init__(net, folder, authority)
        self.sasl = DovecotSasl(net, folder / "postfix-sasl")

    def start(self) -> None:
        self.sasl.start({f"user0@{self.domain}": f"{{PLAIN}}{PASSWORD}"}, "plain login")
        self.postfix.services = self.SUBMISSION.format(address=self.address,
                                                       socket=self.sasl.folder / "auth")
        people = [f"{person}@{self.domain}" for person in (*PEOPLE, "postmaster")]
        self.postfix.start(people, self.certificate, {
            "smtputf8_enable": "yes", "mynetworks": "127.0.0.0/8", "myorigin": self.domain,
            "message_size_limit": str(LIMIT_MB << 20)})

    def log(self) -> str:
        return self.postfix.output()

    def close(self) -> None:
        super().close()
        self.sasl.stop()


EXIM_MAIN = """\
auth_advertise_hosts = ${if and{{eq{$received_port}{587}}{!eq{$tls_in_cipher}{}}}{*}{}}
"""
# As Debian's, in short: for everybody who is known here; for who has logged in, all.
EXIM_ACL = """\
rcpt:
  accept authenticated = *
  deny condition = ${if eq{$received_port}{587}}
       message = authentication required
  require message = relay not permitted
          domains = +local_domains
  require verify = recipient
  accept
"""
EXIM_AUTHENTICATORS = """\
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${if and{{eq{$auth2}{USER}}{eq{$auth3}{PASSWORD}}}}
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = <| Username: | Password:
  server_condition = ${if and{{eq{$auth1}{USER}}{eq{$auth2}{PASSWORD}}}}
  server_set_id = $auth1
"""


class Judged:
    """Mixed into a neighbour."""

    people = (*PEOPLE, "postmaster")
    size_max_mb = LIMIT_MB
    ports: dict[str, int] = {"smtp": 25}


class JudgedExim(Judged, EximNeighbour):
    listens_at = "25 : 587"
    ports = {"smtp": 25, "submission": 587}

    def main(self) -> str:
        return (super().main() + EXIM_MAIN +
                f"qualify_domain = {self.domain}\n")

    def sections(self) -> dict[str, str]:
        sections = super().sections()
        sections["acl"] = EXIM_ACL
        sections["transports"] += "  return_path_add\n"
        sections["authenticators"] = EXIM_AUTHENTICATORS.replace(
            "USER", f"user0@{self.domain}").replace("PASSWORD", PASSWORD)
        return sections


class JudgedOpenSmtpd(Judged, OpenSmtpdNeighbour):
    away = ""


class JudgedChasquid(Judged, ChasquidNeighbour):
    ports = {"smtp": 25, "submission": 587}
    login = (f"user0@{ChasquidNeighbour.key}.test", PASSWORD)


class JudgedSendmail(Judged, Neighbour, Peer):
    key, title, number = "sendmail", "sendmail", 10
    packages = sendmail_cf.PACKAGES

    def launch(self) -> None:
        var = self.folder / "var"
        for name in ("spool/mqueue", "sendmail", "tmp"):
            (var / name).mkdir(parents=True)
        hostname, mail = f"mx.{self.domain}", self.make_maildirs()
        self.write("var/sendmail/keep", KEEP.format(mail=mail), 0o755)
        self.write("var/sendmail/sendmail.cf", sendmail_cf.configuration(
            hostname, self.address, self.domain, self.size_max_mb << 20))
        for name, path in (("certificate", self.setup.certificate.certificate),
                           ("key", self.setup.certificate.key)):
            shutil.copy(path, var / f"sendmail/{name}.pem")
            (var / f"sendmail/{name}.pem").chmod(0o600)
        shutil.copy(unpack.peers_root(self.packages) / "etc/mail/helpfile", var / "sendmail")
        # Its mailboxes are users; it asks for its own name first of all.
        for person in self.people:
            self.net.add_user(person, VMAIL_ID)
        self.net.add_host(self.address, hostname, socket.gethostname())
        self.process = self.run_private(
            ["/usr/libexec/sendmail/sendmail", "-bD", "-q10s",
             f"-C{sendmail_cf.FOLDER}/sendmail.cf"], var)
        self.wait_ready()


class JudgedDovecot:
    key, title, address = "dovecot", "Dovecot", "10.0.0.11"
    ports = {"lmtp": 24}

    def __init__(self, net: Netns, folder: Path, _: Authority):
        self.domain = f"{self.key}.test"
        self.mail = folder / "dovecot-mail"
        self.server = DovecotLmtp(net, self.address, folder / self.key, self.domain)

    def start(self) -> None:
        self.mail.mkdir()
        shutil.chown(self.mail, VMAIL_ID, VMAIL_ID)
        self.server.launch((*PEOPLE, "postmaster"), self.mail, {})

    def messages(self, person: str) -> list[bytes]:
        return [path.read_bytes() for path in (self.mail / person / "new").glob("*")]

    def log(self) -> str:
        return self.server.output()

    def close(self) -> None:
        self.server.stop()


SERVERS = {kind.key: kind for kind in (OurServer, JudgedPostfix, JudgedExim, JudgedOpenSmtpd,
                                       JudgedSendmail, JudgedChasquid, JudgedDovecot)}


def base64_of(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def place_of(server) -> Place:
    return Place(server.address, server.ports, CLIENT, lambda: server.messages("user0"))


def names_of(server, number: int) -> dict[str, str]:
    """What stands for the words in braces, for the case of that number."""
    domain, user = server.domain, f"user0@{server.domain}"
    return {"rcpt": user, "other": f"user1@{domain}", "nobody": f"no.such.person@{domain}",
            "domain": domain, "DOMAIN": domain.upper(), "address": server.address,
            "away": "someone@elsewhere.test", "sender": SENDER, "secure": SECURE,
            "id": f"c{number:07d}",
            "login": base64_of(f"\0{user}\0{PASSWORD}"), "user64": base64_of(user),
            "password64": base64_of(PASSWORD), "wrong": base64_of(f"\0{user}\0wrong")}
