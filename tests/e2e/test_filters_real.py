"""opendkim, rspamd and ClamAV as people run them, behind the real server."""

import base64
import hashlib
import json
import re
import smtplib
import subprocess
from pathlib import Path

import pytest
from mail import message
from peers.dns import DnsServer
from peers.filters import Filters
from peers.netns import Netns
from stagepost import tls_context

OURS, STRANGER, NAMES = "10.0.0.2", "10.0.0.3", "10.0.0.53"
OPENDKIMS_ID = "opendkim.example.test"
ZONE = """\
example.test. A 10.0.0.2
example.test. MX 10 example.test.
example.net. A 10.0.0.3
key._domainkey.example.test. TXT "{record}"
"""
# In two parts: a scanner that looks at this file should not find what it is made to find.
GTUBE = "XJS*C4JDBQADN1.NSBN3*2IDNEN*" + "GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
EICAR = r"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def attachment(octets: bytes) -> bytes:
    body = ("--b\r\nContent-Type: text/plain\r\n\r\nlook\r\n"
            "--b\r\nContent-Type: application/octet-stream; name=x.com\r\n"
            "Content-Transfer-Encoding: base64\r\n\r\n"
            f"{base64.b64encode(octets).decode()}\r\n--b--\r\n")
    return message("attached", body).replace(
        b"\r\n\r\n", b"\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n",
        1)


class World:
    def __init__(self, net: Netns, folder: Path, new_server):
        self.net = net
        self.server = new_server("example.test", net=net, address=OURS)
        self.server.set("dns", servers=[NAMES])
        self.key = folder / "dkim.pem"
        self._openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048",
                      "-out", self.key)
        public = base64.b64encode(self._openssl("pkey", "-in", self.key, "-pubout",
                                                "-outform", "DER")).decode()
        text = f"v=DKIM1; k=rsa; p={public}"
        record = '" "'.join(text[at:at + 250] for at in range(0, len(text), 250))
        DnsServer(net, NAMES, folder / "dns").start(ZONE.format(record=record))
        self.filters = Filters(net, folder / "filters", NAMES)

    @staticmethod
    def _openssl(*arguments: str | Path) -> bytes:
        return subprocess.run(["openssl", *arguments], check=True, capture_output=True,
                              timeout=60).stdout

    def start(self, *milters: str, rspamd: str = "") -> "World":
        text = self.server.config.read_text()
        for address in milters:
            text += f"\n[[milter]]\naddress = {json.dumps(address)}\n"
        if rspamd:
            text += f"\n[rspamd]\nurl = {json.dumps(rspamd)}\ndefault_action = \"tempfail\"\n"
        self.server.config.write_text(text)
        self.server.start()
        return self

    def send(self, text: bytes, sender: str = "friend@example.net") -> tuple[int, str]:
        def dialogue() -> tuple[int, str]:
            with smtplib.SMTP(OURS, 25, "example.net", timeout=120,
                              source_address=(STRANGER, 0)) as client:
                try:
                    client.sendmail(sender, [self.server.user], text)
                except smtplib.SMTPResponseException as error:
                    return error.smtp_code, error.smtp_error.decode()
                except smtplib.SMTPRecipientsRefused as error:
                    return next(iter(error.recipients.values()))
                return 250, ""

        return self.net.inside(dialogue)

    def submit(self, text: bytes) -> None:
        def dialogue() -> None:
            with smtplib.SMTP(OURS, 587, "phone", timeout=120) as client:
                client.starttls(context=tls_context())
                client.login(self.server.user, self.server.password)
                client.sendmail(self.server.user, [self.server.user], text)

        self.net.inside(dialogue)


@pytest.fixture(name="world")
def make_world(folder, new_server):
    with Netns(OURS, STRANGER, NAMES, dns=NAMES) as net:
        world = World(net, folder, new_server)
        yield world
        world.server.finish()
        world.filters.kill()


def results(delivered: bytes) -> list[str]:
    head = re.sub(rb"\r?\n[ \t]+", b" ", re.split(rb"\r?\n\r?\n", delivered, maxsplit=1)[0])
    return [line.split(":", 1)[1].strip() for line in head.decode().splitlines()
            if line.lower().startswith("authentication-results:")]


def test_opendkim_signs_what_ours_verifies_and_agrees_when_it_verifies(world):
    world.start(world.filters.start_opendkim(world.key, "example.test", "key", OPENDKIMS_ID))
    user = world.server.user
    # No Date and a Bcc: what it signs is the message as we complete it.
    draft = (f"From: You <{user}>\r\nTo: you@example.net\r\nBcc: <{user}>\r\nSubject: signed\r\n"
             "Content-Type: text/plain; charset=utf-8\r\n\r\n"
             "caf\u00e9\r\n.dots\r\n\r\n").encode()
    world.submit(draft)
    [signed] = world.server.wait_for_mail()
    text = signed.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    text = text[text.lower().index(b"dkim-signature:"):]
    assert b"d=example.test" in text and b"Bcc" not in text and b"\r\nDate:" in text
    for sent, wanted in ((text, "dkim=pass"), (text.replace(b".dots", b".dot"), "dkim=fail")):
        before = world.server.maildir()
        assert world.send(sent, "you@example.test")[0] == 250
        after = world.server.wait_for_mail(count=len(before) + 1)
        [delivered] = [one for one in after if one not in before]
        [ours, theirs] = results(delivered)
        assert theirs.startswith(OPENDKIMS_ID)
        assert wanted in ours and wanted in theirs


def test_rspamd_refuses_gtube_as_milter_and_over_http(world):
    milter, url = world.filters.start_rspamd()
    world.start(milter)
    for text, wanted in ((message("spam", GTUBE + "\r\n"), 550), (message("ham"), 250)):
        code, words = world.send(text)
        assert code == wanted or code == 554 and wanted == 550, words
    assert len(world.server.wait_for_mail()) == 1
    world.server.stop()
    world.server.config.write_text(
        world.server.config.read_text().replace(f'[[milter]]\naddress = "{milter}"\n', ""))
    world.start(rspamd=url)
    code, words = world.send(message("spam over http", GTUBE + "\r\n"))
    assert code == 550 and "5.7.1" in words, words
    assert world.send(message("ham over http"))[0] == 250
    assert len(world.server.wait_for_mail(count=2)) == 2


def test_clamav_refuses_eicar(world):
    digest = hashlib.md5(EICAR.encode()).hexdigest()
    world.start(world.filters.start_clamav({"own.hdb": f"{digest}:{len(EICAR)}:Own.Eicar\n"}))
    code, words = world.send(attachment(EICAR.encode()))
    assert code == 550 and "Own.Eicar" in words, words
    assert world.send(attachment(EICAR.encode()[:-1] + b"x"))[0] == 250
    [delivered] = world.server.wait_for_mail()
    assert b"X-Virus-Status: Clean" in delivered
    # Without clamd its milter cannot say; nothing comes in unseen.
    clamd = world.filters.processes[0]
    clamd.kill()
    clamd.wait()
    assert world.send(attachment(b"anything"))[0] == 451
