"""tests/e2e/mail.py: messages, and how they are compared after their way through servers."""

import random
import smtplib

SENDER = "friend@example.net"


def message(subject: str, body: str = "hello\r\n", to: str = "you@example.test",
            sender: str = SENDER) -> bytes:
    return (f"From: <{sender}>\r\nTo: <{to}>\r\nSubject: {subject}\r\n"
            f"Date: Mon, 23 Nov 2026 12:00:00 +0000\r\n"
            f"Message-ID: <{subject.replace(' ', '.')}@example.net>\r\n\r\n{body}").encode()


def large_message(subject: str, size: int) -> bytes:
    """Lines of random text, some of which begin with dots; the same for the same size."""
    source = random.Random(size)
    lines, total = [], 0
    while total < size:
        line = "." * source.choice((0, 0, 0, 1, 2)) + f"{source.getrandbits(64 * 4):x}\r\n"
        lines.append(line)
        total += len(line)
    return message(subject, "".join(lines))


def crlf(text: bytes) -> bytes:
    """Every line ends with CRLF, the last one too."""
    text = text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return text if text.endswith(b"\r\n") else text + b"\r\n"


def assert_delivered_exactly(delivered: bytes, sent: bytes) -> None:
    """What was sent is the end of what was delivered; before it are only trace fields.

    Line ends of a Maildir are those of its reader (LF or CRLF) and not compared.
    """
    got, want = delivered.replace(b"\r\n", b"\n"), sent.replace(b"\r\n", b"\n")
    assert got.endswith(want), f"changed on its way:\n{got[:2000]!r}\nwas sent as\n{want[:2000]!r}"
    added = got[:len(got) - len(want)].decode()
    assert added == "" or added.endswith("\n")
    for line in added.splitlines():
        assert line.startswith((" ", "\t")) or line.split(":")[0] in (
            "Return-Path", "Delivered-To", "Received", "Received-SPF",
            "Authentication-Results", "X-Original-To",
            "X-Stagepost-Warning"), f"unknown trace field: {line}"


def refusal(client: smtplib.SMTP, recipient: str, sender: str = SENDER) -> tuple[int, str]:
    """The answer to RCPT; the transaction is reset."""
    client.ehlo_or_helo_if_needed()
    code, text = client.mail(sender)
    assert code == 250, text
    code, text = client.docmd(f"RCPT TO:<{recipient}>")  # client.rcpt() would rewrite it
    client.rset()
    return code, text.decode()
