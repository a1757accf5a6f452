"""What submission does to mail: headers completed, Bcc gone, bodies recoded, messages for later."""

import email
import email.policy
import json
import smtplib
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
from peers.netns import wait_until
from sink import Sink
from stagepost import tls_context

pytestmark = [pytest.mark.sanitized, pytest.mark.threads]


def log_in(server) -> smtplib.SMTP:
    client = smtplib.SMTP(server.address, server.ports["submission"], "client.example.net",
                          timeout=60)
    client.starttls(context=tls_context())
    client.login(server.user, server.password)
    return client


def submit(server, content: bytes, recipients: list[str] | None = None,
           options: list[str] | None = None) -> None:
    """The octets as they are: sendmail() would mend some of them."""
    with log_in(server) as client:
        assert client.mail(server.user, options or [])[0] == 250
        for recipient in recipients or [server.user]:
            assert client.rcpt(recipient)[0] == 250
        code, text = client.data(content)
        assert code == 250, text


def parse(content: bytes) -> email.message.EmailMessage:
    return email.message_from_bytes(content, policy=email.policy.default)


def below_trace(content: bytes) -> bytes:
    """The message without the fields that delivery and receipt put in front, line ends as LF."""
    lines = content.replace(b"\r\n", b"\n").split(b"\n")
    trace = (b"Return-Path:", b"Delivered-To:", b"Received:", b" ", b"\t")
    while lines and lines[0].startswith(trace):
        lines.pop(0)
    return b"\n".join(lines)


@pytest.fixture(name="relay")
def make_relay(new_server):
    """A server that gives foreign mail to a sink; both are there."""
    with Sink(0) as sink:
        server = new_server().set("delivery", relay_host=f"127.0.0.1:{sink.port}")
        server.set("queue", retry_after=["1s"], retry_jitter_percent=0).start()
        server.sink = sink
        yield server


def sunk(server, count: int = 1) -> list[bytes]:
    wait_until(f"{count} mails at the sink", lambda: len(server.sink.mails) >= count, 30)
    return [mail.content for mail in server.sink.mails]


def test_a_bare_message_becomes_a_whole_one(relay):
    submit(relay, b"Subject: bare\r\nTo: you\r\nBcc: boss@example.org,\r\n\tspy@example.org\r\n"
                  b"Return-Path: <x@y>\r\n\r\nhello\r\n", [relay.user, "them@example.org"])
    for got in (*relay.wait_for_mail(), *sunk(relay)):
        mail = parse(got)
        assert parsedate_to_datetime(mail["Date"])
        assert mail["From"] == relay.user
        assert mail["To"] == relay.user
        assert mail["Message-ID"].startswith("<") and "@" in mail["Message-ID"]
        assert mail.get_content().strip() == "hello"
        assert b"spy@" not in got and b"boss@" not in got and b"<x@y>" not in got
        assert b"127.0.0.1" not in got.split(b"\n\n")[0]  # where the client is stays private


def test_a_whole_message_is_not_touched(relay):
    content = (b"Date: Mon, 23 Nov 2026 12:00:00 +0000\r\nFrom: <you@example.test>\r\n"
               b"Message-ID: <1@example.test>\r\nTo: them@example.org\r\nSubject: whole\r\n\r\n"
               b"line\r\n.dot\r\n")
    submit(relay, content, ["them@example.org"])
    assert below_trace(sunk(relay)[0]) == content.replace(b"\r\n", b"\n")


@pytest.mark.parametrize("content", [b"", b"\r\n", b"hello, no header\r\n", b"   \r\n", b"x" * 900],
                         ids=["nothing", "empty line", "text", "spaces", "one word"])
def test_messages_without_a_header(server, content):
    submit(server, content)
    mail = parse(server.wait_for_mail()[0])
    assert mail["From"] == server.user and mail["Date"] and mail["Message-ID"]
    assert not mail.defects
    assert mail.get_payload().strip() == content.decode().strip()


WHOLE = (b"Date: Mon, 23 Nov 2026 12:00:00 +0000\r\nFrom: <you@example.test>\r\n"
         b"Message-ID: <1@example.test>\r\n")


@pytest.mark.parametrize("lines", [b"Garbage line\r\nBcc: spy@x.test\r\n",
                                   b"Bcc\r\n : spy@x.test\r\n", b"Bcc\x0b: spy@x.test\r\n"],
                         ids=["behind", "folded", "control"])
def test_a_bcc_that_other_readers_would_find(server, lines):
    with log_in(server) as client:
        client.mail(server.user)
        client.rcpt(server.user)
        code, text = client.data(WHOLE + lines + b"Subject: s\r\n\r\nhello\r\n")
        assert code == 550 and b"Line 4 of the header" in text and b"Bcc" in text, text


def test_a_line_that_is_no_field_ends_the_header(server):
    submit(server, WHOLE + b"From\x0b: boss@example.test\r\nSubject: s\r\n\r\nhello\r\n")
    got = server.wait_for_mail()[0].replace(b"\r\n", b"\n")
    assert b"\n\nFrom\x0b: boss@" in got
    assert parse(got)["Subject"] is None
    submit(server, WHOLE + b"Bcc : spy@x.test\r\nSubject: spaced\r\n\r\nhello\r\n")
    got = next(mail for mail in server.wait_for_mail(count=2) if b"spaced" in mail)
    assert b"spy@" not in got


def test_a_header_that_is_too_long_to_be_looked_through(server):
    with log_in(server) as client:
        client.mail(server.user)
        client.rcpt(server.user)
        code, text = client.data(b"X: y\r\n" * 50_000 + b"Bcc: spy@example.org\r\n\r\nhello\r\n")
        assert code in (550, 552) and b"header" in text, text
    long = b"".join(b"X-%d: %s\r\n" % (number, b"y" * 90) for number in range(2_000))
    submit(server, b"Subject: long\r\n" + long + b"Bcc: spy@example.org\r\n\r\nhello\r\n")
    got = server.wait_for_mail()[0]
    assert b"spy@" not in got and parse(got)["Date"]


def test_a_local_part_does_not_become_somebody_else(server):
    server.add_user("boss@example.test")
    with log_in(server) as client:
        client.mail(server.user)
        client.rcpt(server.user)
        code, text = client.data(b"From: boss\r\nSubject: raise\r\n\r\nhello\r\n")
        assert code == 550 and b"boss" in text, text
    submit(server, b"From: you\r\nSubject: mine\r\n\r\nhello\r\n")
    assert parse(server.wait_for_mail()[0])["From"] == server.user


def test_port_25_changes_nothing(server):
    content = b"Bcc: spy@example.org\r\nSubject: foreign\r\n\r\n\xe4 " + b"x" * 5_000 + b"\r\n"
    with smtplib.SMTP(server.address, server.ports["smtp"], "client.example.net") as client:
        client.ehlo()
        assert client.mail("friend@example.net", ["BODY=8BITMIME"])[0] == 250
        assert client.rcpt(server.user)[0] == 250
        assert client.data(content)[0] == 250
    assert below_trace(server.wait_for_mail()[0]) == content.replace(b"\r\n", b"\n")


# Bodies.

HEAD = (b"Date: Mon, 23 Nov 2026 12:00:00 +0000\r\nFrom: <you@example.test>\r\n"
        b"Message-ID: <2@example.test>\r\nSubject: body\r\n")


def longest_line(content: bytes) -> int:
    return max(len(line) for line in content.split(b"\n"))


def test_a_long_line_arrives_decodable_and_identical(relay):
    text = "A line of 5,000 octets: " + "x y=z -- " * 552 + "\r\n"
    submit(relay, HEAD + b"\r\n" + text.encode(), ["them@example.org", relay.user])
    for got in (*sunk(relay), *relay.wait_for_mail()):
        mail = parse(got)
        assert longest_line(got) < 998
        assert mail["Content-Transfer-Encoding"] == "quoted-printable"
        assert mail["MIME-Version"] == "1.0"
        assert mail.get_payload(decode=True).replace(b"\r\n", b"\n") == \
            text.encode().replace(b"\r\n", b"\n")


def test_undeclared_latin_1_can_be_read(relay):
    text = "Grüße aus Köln, für 5 ¤\r\n"
    submit(relay, HEAD + b"\r\n" + text.encode("latin-1"), ["them@example.org"])
    got = sunk(relay)[0]
    assert got.isascii()
    assert parse(got).get_content_charset() == "iso-8859-1"
    assert parse(got).get_content().strip() == text.strip()
    submit(relay, HEAD + b"\r\n" + text.encode(), ["them@example.org"])
    assert parse(sunk(relay, 2)[1]).get_content().strip() == text.strip()


def test_a_part_among_others_is_recoded_alone(relay):
    binary = bytes(range(14, 256)) * 30  # no CR, LF or NUL: one line of 7,260 octets
    content = (HEAD + b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b1\r\n\r\n"
               b"--b1\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nplain\r\n"
               b"--b1\r\nContent-Type: application/octet-stream\r\n\r\n" + binary +
               b"\r\n--b1\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n"
               + b"QUFB" * 2_000 + b"\r\n--b1--\r\n")
    submit(relay, content, ["them@example.org"])
    got = sunk(relay)[0]
    assert longest_line(got) <= 999
    plain, octets, image = parse(got).iter_parts()
    assert plain.get_content().strip() == "plain" and "content-transfer-encoding" not in plain
    assert octets.get_payload(decode=True) == binary
    assert image.get_payload(decode=True) == b"AAA" * 2_000


def test_a_large_text_is_recoded(relay):
    text = b"".join(b"%07d \xc3\xa4 %s\r\n" % (number, b"z" * 1_100) for number in range(3_000))
    submit(relay, HEAD + b"\r\n" + text, ["them@example.org"])
    got = parse(sunk(relay)[0])
    assert got.get_payload(decode=True).replace(b"\r\n", b"\n") == text.replace(b"\r\n", b"\n")


def test_what_is_signed_is_not_touched(relay):
    signed = (b"MIME-Version: 1.0\r\nContent-Type: multipart/signed; boundary=s1;"
              b" protocol=\"application/pgp-signature\"\r\n\r\n--s1\r\n"
              b"Content-Type: text/plain\r\n\r\n%s\r\n--s1\r\n"
              b"Content-Type: application/pgp-signature\r\n\r\nxxxx\r\n--s1--\r\n")
    content = HEAD + signed % b"Gr\xfc\xdfe, 8bit and undeclared"
    submit(relay, content, ["them@example.org"])
    assert below_trace(sunk(relay)[0]) == content.replace(b"\r\n", b"\n")
    with log_in(relay) as client:
        client.mail(relay.user)
        client.rcpt(relay.user)
        code, text = client.data(HEAD + signed % (b"x" * 1_000))
        assert code == 554 and text.startswith(b"5.6.0 Line 11 "), text
    dkim = b"DKIM-Signature: v=1\r\n" + HEAD + b"\r\nGr\xfc\xdfe\r\n"
    submit(relay, dkim, ["them@example.org"])
    assert below_trace(sunk(relay, 2)[1]) == dkim.replace(b"\r\n", b"\n")


def test_the_settings(new_server):
    server = new_server().set("submission", complete_header=False, recode=False,
                              private_received=False, hold_for_max="0s").start()
    content = b"Subject: as it is\r\nBcc: x@y.test\r\nFrom: you@example.test\r\n\r\n" + \
        b"\xe4" + b"x" * 2_000 + b"\r\n"
    submit(server, content)
    got = server.wait_for_mail()[0]
    assert below_trace(got) == content.replace(b"\r\n", b"\n")
    assert b"127.0.0.1" in got
    with log_in(server) as client:
        client.ehlo()
        assert not client.has_extn("futurerelease")
        assert client.mail(server.user, ["HOLDFOR=5"])[0] == 555


# Later (RFC 4865).

def queued(server, *arguments: str) -> list[dict]:
    return json.loads(server.cli("queue", "list", "--json", *arguments))["messages"]


def test_a_message_for_later(server):
    with log_in(server) as client:
        client.ehlo()
        seconds, until = client.esmtp_features["futurerelease"].split()
        assert int(seconds) == 30 * 24 * 3600
        assert datetime.fromisoformat(until) > datetime.now(UTC) + timedelta(days=29)
        for wrong in ("HOLDFOR=0", "HOLDFOR=x", "HOLDUNTIL=1795442400", "HOLDFOR=99999999",
                      "HOLDFOR=5 HOLDUNTIL=2036-01-01T00:00:00Z",
                      "HOLDUNTIL=2036-01-01T00:00:00Z"):
            assert client.mail(server.user, [wrong])[0] == 501, wrong
    submit(server, b"Subject: undone\r\n\r\nx\r\n", options=["HOLDFOR=3600"])
    later = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    submit(server, b"Subject: released\r\n\r\nx\r\n", options=[f"HOLDUNTIL={later}"])
    submit(server, b"Subject: now\r\n\r\nx\r\n")
    server.wait_for_mail()
    undone, released = queued(server, "--scheduled")
    assert released["scheduled"] and released["next_attempt"].startswith(later[:-1])
    assert server.cli("queue", "list").count("scheduled for ") == 2
    assert "scheduled" in server.cli("explain", released["id"])
    server.cli("queue", "retry", "--all")
    server.kill()
    server.start()
    assert len(queued(server, "--scheduled")) == 2
    server.cli("queue", "remove", undone["id"])
    server.cli("queue", "release", released["id"])
    mails = [parse(mail) for mail in server.wait_for_mail(count=2)]
    assert sorted(mail["Subject"] for mail in mails) == ["now", "released"]
    assert queued(server) == []


def test_it_is_delivered_when_its_time_comes(server):
    begun = datetime.now(UTC)
    submit(server, b"Subject: later\r\n\r\nx\r\n", options=["HOLDFOR=4"])
    server.kill()
    server.start()
    assert len(queued(server, "--scheduled")) == 1 and server.maildir() == []
    got = server.wait_for_mail()[0]
    assert datetime.now(UTC) - begun >= timedelta(seconds=4)
    assert parse(got)["Subject"] == "later" and b"HOLD" not in got


def test_port_25_offers_no_hold(server):
    with smtplib.SMTP(server.address, server.ports["smtp"], "client.example.net") as client:
        client.ehlo()
        assert not client.has_extn("futurerelease")
        assert client.mail("friend@example.net", ["HOLDFOR=5"])[0] == 555
