"""Tests of tests/peers: the real servers work in their namespace, before we test against them."""

import smtplib
from pathlib import Path

import pytest
from peers.dns import DnsServer
from peers.netns import Netns
from peers.pki import Authority
from peers.postfix import Postfix

ZONE = """\
left.test. MX 10 mx.left.test.
mx.left.test. A 10.0.0.2
right.test. MX 10 nobody.right.test.
right.test. MX 20 mx.right.test.
mx.right.test. A 10.0.0.3
nobody.right.test. A 10.0.0.9
"""
DOMAINS = {"left.test": "10.0.0.2", "right.test": "10.0.0.3"}


@pytest.fixture(name="net")
def make_net():
    with Netns("10.0.0.1", *DOMAINS.values(), "10.0.0.53", dns="10.0.0.53") as net:
        yield net


def send(net: Netns, server: str, recipients: list[str], text: str, tls: bool = False) -> None:
    def dialogue() -> None:
        with smtplib.SMTP(server, 25, "client.test", timeout=20) as client:
            if tls:
                client.starttls()
            client.sendmail("sender@left.test", recipients, text)

    net.inside(dialogue)


def postfix(net: Netns, folder: Path, domain: str, **options) -> Postfix:
    certificate = Authority(folder / f"pki-{domain}").sign(f"mx.{domain}")
    server = Postfix(net, DOMAINS[domain], folder / domain, f"mx.{domain}", [domain])
    return server.start([f"user@{domain}"], certificate, options)


def test_postfix_delivers_to_a_maildir(net, folder):
    server = postfix(net, folder, "left.test")
    send(net, "10.0.0.2", ["user@left.test"], "Subject: one\r\n\r\nhello\r\n", tls=True)
    [message] = server.wait_for_messages("user@left.test")
    assert b"Subject: one\n" in message and b"with ESMTPS" in message


def test_postfix_refuses_an_unknown_mailbox(net, folder):
    postfix(net, folder, "left.test")
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        send(net, "10.0.0.2", ["nobody@left.test"], "Subject: two\r\n\r\nhello\r\n")
    assert refused.value.recipients["nobody@left.test"][0] == 550


@pytest.mark.parametrize("signed", [False, True], ids=["plain", "dnssec"])
def test_postfix_relays_by_mx(net, folder, signed):
    """The first MX host does not answer; the second one gets the mail, over STARTTLS."""
    DnsServer(net, "10.0.0.53", folder / "dns", signed).start(ZONE)
    left = postfix(net, folder, "left.test")
    right = postfix(net, folder, "right.test")
    send(net, "10.0.0.2", ["user@right.test"], "Subject: three\r\n\r\nhello\r\n")
    [message] = right.wait_for_messages("user@right.test")
    assert b"Subject: three\n" in message and b"from mx.left.test" in message
    assert "relay=mx.right.test[10.0.0.3]:25" in left.output()


def test_dns_answers_and_changes(net, folder):
    server = DnsServer(net, "10.0.0.53", folder / "dns", signed=True).start(ZONE)
    assert " DS " in server.trust_anchor()
    lookup = "import socket; print(socket.gethostbyname('mx.left.test'))"
    assert net.run("/usr/bin/python3", "-c", lookup).strip() == "10.0.0.2"
    server.change(ZONE.replace("mx.left.test. A 10.0.0.2", "mx.left.test. A 10.0.0.3"))
    assert net.run("/usr/bin/python3", "-c", lookup).strip() == "10.0.0.3"
