"""Stagepost and Postfix exchange mail by MX, through a real DNS server, in a network namespace."""

import smtplib
import time

import pytest
from mail import assert_delivered_exactly, large_message, message
from peers.dns import DnsServer
from peers.netns import Netns, wait_until
from peers.pki import Authority
from peers.postfix import Postfix
from sink import Sink
from stagepost import Stagepost

OURS, THEIRS, NAMES, CLIENT = "10.0.0.2", "10.0.0.3", "10.0.0.53", "10.0.0.1"
ZONE = """\
example.test. MX 10 mx.example.test.
mx.example.test. A 10.0.0.2
2.0.0.10.in-addr.arpa. PTR mx.example.test.
postfix.test. MX 10 mx.postfix.test.
mx.postfix.test. A 10.0.0.3
3.0.0.10.in-addr.arpa. PTR mx.postfix.test.
several.test. MX 10 dead.several.test.
several.test. MX 20 mx.postfix.test.
dead.several.test. A 10.0.0.9
nomail.test. MX 0 .
xn--bcher-kva.test. MX 10 mx.postfix.test.
sink.test. A 10.0.0.4
"""
USERS = [f"user{number}@postfix.test" for number in range(50)]
RETRY_SECONDS_MAX = 60


class World:
    """Who lives in the namespace; `submit` sends as a user of ours through our submission port."""

    def __init__(self, net: Netns, folder, new_server):
        self.net = net
        self.folder = folder
        self.mailboxes: list[str] = []  # further ones of Postfix
        self.pki = Authority(folder / "pki")
        self.dns = DnsServer(net, NAMES, folder / "dns").start(ZONE)
        self.server: Stagepost = new_server("example.test", net=net, address=OURS)
        self.server.set("", hostname="mx.example.test")
        self.server.set("dns", servers=[NAMES])
        self.server.set("policy", relay_networks=[f"{CLIENT}/32"])
        self.server.set("queue", retry_after=["1s"])
        self.postfix = Postfix(net, THEIRS, folder / "postfix", "mx.postfix.test",
                               ["postfix.test", "several.test", "xn--bcher-kva.test"])

    def start(self, **options: str) -> "World":
        """Options are those of Postfix's main.cf; tls="no" takes its certificate away."""
        certificate = None if options.pop("tls", "yes") == "no" \
            else self.pki.sign("mx.postfix.test")
        self.postfix.start([*USERS, *self.mailboxes, "user@several.test"], certificate, options)
        self.server.start()
        return self

    def send(self, through: str, sender: str, recipients: list[str], text: bytes) -> None:
        def dialogue() -> None:
            with smtplib.SMTP(through, 25, "client.test", timeout=60,
                              source_address=(CLIENT, 0)) as client:
                assert client.sendmail(sender, recipients, text) == {}

        self.net.inside(dialogue)

    def to_postfix(self, recipients: list[str], text: bytes, sender: str | None = None) -> None:
        self.send(OURS, self.server.user if sender is None else sender, recipients, text)

    def to_us(self, text: bytes, sender: str = USERS[0]) -> None:
        self.send(THEIRS, sender, [self.server.user], text)


@pytest.fixture(name="world")
def make_world(folder, new_server):
    with Netns(CLIENT, OURS, THEIRS, "10.0.0.4", NAMES, dns=NAMES) as net:
        world = World(net, folder, new_server)
        yield world
        world.server.finish()


@pytest.mark.parametrize("tls", ["no", "yes"], ids=["plain", "starttls"])
def test_we_send_to_postfix(world, tls):
    world.start(tls=tls, smtpd_tls_received_header="yes")
    sent = message("to postfix", to=USERS[0])
    world.to_postfix([USERS[0]], sent)
    [delivered] = world.postfix.wait_for_messages(USERS[0])
    assert_delivered_exactly(delivered, sent)
    assert (b"with ESMTPS" in delivered) == (tls == "yes")


@pytest.mark.parametrize("level", ["none", "encrypt"], ids=["plain", "starttls"])
def test_postfix_sends_to_us(world, level):
    world.start(smtp_tls_security_level=level)
    sent = message("from postfix")
    world.to_us(sent)
    [delivered] = world.server.wait_for_mail()
    assert_delivered_exactly(delivered, sent)
    assert (b"ESMTPS" in delivered.split(b"\n\n")[0].split(b"mx.postfix.test")[1]) == \
        (level == "encrypt")


def test_large_both_ways(world):
    world.start()
    sent = large_message("large", 10 << 20)
    world.to_postfix([USERS[0]], sent)
    world.to_us(sent)
    assert_delivered_exactly(world.postfix.wait_for_messages(USERS[0], seconds=60)[0], sent)
    assert_delivered_exactly(world.server.wait_for_mail(seconds=60)[0], sent)


def test_many_recipients(world):
    world.start()
    sent = message("to many")
    world.to_postfix(USERS, sent)
    for user in USERS:
        [delivered] = world.postfix.wait_for_messages(user)
        assert_delivered_exactly(delivered, sent)


def test_a_dead_mx_is_passed_over(world):
    world.start()
    world.to_postfix(["user@several.test"], message("second MX"))
    world.postfix.wait_for_messages("user@several.test")


def test_postfix_down_then_up(world):
    """Connection refused defers; the mail goes out when the other side is back."""
    world.start()
    world.postfix.stop()
    world.to_postfix([USERS[0]], message("later"))
    time.sleep(2)  # an attempt fails meanwhile; the retry is what is tested
    world.postfix.start(USERS, world.pki.sign("mx.postfix.test"))
    world.postfix.wait_for_messages(USERS[0], seconds=RETRY_SECONDS_MAX)


@pytest.mark.parametrize("verb", ["CONNECT", "MAIL", "RCPT", "DATA", "END"])
def test_4yz_then_accepted(world, verb):
    """A host without MX is its own (RFC 5321 §5.1); each 4yz is tried again, once delivered."""
    world.start()
    code = "421 4.3.2 not now" if verb == "CONNECT" else "451 4.7.1 not now"
    sent = message("deferred once", to="user@sink.test")
    sink = world.net.inside(lambda: Sink(25, {verb: [code]}, "10.0.0.4"))
    with sink:
        world.to_postfix(["user@sink.test"], sent)
        wait_until("the second attempt", lambda: sink.mails, RETRY_SECONDS_MAX)
        time.sleep(2)  # a doubled one would come now
    [mail] = sink.mails
    assert mail.recipients == ["user@sink.test"]
    assert_delivered_exactly(mail.content, sent)


def dsn_parts(delivered: bytes) -> tuple[str, str]:
    """(top header, the machine readable part) of a delivery status notification."""
    text = delivered.decode().replace("\r\n", "\n")
    top = text.split("\n\n", 1)[0]
    assert "multipart/report" in top and "report-type=" in top, top
    return top, text[text.index("message/delivery-status"):]


def test_rejects_become_a_dsn(world):
    """One of three recipients is refused: its sender learns it, the others get the mail."""
    world.start()
    recipients = [USERS[0], "nobody@postfix.test", USERS[1]]
    world.to_postfix(recipients, message("partly refused"))
    world.postfix.wait_for_messages(USERS[0])
    world.postfix.wait_for_messages(USERS[1])
    [dsn] = world.server.wait_for_mail()
    assert dsn.startswith(b"Return-Path: <>")
    _, status = dsn_parts(dsn)
    assert "Final-Recipient: rfc822; nobody@postfix.test" in status.replace("rfc822;n", "rfc822; n")
    assert "Action: failed" in status and "Status: 5.1.1" in status
    assert USERS[0] not in status and "Subject: partly refused" in status


@pytest.mark.parametrize(("recipient", "status"), [
    ("user@nomail.test", "5.1.10"),  # null MX, RFC 7505
    ("user@nowhere.test", "5.1.2"),  # NXDOMAIN, RFC 3463: bad destination system address
])
def test_domains_that_take_no_mail_become_a_dsn(world, recipient, status):
    world.start()
    world.to_postfix([recipient], message("nowhere to go"))
    [dsn] = world.server.wait_for_mail()
    assert f"Status: {status}" in dsn_parts(dsn)[1]


def test_the_null_sender_gets_no_dsn(world):
    """Invariant 3: a bounce that cannot be delivered ends here."""
    world.start()
    world.to_postfix(["nobody@postfix.test", USERS[0]], message("from nobody"), sender="")
    [delivered] = world.postfix.wait_for_messages(USERS[0])
    assert delivered.startswith(b"Return-Path: <>")
    wait_until("the refusal", lambda: "<nobody@postfix.test>" in world.postfix.output())
    time.sleep(2)  # a DSN would come now
    assert world.server.maildir() == []
    assert world.postfix.queue_is_empty()


def test_postfix_bounces_to_us(world):
    """Our unknown mailbox is refused at RCPT; Postfix's own DSN to our user is taken."""
    world.start()
    world.send(THEIRS, world.server.user, ["nobody@example.test"], message("unknown"))
    [dsn] = world.server.wait_for_mail()
    assert dsn.startswith(b"Return-Path: <>")
    assert "Status: 5.1.1" in dsn_parts(dsn)[1]
