"""Certificates: ordered at a real authority (Pebble), renewed, watched; used without a restart."""

import base64
import json
import re
import smtplib
import socket
import ssl
import subprocess

import pytest
from peers.dns import UPDATE_KEY, DnsServer
from peers.netns import Netns, command, wait_until
from peers.pebble import Pebble
from stagepost import COMMAND_SECONDS_MAX, binary, tls_context

SERVER, DNS, CA = "192.0.2.1", "192.0.2.53", "192.0.2.14"
NAME = "mail.example.test"
ZONE = f"{NAME}. A {SERVER}\nca.test. A {CA}\n"
SECRET = base64.b64encode(b"a secret for updates of the zone").decode()
SECONDS_MAX = 20


class World:
    """A server, the DNS and an authority in a namespace; nothing is started but the DNS."""

    def __init__(self, net: Netns, folder, new_server):
        self.net = net
        self.folder = folder
        self.dns = DnsServer(net, DNS, folder / "dns", update_secret=SECRET).start(ZONE)
        self.ca = Pebble(net, CA, "ca.test", folder / "ca", DNS)
        self.server = new_server(net=net, address=SERVER)
        self.server.set("acme", directory_url=self.ca.directory_url, ca_file=str(self.ca.ca_file),
                        retry_after=["1s"]).set("tls", watch_every="1s")

    def inside(self, action):
        return self.net.inside(action)

    def events(self, name: str) -> list[str]:
        return [line for line in self.server.log_text(None).splitlines() if name in line]

    def wait_for(self, name: str, count: int = 1) -> str:
        try:
            wait_until(f"{count} × {name}", lambda: len(self.events(name)) >= count, SECONDS_MAX)
        except TimeoutError as error:
            raise AssertionError(f"{error}\n{self.server.log_text()}\n"
                                 f"{self.ca.log.read_text()[-3000:]}") from error
        return self.events(name)[-1]

    def shown(self) -> dict:
        return json.loads(self.server.cli("certificate", "show", "--json"))

    def complaint(self, *arguments: str) -> str:
        """What `stagepost certificate …` says when it fails."""
        done = subprocess.run([*self.net.prefix(), binary(), "certificate", *arguments, "--home",
                               self.server.home], capture_output=True, text=True, check=False,
                              timeout=COMMAND_SECONDS_MAX)
        assert done.returncode == 1, done.stdout
        return done.stderr

    def served(self, context: ssl.SSLContext, port: int = 465) -> bytes:
        """The certificate (DER) that a client gets that verifies by `context`."""
        def handshake() -> bytes:
            if port == 25:
                with smtplib.SMTP(SERVER, 25, "client.example.net", timeout=SECONDS_MAX) as client:
                    client._host = NAME  # what starttls() verifies
                    client.starttls(context=context)
                    return client.sock.getpeercert(True)
            with socket.create_connection((SERVER, port), SECONDS_MAX) as plain, \
                    context.wrap_socket(plain, server_hostname=NAME) as stream:
                return stream.getpeercert(True)

        return self.inside(handshake)

    def open_session(self) -> smtplib.SMTP_SSL:
        def connect() -> smtplib.SMTP_SSL:
            client = smtplib.SMTP_SSL(SERVER, 465, "client.example.net", timeout=SECONDS_MAX,
                                      context=tls_context())
            client.login(self.server.user, self.server.password)
            return client

        return self.inside(connect)


@pytest.fixture(name="world")
def make_world(folder, new_server):
    with Netns(SERVER, DNS, CA, dns=DNS) as net:
        world = World(net, folder, new_server)
        yield world
        world.server.finish()
        world.ca.stop()
        world.dns.stop()


def send(client: smtplib.SMTP, world: World, subject: str) -> None:
    client.sendmail(world.server.user, [world.server.user],
                    f"From: <{world.server.user}>\r\nSubject: {subject}\r\n\r\nhello\r\n")
    wait_until(f"the mail {subject} is there",
               lambda: any(subject.encode() in mail for mail in world.server.maildir()))


def test_from_nothing_by_http_without_a_restart(world):
    world.server.start()
    failed = world.wait_for("certificate.failed")
    assert "ca.test:14000/dir" in failed and "refused" in failed, failed
    session = world.open_session()  # mail goes on, with a self-signed certificate
    before = world.served(tls_context())
    self_signed_record = world.shown()["tlsa"][0]
    world.ca.start(nonces_refused_percent=40)
    world.wait_for("certificate.replaced")
    trust = world.ca.trust()
    assert world.served(trust, 465) == world.served(trust, 25) != before
    send(session, world, "from a session of before")
    session.quit()
    for name in ("account.key", "certificate.pem", "next.key", "state.json"):
        assert (world.server.home / "state/acme" / name).stat().st_mode & 0o777 == 0o600, name
    shown = world.shown()
    assert shown["tlsa"][0] == self_signed_record  # a key that is published stays good
    assert shown["source"] == "acme" and shown["certificate"]["names"] == [NAME]
    assert shown["orders"]["failures"] == 0 and not shown["certificate"]["self_signed"]
    words = world.server.cli("certificate", "show")
    assert f"_25._tcp.{NAME}. 3600 IN TLSA 3 1 1 " in words and "renewed at" in words, words
    # The port is open only while the authority looks.
    with pytest.raises(ConnectionRefusedError):
        world.inside(lambda: socket.create_connection((SERVER, 80), SECONDS_MAX))
    assert "Not due" in world.server.cli("certificate", "renew")
    served = world.served(trust)
    assert "in use" in world.server.cli("certificate", "order")
    assert world.served(trust) != served
    # A restart shows what there is, and orders nothing.
    served = world.served(trust)
    world.server.stop()
    world.server.start()
    assert world.served(trust) == served


def test_renewed_in_time_with_the_same_key(world):
    world.ca.start(certificateValidityPeriod=8)
    world.server.start()
    world.wait_for("certificate.replaced")
    session = world.open_session()
    first, shown = world.served(tls_context()), world.shown()
    line = world.wait_for("certificate.replaced", 2)
    assert "key=kept" in line, line
    assert world.served(world.ca.trust()) != first
    assert world.shown()["tlsa"][0]["data"] == shown["tlsa"][0]["data"]
    send(session, world, "over a renewal")
    session.quit()


def test_an_authority_that_refuses_is_told_in_words(world):
    world.server.set("acme", http_listen=[f"{SERVER}:8080"], retry_after=["1h"])
    world.ca.start(domainBlocklist=["blocked.example.test"])
    world.server.start()
    failed = world.wait_for("certificate.failed")
    assert "connection" in failed and "port 80" in failed and NAME in failed, failed
    shown = world.shown()
    assert shown["source"] == "self-signed" and shown["orders"]["failures"] == 1
    words = world.server.cli("certificate", "show")
    assert "failed 1 times in a row" in words and "open it in the firewall" in words, words
    world.server.set("acme", domains=[NAME, "blocked.example.test"])
    world.server.process.send_signal(1)
    world.wait_for("server.reloaded")
    complaint = world.complaint("order")
    assert "rejectedIdentifier" in complaint and "acme.domains" in complaint, complaint


def test_by_updates_of_the_dns(world):
    secret = world.folder / "secret"
    secret.write_text(base64.b64encode(b"another secret").decode())
    world.server.set("acme", challenge="dns-01", dns_server=DNS, tsig_key_name=UPDATE_KEY,
                     tsig_secret_file=str(secret), domains=[NAME, "*.other.test"])
    world.ca.start()
    world.server.start()
    failed = world.wait_for("certificate.failed")
    assert "BADSIG" in failed and DNS in failed, failed
    secret.write_text(SECRET + "\n")
    world.wait_for("certificate.replaced")
    world.served(world.ca.trust())
    assert sorted(world.shown()["certificate"]["names"]) == ["*.other.test", NAME]
    left = world.dns.control("knotc", "-b", "zone-read", ".")
    assert "_acme-challenge" not in left, left


def test_by_tls_beside_mail_programs(world):
    world.server.set("acme", challenge="tls-alpn-01")
    world.server.set("clients", tls_addresses=["0.0.0.0:443"])
    world.ca.start()
    world.server.start()
    world.wait_for("certificate.replaced")
    assert world.served(world.ca.trust(), 443) == world.served(world.ca.trust(), 465)
    # And where nobody serves port 443, it is opened for the authority.
    world.server.stop()
    world.server.set("clients", tls_addresses=[]).start()
    world.server.cli("certificate", "order")
    with pytest.raises(ConnectionRefusedError):
        world.inside(lambda: socket.create_connection((SERVER, 443), SECONDS_MAX))


def test_a_new_key_waits_for_its_tlsa_record(world):
    world.ca.start()
    world.server.start()
    world.wait_for("certificate.replaced")
    current, following = [f'{one["name"]}. TLSA {one["data"]}\n' for one in world.shown()["tlsa"]]
    world.dns.change(ZONE + current)
    wait_until("the record is seen", lambda: world.shown()["tlsa"][0]["published"] == "yes")
    world.server.set("acme", rotate_key_after="1s")
    world.server.process.send_signal(1)
    waits = world.wait_for("certificate.key_waits")
    assert "publish it beside" in waits, waits
    assert "--force" in world.complaint("renew", "--new-key")
    world.dns.change(ZONE + current + following)
    line = world.wait_for("certificate.replaced", 2)
    assert "key=new" in line, line
    used = world.shown()["tlsa"][0]
    assert f'{used["name"]}. TLSA {used["data"]}\n' == following


def self_signed(folder, name: str) -> tuple[str, str]:
    command("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}",
            "-keyout", folder / "made.key", "-out", folder / "made.crt")
    return (folder / "made.crt").read_text(), (folder / "made.key").read_text()


@pytest.mark.sanitized
def test_files_are_watched(new_server, folder):
    server = new_server()
    certificate, key = folder / "tls.crt", folder / "tls.key"
    first, second = self_signed(folder, NAME), self_signed(folder, NAME)
    certificate.write_text(first[0])
    key.write_text(first[1])
    server.set("tls", certificate=str(certificate), key=str(key), watch_every="1s").start()

    def served() -> str:
        with socket.create_connection(("127.0.0.1", server.ports["submissions"]), 20) as plain, \
                tls_context().wrap_socket(plain) as stream:
            return ssl.DER_cert_to_PEM_cert(stream.getpeercert(True))

    def seen(name: str):
        return wait_until(name, lambda: re.search(rf"{name}.*", server.log_text(None)))

    assert served() == first[0]
    with smtplib.SMTP_SSL("127.0.0.1", server.ports["submissions"], "client.example.net",
                          timeout=20, context=tls_context()) as session:
        certificate.write_text(second[0])  # the key is still the other one's
        assert "stays in use" in seen("certificate.not_replaced").group(0)
        assert served() == first[0]
        key.write_text(second[1])
        seen("certificate.replaced")
        assert served() == second[0]
        assert session.noop()[0] == 250
    shown = json.loads(server.cli("certificate", "show", "--json"))
    assert shown["source"] == "files" and len(shown["tlsa"]) == 1
