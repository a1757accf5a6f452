"""Strangers' mail through the real server, with a real DNS server: SPF, DKIM, DMARC, Junk."""

import base64
import hashlib
import re
import smtplib
import subprocess
from pathlib import Path

import pytest
from peers.dns import DnsServer
from peers.netns import Netns, wait_until

OURS, HONEST, EVIL, NAMES = "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.53"
AUTHSERV_ID = "mx.example.test"
ZONE = """\
example.test. MX 10 mx.example.test.
mx.example.test. A 10.0.0.2
good.test. TXT "v=spf1 ip4:10.0.0.3 -all"
mail.good.test. A 10.0.0.3
mail.good.test. TXT "v=spf1 a -all"
3.0.0.10.in-addr.arpa. PTR mail.good.test.
_dmarc.good.test. TXT "v=DMARC1; p=reject"
_dmarc.soft.test. TXT "v=DMARC1; p=quarantine"
soft.test. A 10.0.0.9
key._domainkey.good.test. TXT "{key}"
"""
SIGNED = ["From", "To", "Subject", "Date"]


def openssl(*arguments: str | Path, text: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *arguments], input=text, check=True,
                          capture_output=True, timeout=60).stdout


class Signer:
    """rsa-sha256, relaxed/simple, of good.test; written from RFC 6376, with openssl's RSA."""

    def __init__(self, folder: Path):
        self.key = folder / "dkim.pem"
        openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048",
                "-out", self.key)
        public = base64.b64encode(openssl("pkey", "-in", self.key, "-pubout", "-outform", "DER"))
        text = f"v=DKIM1; k=rsa; p={public.decode()}"
        self.record = '" "'.join(text[at:at + 250] for at in range(0, len(text), 250))

    def sign(self, message: bytes) -> bytes:
        head, body = message.split(b"\r\n\r\n", 1)
        body_hash = base64.b64encode(hashlib.sha256(body).digest()).decode()
        tags = ("v=1; a=rsa-sha256; c=relaxed/simple; d=good.test; s=key; "
                f"h={':'.join(SIGNED)}; bh={body_hash}; b=")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        octets = "".join(f"{name.lower()}:{' '.join(fields[name].split())}\r\n" for name in SIGNED)
        octets += f"dkim-signature:{tags}"
        signature = openssl("dgst", "-sha256", "-sign", self.key, text=octets.encode())
        field = f"DKIM-Signature: {tags}{base64.b64encode(signature).decode()}\r\n"
        return field.encode() + message


def letter(author: str, body: bytes = b"Hello.\r\n", more: str = "") -> bytes:
    return (f"From: {author}\r\nTo: you@example.test\r\nSubject: a letter\r\n"
            f"Date: Mon, 23 Nov 2026 12:00:00 +0000\r\n{more}\r\n").encode() + body


def results(delivered: bytes) -> list[str]:
    """The values of all Authentication-Results, unfolded."""
    head = re.sub(rb"\n[ \t]+", b" ", delivered.split(b"\n\n", 1)[0]).decode()
    return [line.split(":", 1)[1].strip() for line in head.split("\n")
            if line.lower().startswith("authentication-results:")]


class World:
    def __init__(self, net: Netns, folder: Path, new_server):
        self.net = net
        self.signer = Signer(folder)
        self.dns = DnsServer(net, NAMES, folder / "dns").start(ZONE.format(key=self.signer.record))
        self.server = new_server("example.test", net=net, address=OURS)
        self.server.set("", hostname=AUTHSERV_ID)
        self.server.set("dns", servers=[NAMES])

    def send(self, text: bytes, peer: str = HONEST, sender: str = "a@good.test") -> tuple:
        """What the server said to the final dot, or to MAIL or RCPT if it refused there."""
        def dialogue() -> tuple:
            with smtplib.SMTP(OURS, 25, "mail.good.test", timeout=120,
                              source_address=(peer, 0)) as client:
                client.ehlo_or_helo_if_needed()
                for code, words in (client.mail(sender), client.rcpt(self.server.user)):
                    if code != 250:
                        return code, words.decode()
                code, words = client.data(text)
                return code, words.decode()

        return self.net.inside(dialogue)

    def junk(self) -> list[bytes]:
        folder = self.server.home / "mail/example.test/you/.Junk"
        return [path.read_bytes() for path in (folder / "new").glob("*")]


@pytest.fixture(name="world")
def make_world(folder, new_server):
    with Netns(OURS, HONEST, EVIL, NAMES, dns=NAMES) as net:
        world = World(net, folder, new_server)
        world.server.start()
        yield world
        world.server.finish()


def test_an_honest_mail_is_accepted(world):
    forged = (f"Authentication-Results: {AUTHSERV_ID}; dmarc=pass header.from=bank.test\r\n"
              "Authentication-Results: mx.other.test; spf=pass\r\n")
    code, words = world.send(world.signer.sign(letter("A <a@good.test>", more=forged)))
    assert code == 250, words
    [delivered] = world.server.wait_for_mail()
    ours, others = results(delivered)
    assert others == "mx.other.test; spf=pass"
    assert ours.startswith(f"{AUTHSERV_ID};")
    for part in ("spf=pass smtp.mailfrom=a@good.test", "spf=pass smtp.helo=mail.good.test",
                 "dkim=pass header.d=good.test header.i=@good.test header.s=key "
                 "header.a=rsa-sha256", "dmarc=pass header.from=good.test"):
        assert part in ours, ours
    assert b"bank.test" not in delivered
    assert not world.junk()


def test_a_spoof_is_refused_with_a_reason(world):
    code, words = world.send(letter("CEO <ceo@good.test>"), EVIL, "x@evil.test")
    assert code == 550
    assert words.startswith("5.7.1") and "good.test" in words and "DMARC" in words
    code, words = world.send(letter("a@good.test", more="From: x@evil.test\r\n"))
    assert code == 550 and "From" in words
    assert world.server.maildir() == []


def test_quarantine_goes_to_junk(world):
    code, words = world.send(letter("x@soft.test"), EVIL, "x@evil.test")
    assert code == 250, words
    wait_until("a message in Junk", world.junk)
    [delivered] = world.junk()
    assert "dmarc=fail" in results(delivered)[0]
    assert b"\nX-Spam-Flag: YES\n" in delivered
    assert world.server.maildir() == []
    assert (world.server.home / "mail/example.test/you/.Junk/maildirfolder").exists()


def test_a_large_body_is_verified(world):
    body = b"The quick brown fox jumps over the lazy dog.\r\n"
    body *= (1 << 20) // len(body)
    assert world.send(world.signer.sign(letter("a@good.test", body)), EVIL, "x@evil.test")[0] == 250
    [delivered] = world.server.wait_for_mail()
    assert "dkim=pass" in results(delivered)[0]
    assert "dmarc=pass" in results(delivered)[0]
    changed = world.signer.sign(letter("a@good.test", body))[:-3] + b"!\r\n"
    assert world.send(changed, EVIL, "x@evil.test")[0] == 550


def test_a_dead_dns_refuses_nothing(world):
    world.server.stop()
    world.server.set("verify", timeout="3s").start()
    world.dns.stop()
    code, words = world.send(world.signer.sign(letter("a@good.test")))
    assert code == 250, words
    [delivered] = world.server.wait_for_mail()
    [ours] = results(delivered)
    for part in ("spf=temperror", "dkim=temperror", "dmarc=temperror"):
        assert part in ours, ours
    assert not world.junk()
