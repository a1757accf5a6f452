"""The interop matrix, sending: every kind of message to every server that can be had, as a table.

Each cell says what became of it, is compared with docs/interop.md, and has been verified: the text
arrived as it was sent, or the sender was told why not. With STAGEPOST_WRITE_INTEROP=1 the table of
that page is written anew.
"""

import os
import re
import smtplib
import ssl

import pytest
from dsn import read
from mail import assert_delivered_exactly, large_message, message
from neighbours import NEIGHBOURS, PEOPLE
from peer import CannotRun
from peers.dns import DnsServer
from peers.netns import Netns, wait_until
from peers.pki import Authority
from stagepost import ROOT

OURS, CLIENT, NAMES = "10.0.0.2", "10.0.0.1", "10.0.0.53"
PAGE = ROOT / "docs/interop.md"
WAIT_SECONDS_MAX = 90
PROMISE_SECONDS_MAX = 20  # for another server to keep its word about DSN
ADDRESSES = [f"10.0.0.{number}" for number in (3, 6, 7, 8)]


def zone() -> str:
    lines = ["example.test. MX 10 mx.example.test.", f"mx.example.test. A {OURS}",
             "2.0.0.10.in-addr.arpa. PTR mx.example.test.",
             'example.test. TXT "v=spf1 a:mx.example.test -all"',
             'mx.example.test. TXT "v=spf1 a -all"']
    for kind in NEIGHBOURS:
        address = getattr(kind, "address", f"10.0.0.{getattr(kind, 'number', 3)}")
        for domain in (f"{kind.key}.test", f"plain.{kind.key}.test"):
            lines.append(f"{domain}. MX 10 mx.{kind.key}.test.")
        lines.append(f"mx.{kind.key}.test. A {address}")
        lines.append(f"{address.rsplit('.', 1)[1]}.0.0.10.in-addr.arpa. PTR mx.{kind.key}.test.")
    return "\n".join(lines) + "\n"


class Matrix:
    def __init__(self, net, folder, new_server):
        self.net = net
        self.authority = Authority(folder / "pki")
        DnsServer(net, NAMES, folder / "dns").start(zone())
        self.server = new_server("example.test", net=net, address=OURS)
        self.server.set("", hostname="mx.example.test")
        self.server.set("dns", servers=[NAMES])
        self.server.set("policy", relay_networks=[f"{CLIENT}/32"])
        self.server.set("queue", retry_after=["2s"])
        # All addresses are of one interface; the first would be taken, which SPF does not know.
        self.server.set("delivery", source_ipv4=OURS)
        for kind in NEIGHBOURS:
            self.server.append(f'[[route]]\ndomain = "plain.{kind.key}.test"\ntls = "none"')
        self.server.start()

    def send(self, recipients: list[str], text: bytes, options: str = "", rcpt: str = "",
             sender: str = "you@example.test") -> None:
        def dialogue() -> None:
            with smtplib.SMTP(OURS, 25, "client.test", timeout=WAIT_SECONDS_MAX,
                              source_address=(CLIENT, 0)) as client:
                client.ehlo()
                client.command_encoding = "utf-8"
                assert client.docmd(f"MAIL FROM:<{sender}> {options}".strip())[0] == 250
                for address in recipients:
                    code, answer = client.docmd(f"RCPT TO:<{address}> {rcpt}".strip())
                    assert code == 250, answer
                assert client.data(text)[0] == 250

        self.net.inside(dialogue)

    def offers(self, address: str) -> set[str]:
        """Within TLS, if that works there; "starttls" is in it then."""
        def ask(encrypted: bool) -> set[str]:
            with smtplib.SMTP(address, 25, "client.test", timeout=WAIT_SECONDS_MAX) as client:
                client.ehlo()
                if not encrypted:
                    return {*client.esmtp_features} - {"starttls"}
                context = ssl.create_default_context()
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
                client.starttls(context=context)
                client.ehlo()
                return {*client.esmtp_features, "starttls"}

        try:
            return self.net.inside(lambda: ask(True))
        except (ssl.SSLError, smtplib.SMTPNotSupportedError):
            return self.net.inside(lambda: ask(False))

    def report(self, subject: str, seconds: float = WAIT_SECONDS_MAX):
        """The report that came back about the message with this subject."""
        def found():
            for text in self.server.maildir():
                if b"multipart/report" in text and subject.encode() in text:
                    return text
            return None

        return read(wait_until(f"a report about {subject}", found, seconds))


class Row:
    """One neighbour: a method for each column; `count` messages for user0 have come so far."""

    def __init__(self, matrix: Matrix, neighbour):
        self.matrix, self.neighbour = matrix, neighbour
        self.offers = matrix.offers(neighbour.address)
        self.count = 0

    def to(self, person: str = "user0", plain: bool = False) -> str:
        return f"{person}@{'plain.' if plain else ''}{self.neighbour.domain}"

    def subject(self, column: str) -> str:
        return f"{column} {self.neighbour.key}"

    def arrives(self, sent: bytes) -> bytes:
        """The next message of user0, which is what was sent."""
        self.count += 1
        self.neighbour.wait_for("user0", self.count)
        name = re.search(rb"^Message-ID: (\S+)", sent, re.MULTILINE).group(1)
        [delivered] = [text for text in self.neighbour.messages("user0") if name in text]
        at = delivered.index(b"From: <")
        assert_delivered_exactly(delivered[at:], sent)
        return delivered

    def plain(self) -> str:
        sent = message(self.subject("plain"), "hello\r\n.\r\n..dots\r\n")
        self.matrix.send([self.to(plain=True)], sent)
        self.arrives(sent)
        return "yes"

    def starttls(self) -> str:
        sent = message(self.subject("starttls"))
        before = len(self.attempts())
        self.matrix.send([self.to()], sent)
        self.arrives(sent)
        # The log is written a little later.
        wait_until("the attempt in the log", lambda: len(self.attempts()) > before,
                   WAIT_SECONDS_MAX)
        line = self.attempts()[-1]
        found = re.search(r'tls="?(TLSv1\.\d)', line)
        assert bool(found) == ("starttls" in self.offers), line
        return found.group(1) if found else "broken there: plain"

    def attempts(self) -> list[str]:
        """The log's lines about attempts at this server by the MX of its own domain."""
        return [line for line in self.matrix.server.log_text(None).splitlines()
                if "delivery.attempt" in line and f"=mx:{self.neighbour.domain} " in line]

    def eight_bit(self) -> str:
        sent = message(self.subject("eight"), "Gr\u00fc\u00dfe\r\n")
        self.matrix.send([self.to()], sent, "BODY=8BITMIME")
        if "8bitmime" in self.offers:
            self.arrives(sent)
            return "yes"
        return self.comes_back("eight")

    def utf8(self) -> str:
        sent = message(self.subject("utf8")).replace(
            b"\r\n\r\n", "\r\nX-Name: J\u00f6rg\r\n\r\n".encode(), 1)
        self.matrix.send([self.to()], sent, "SMTPUTF8 BODY=8BITMIME")
        if "smtputf8" in self.offers:
            self.arrives(sent)
            return "yes"
        return self.comes_back("utf8")

    def comes_back(self, column: str) -> str:
        [(_, action, status)] = self.matrix.report(self.subject(column)).actions()
        assert action == "failed"
        return f"back: {status}"

    def chunking(self) -> str:
        sent = large_message(self.subject("chunked"), 300_000)
        self.matrix.send([self.to()], sent)
        self.arrives(sent)
        return "BDAT" if "chunking" in self.offers else "DATA"

    def dsn(self) -> str:
        sent = message(self.subject("dsn"))
        self.matrix.send([self.to()], sent, "RET=HDRS ENVID=x1", "NOTIFY=SUCCESS,FAILURE")
        self.arrives(sent)
        if "dsn" in self.offers:
            try:
                report = self.matrix.report(self.subject("dsn"), PROMISE_SECONDS_MAX)
            except TimeoutError:
                return "it promises, and says nothing"
        else:
            report = self.matrix.report(self.subject("dsn"))
        [(_, action, _)] = report.actions()
        by = str(report.message_fields["Reporting-MTA"]).split(";")[-1].strip()
        assert (by == "mx.example.test") == ("dsn" not in self.offers), by
        return f"{action}, says {'we' if by == 'mx.example.test' else 'it'}"

    def large(self) -> str:
        sent = large_message(self.subject("large"), 30 << 20)
        self.matrix.send([self.to()], sent)
        self.arrives(sent)
        return "yes"

    def null_sender(self) -> str:
        sent = message(self.subject("null"))
        self.matrix.send([self.to()], sent, sender="")
        self.arrives(sent)
        return "yes"

    def partial(self) -> str:
        """Two of four exist: they get it, and the sender hears of the others, once."""
        sent = message(self.subject("partial"))
        before = [len(self.neighbour.messages(person)) for person in PEOPLE]
        self.matrix.send([self.to(name) for name in ("nobody1", "user1", "nobody2", "user2")], sent)
        for person, had in list(zip(PEOPLE, before, strict=True))[1:]:
            self.neighbour.wait_for(person, had + 1)
        actions = self.matrix.report(self.subject("partial")).actions()
        assert sorted(address for address, _, _ in actions) == [self.to("nobody1"),
                                                                self.to("nobody2")]
        assert {action for _, action, _ in actions} == {"failed"}
        return "2 of 4"


COLUMNS = {"plain": Row.plain, "STARTTLS": Row.starttls, "8BITMIME": Row.eight_bit,
           "SMTPUTF8": Row.utf8, "CHUNKING": Row.chunking, "DSN": Row.dsn, "30 MB": Row.large,
           "null sender": Row.null_sender, "partial": Row.partial}


def render(rows: dict[str, list[str]]) -> str:
    lines = [["server", *COLUMNS], *([name, *cells] for name, cells in rows.items())]
    text = ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join([text[0], "|---" * len(lines[0]) + "|", *text[1:]])


@pytest.mark.long
def test_matrix(folder, new_server):
    wrong: list[str] = []
    rows: dict[str, list[str]] = {}
    only = os.environ.get("STAGEPOST_INTEROP_ONLY", "").split()
    with Netns(CLIENT, OURS, NAMES, *ADDRESSES, dns=NAMES) as net:
        matrix = Matrix(net, folder, new_server)
        for kind in NEIGHBOURS:
            if only and kind.key not in only:
                continue
            neighbour = kind(net, folder, matrix.authority)
            try:
                print(f"{kind.title}:")
                neighbour.start()
                row = Row(matrix, neighbour)
                cells = rows[kind.title] = []
                for name, column in COLUMNS.items():
                    try:
                        cells.append(column(row))
                    except (AssertionError, TimeoutError, ValueError) as error:
                        cells.append("FAILED")
                        row.count = len(neighbour.messages("user0"))
                        wrong.append(f"{kind.title}, {name}: {str(error)[-1500:]}")
            except (CannotRun, OSError, smtplib.SMTPException) as reason:
                wrong.append(f"{kind.title} does not run: {reason}")
            finally:
                neighbour.close()
        table = render(rows)
        print(f"\n{table}")
        log = matrix.server.log_text()
        matrix.server.finish()
    assert not wrong, "\n".join([table, *wrong, log])
    page = PAGE.read_text()
    if os.environ.get("STAGEPOST_WRITE_INTEROP"):
        PAGE.write_text(re.sub(r"(?<=<!-- sending -->\n).*(?=\n<!-- end -->)", lambda _: table,
                               page, flags=re.DOTALL))
        return
    for line in table.splitlines():
        assert line in page, f"docs/interop.md says something else than:\n{table}"
