"""REQUIRETLS (RFC 8689) from end to end: between two servers, and where it is not kept."""

import json
import smtplib
import ssl

import pytest
from dsn import read
from mail import assert_delivered_exactly, message
from peers.dns import DnsServer
from peers.netns import Netns, wait_until
from peers.pki import Authority, Certificate
from sink import Sink
from stagepost import Stagepost, tls_context

OURS, SECOND, SINK, HOME, NAMES, CLIENT = (
    "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.53", "10.0.0.1")
ZONE = """\
second.test. MX 10 mx.second.test.
mx.second.test. A 10.0.0.3
sink.test. MX 10 mx.sink.test.
mx.sink.test. A 10.0.0.4
home.test. MX 10 mx.home.test.
mx.home.test. A 10.0.0.5
"""
WAIT_SECONDS_MAX = 60
THEM = "them@sink.test"


class World:
    """Our server sends; what its routes name needs no DNSSEC."""

    def __init__(self, net: Netns, folder, new_server, monkeypatch):
        self.net = net
        self.new_server = new_server
        self.pki = Authority(folder / "pki")
        monkeypatch.setenv("SSL_CERT_FILE", str(self.pki.certificate))
        self.dns = DnsServer(net, NAMES, folder / "dns").start(ZONE)
        self.server = self.make("example.test", OURS)

    def make(self, domain: str, address: str) -> Stagepost:
        server = self.new_server(domain, net=self.net, address=address)
        server.set("", hostname=f"mx.{domain}").set("dns", servers=[NAMES])
        server.set("policy", relay_networks=[f"{CLIENT}/32"])
        server.set("http", addresses=[]).set("api", addresses=[])  # both would have the same
        return server.set("queue", retry_after=["1s"], retry_jitter_percent=0)

    def route(self, domain: str) -> "World":
        self.server.append(f'[[route]]\ndomain = "{domain}"\nhost = "mx.{domain}"\n')
        return self

    def context(self, host: str) -> ssl.SSLContext:
        made: Certificate = self.pki.sign(host)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(made.certificate, made.key)
        return context

    def sink(self, host: str = "mx.sink.test", address: str = SINK, **how) -> Sink:
        """encrypted=False: it has no TLS at all."""
        tls = self.context(host) if how.pop("encrypted", True) else None
        return self.net.inside(lambda: Sink(25, how.pop("answers", {}), address, tls=tls, **how))

    def send(self, to: str, sender: str = "you@example.test", text: bytes | None = None,
             options: tuple[str, ...] = ("REQUIRETLS",)) -> None:
        def dialogue() -> None:
            with smtplib.SMTP(OURS, 25, "client.test", timeout=60,
                              source_address=(CLIENT, 0)) as client:
                client.starttls(context=tls_context())
                client.ehlo()
                assert client.has_extn("requiretls")
                code, answer = client.mail(sender, list(options))
                assert code == 250, answer
                assert client.rcpt(to)[0] == 250
                assert client.data(text or message("encrypted", to=to))[0] == 250

        self.net.inside(dialogue)

    def told(self) -> list[tuple[str, str, str]]:
        [report] = self.server.wait_for_mail(seconds=WAIT_SECONDS_MAX)
        return read(report).actions()


@pytest.fixture(name="world")
def make_world(folder, new_server, monkeypatch):
    with Netns(CLIENT, OURS, SECOND, SINK, HOME, NAMES, dns=NAMES) as net:
        world = World(net, folder, new_server, monkeypatch)
        yield world
        world.server.finish()


def test_from_server_to_server(world):
    second = world.make("second.test", SECOND)
    made = world.pki.sign("mx.second.test")
    second.set("tls", certificate=str(made.certificate), key=str(made.key)).start()
    world.route("second.test").server.start()
    sent = message("encrypted all the way", to=second.user)
    world.send(second.user, text=sent)
    [delivered] = second.wait_for_mail(seconds=WAIT_SECONDS_MAX)
    assert_delivered_exactly(delivered, sent)
    assert b"with ESMTPS" in delivered
    assert " verified" in world.server.cli("explain", second.user)
    second.finish()


@pytest.mark.parametrize(("routed", "how", "code"), [
    (True, {"encrypted": False}, "5.7.10"),
    (True, {"encrypted": False, "offers": ["REQUIRETLS"]}, "5.7.10"),
    (True, {}, "5.7.30"),
    (False, {"tls_offers": ["REQUIRETLS"]}, "5.7.30"),
], ids=["no-tls", "in-the-clear", "not-offered", "not-signed"])
def test_it_comes_back(world, routed, how, code):
    if routed:
        world.route("sink.test")
    world.server.start()
    with world.sink(**how) as sink:
        world.send(THEM)
        assert world.told() == [(THEM, "failed", code)]
        assert not sink.mails


def test_it_waits_for_a_certificate(world):
    """One of another host's name; with the right one it goes, with what the sender demanded."""
    world.route("sink.test").server.start()
    with world.sink(host="mx.other.test", tls_offers=["REQUIRETLS"]) as sink:
        world.send(THEM)
        wait_until("the refusal", lambda: "451 4.7.5" in world.server.cli("queue", "list"),
                   WAIT_SECONDS_MAX)
        world.server.stop()
        world.server.start()
        sink.tls = world.context("mx.sink.test")
        world.server.cli("queue", "retry", "--all")
        wait_until("the mail", lambda: sink.mails, WAIT_SECONDS_MAX)
        assert " REQUIRETLS" in sink.mails[0].said[0]
        assert world.server.maildir() == []


@pytest.mark.parametrize("offers", [["REQUIRETLS"], ["DSN"]], ids=["offered", "not-offered"])
def test_the_report_is_as_confidential(world, offers):
    """What comes back goes by TLS, too, says REQUIRETLS itself where that is offered, and has the
    header only (RFC 8689 §5)."""
    world.route("sink.test").route("home.test").server.start()
    with world.sink(encrypted=False), \
            world.sink("mx.home.test", HOME, tls_offers=offers) as home:
        world.send(THEM, sender="an@home.test", options=("REQUIRETLS", "RET=FULL"))
        wait_until("the report", lambda: home.mails, WAIT_SECONDS_MAX)
        [report] = home.mails
        assert report.sender == ""
        assert (" REQUIRETLS" in report.said[0]) == ("REQUIRETLS" in offers)
        told = read(report.content)
        assert told.actions() == [(THEM, "failed", "5.7.10")]
        assert told.returned.get_content_type() == "text/rfc822-headers"


def test_no_report_in_the_clear(world):
    """Who demands TLS and cannot be written to by it hears nothing, rather than in the clear."""
    world.route("sink.test").route("home.test").server.start()
    with world.sink(encrypted=False), world.sink("mx.home.test", HOME, encrypted=False) as home:
        world.send(THEM, sender="an@home.test")
        wait_until("both ends", lambda: world.server.log_text(None).count("5.7.10") >= 2 and
                   json.loads(world.server.cli("queue", "list", "--json"))["messages"] == [],
                   WAIT_SECONDS_MAX)
        assert not home.mails


def test_the_field_that_asks_for_no_tls(world):
    """TLS-Required: No goes on as it came, and REQUIRETLS counts more (RFC 8689 §4.1)."""
    world.route("sink.test").server.start()
    text = b"TLS-Required: No\r\n" + message("in the clear is fine", to=THEM)
    with world.sink(encrypted=False) as sink:
        world.send(THEM, text=text, options=())
        wait_until("the mail", lambda: sink.mails, WAIT_SECONDS_MAX)
        assert sink.mails[0].content.endswith(text)
        world.send(THEM, text=text)
        assert world.told() == [(THEM, "failed", "5.7.10")]
        assert len(sink.mails) == 1


def test_outside_tls_it_is_not_known(world):
    world.server.start()

    def dialogue() -> None:
        with smtplib.SMTP(OURS, 25, "client.test", timeout=60) as client:
            client.ehlo()
            assert not client.has_extn("requiretls")
            assert client.mail("a@example.org", ["REQUIRETLS"])[0] == 555

    world.net.inside(dialogue)
