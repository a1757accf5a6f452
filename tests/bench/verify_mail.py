"""tests/bench/verify_mail.py: mail of 10 KiB with a DKIM signature each, and the DNS that vouches.

What:    messages that differ in Message-ID and Date, signed with rsa-sha256 (2048 bits),
         relaxed/relaxed, by openssl; the sender's zone: SPF over an include, DKIM key, DMARC.
In/Out:  write(file) → the messages as they follow DATA, which read(file) gives; zone(address).
Limits:  a process of openssl per message.
"""

import base64
import hashlib
import subprocess
from email.utils import formatdate
from pathlib import Path

DOMAIN = "sender.example.net"
SENDER = f"news@{DOMAIN}"
SENDER_HOST = f"mail.{DOMAIN}"
RECIPIENT = "rcpt@recipient.test"
SELECTOR = "s2026"
MESSAGE_BYTES = 10 * 1024
END = b"\r\n.\r\n"
# As a newsletter of today has it, without trace fields.
HEADER = """\
From: =?utf-8?q?J=C3=BCrgen_at_Sender?= <{sender}>
To: Somebody <{recipient}>
Subject: What happened this week, number {number}
Date: {date}
Message-ID: <{number}.{day}@{host}>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 7bit
List-Unsubscribe: <mailto:leave@{domain}>
Reply-To: <{sender}>
X-Mailer: newsletter 3.1
"""
SIGNED = ["from", "to", "subject", "date", "message-id", "mime-version", "content-type",
          "content-transfer-encoding", "list-unsubscribe", "reply-to"]
# Its own canonical form: no space at the end of a line, nowhere two of them.
LINE = "The quick brown fox jumps over the lazy dog and goes on to the next line.\r\n"


def openssl(*arguments: str, octets: bytes = b"") -> bytes:
    done = subprocess.run(["openssl", *arguments], input=octets, capture_output=True, check=True,
                          timeout=30)
    return done.stdout


def body() -> str:
    return LINE * ((MESSAGE_BYTES - 1024) // len(LINE))


def relaxed(field: str) -> str:
    """RFC 6376 §3.4.2, without the final CRLF."""
    name, value = field.split(":", 1)
    return f"{name.lower()}:{' '.join(value.split())}"


def signed(header: str, content: str, key: Path) -> str:
    fields = {line.split(":", 1)[0].lower(): line for line in header.rstrip("\n").split("\n")}
    digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
    signature = (f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={DOMAIN}; s={SELECTOR};"
                 f"\r\n\th={':'.join(SIGNED)};\r\n\tbh={digest};\r\n\tb=")
    octets = "".join(relaxed(fields[name]) + "\r\n" for name in SIGNED) + relaxed(signature)
    value = base64.b64encode(
        openssl("dgst", "-sha256", "-sign", str(key), octets=octets.encode())).decode()
    folded = "\r\n\t ".join(value[i:i + 70] for i in range(0, len(value), 70))
    return f"{signature}{folded}\r\n" + header.replace("\n", "\r\n") + "\r\n" + content


def write(file: Path, key: Path, count: int) -> None:
    """Makes the key, too."""
    openssl("genrsa", "-out", str(key), "2048")
    content = body()
    messages = []
    for number in range(count):
        date = formatdate(usegmt=True)
        header = HEADER.format(sender=SENDER, recipient=RECIPIENT, number=number, date=date,
                               day=date[5:16].replace(" ", ""), host=SENDER_HOST, domain=DOMAIN)
        messages.append(signed(header, content, key).encode() + b".\r\n")
    file.write_bytes(b"".join(messages))


def read(file: Path) -> list[bytes]:
    parts = file.read_bytes().split(END)
    return [part + END for part in parts[:-1]]


def zone(key: Path, client: str) -> str:
    """Everything lives an hour: it is in the caches after the first message."""
    public = base64.b64encode(openssl("rsa", "-in", str(key), "-pubout", "-outform", "DER"))
    record = f"v=DKIM1; k=rsa; p={public.decode()}"
    strings = " ".join(f'"{record[i:i + 200]}"' for i in range(0, len(record), 200))
    reverse = ".".join(reversed(client.split("."))) + ".in-addr.arpa."
    return f"""\
$TTL 3600
{DOMAIN}. MX 10 {SENDER_HOST}.
{DOMAIN}. A {client}
{DOMAIN}. TXT "v=spf1 include:_spf.{DOMAIN} -all"
_spf.{DOMAIN}. TXT "v=spf1 ip4:192.0.2.0/24 ip4:{client} ~all"
{SENDER_HOST}. A {client}
{SENDER_HOST}. TXT "v=spf1 a -all"
{SELECTOR}._domainkey.{DOMAIN}. TXT {strings}
_dmarc.{DOMAIN}. TXT "v=DMARC1; p=reject; rua=mailto:dmarc@{DOMAIN}"
{reverse} PTR {SENDER_HOST}.
"""
