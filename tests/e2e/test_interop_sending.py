"""The interop matrix, sending: every kind of message to every server that can be had, as a table.

Each cell says what became of it, is compared with docs/interop.md, and has been verified: the text
arrived as it was sent, or the sender was told why not.
"""

import re

import pytest
from dsn import read
from interop import FRONT, NOBODIES, OURS, PROMISE_SECONDS_MAX, WAIT_SECONDS_MAX, WAY, agree, \
    field, message_id, play, settle, worlds
from mail import assert_delivered_exactly, large_message, message
from neighbours import PEOPLE
from neighbours_more import LMTP_PORT, NEIGHBOURS
from peers.netns import wait_until
from way import Way, command_of


class Row:
    """One neighbour: a method for each column."""

    def __init__(self, world, neighbour):
        self.world, self.neighbour = world, neighbour
        self.offers = world.offers(neighbour)
        self.server, self.host, port = world.server, OURS, 25
        if neighbour.lmtp:
            self.server, self.host, port = self.front(), FRONT, LMTP_PORT
        self.way = Way(world.net, (WAY, port), (neighbour.address, port), hidden=("STARTTLS",))

    def front(self):
        """One more of ours: its people's mailboxes are the neighbour's, but for some."""
        server = self.world.ours(self.neighbour.domain, FRONT)
        server.set("delivery", lmtp=f"{WAY}:{LMTP_PORT}")
        for person in (*PEOPLE, *NOBODIES):
            server.add_user(f"{person}@{self.neighbour.domain}")
        return server.start()

    def __enter__(self) -> "Row":
        self.way.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.way.__exit__()
        if self.neighbour.lmtp:
            self.server.finish()

    def to(self, person: str = "user0", where: str = "") -> str:
        domain = self.neighbour.domain
        return f"{person}@{where}.{domain}" if where and not self.neighbour.lmtp \
            else f"{person}@{domain}"

    def subject(self, column: str) -> str:
        return f"{column} {self.neighbour.key}"

    def send(self, recipients: list[str], text: bytes, options: str = "", rcpt: str = "",
             sender: str = "you@example.test") -> None:
        self.world.send((self.host, 25), recipients, text, options, rcpt, sender)

    def arrives(self, sent: bytes, count: int = 1, person: str = "user0") -> None:
        """So many copies of what was sent, each as it was sent."""
        name = message_id(sent)
        try:
            copies = wait_until(
                f"{count} × {name}", lambda: (found := self.neighbour.copies(person, name))
                and len(found) >= count and found, WAIT_SECONDS_MAX)
        except TimeoutError as error:
            raise AssertionError(f"{error}\n{self.server.log_text()}") from error
        assert len(copies) == count
        for delivered in copies:
            assert_delivered_exactly(delivered[delivered.index(b"From: "):],
                                     self.neighbour.rewritten(sent))

    def reports(self, column: str) -> list[bytes]:
        """What has come back about the message of this column."""
        return [text for text in self.world.server.maildir()
                if b"Reporting-MTA" in text and self.subject(column).encode() in text]

    def plain(self) -> str:
        sent = message(self.subject("plain"), "hello\r\n.\r\n..dots\r\n")
        self.send([self.to(where="plain")], sent)
        self.arrives(sent)
        return "yes"

    def starttls(self) -> str:
        if self.neighbour.lmtp:
            return "–"
        sent = message(self.subject("starttls"))
        before = len(self.attempts())
        self.send([self.to()], sent)
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
        return [line for line in self.server.log_text(None).splitlines()
                if "delivery.attempt" in line and f"=mx:{self.neighbour.domain} " in line]

    def eight_bit(self) -> str:
        sent = message(self.subject("eight"), "Gr\u00fc\u00dfe\r\n")
        self.send([self.to()], sent, "BODY=8BITMIME")
        if "8bitmime" in self.offers:
            self.arrives(sent)
            return "yes"
        return self.comes_back("eight")

    def utf8(self) -> str:
        sent = message(self.subject("utf8")).replace(
            b"\r\n\r\n", "\r\nX-Name: J\u00f6rg\r\n\r\n".encode(), 1)
        self.send([self.to()], sent, "SMTPUTF8 BODY=8BITMIME")
        # Behind LMTP is nobody who would have to be asked about a header.
        if "smtputf8" in self.offers or self.neighbour.lmtp:
            self.arrives(sent)
            return "yes"
        return self.comes_back("utf8")

    def comes_back(self, column: str) -> str:
        report = wait_until("a report", lambda: self.reports(column), WAIT_SECONDS_MAX)[0]
        [(_, action, status)] = read(report).actions()
        assert action == "failed"
        return f"back: {status}"

    def chunking(self) -> str:
        sent = large_message(self.subject("chunked"), 300_000)
        before = len(self.way.verbs)
        self.send([self.to(where="way")], sent)
        self.arrives(sent)
        return command_of(self.way.verbs[before:])

    def dsn(self) -> str:
        sent = message(self.subject("dsn"))
        self.send([self.to()], sent, "RET=HDRS ENVID=x1", "NOTIFY=SUCCESS,FAILURE")
        self.arrives(sent)
        try:
            report = wait_until("a report", lambda: self.reports("dsn"), PROMISE_SECONDS_MAX)[0]
        except TimeoutError as error:
            assert "dsn" in self.offers, error
            return "it promises, and says nothing"
        action = field(report, rb"Action: *(\w+)")[0]
        by = field(report, rb"Reporting-MTA: *dns; *(\S+)")[0]
        ours = by in ("mx.example.test", f"ours.{self.neighbour.domain}")
        assert ours == ("dsn" not in self.offers), by
        return f"{action}, says {'we' if ours else 'it'}"

    def large(self) -> str:
        sent = large_message(self.subject("large"), 30 << 20)
        self.send([self.to()], sent)
        self.arrives(sent)
        return "yes"

    def null_sender(self) -> str:
        sent = message(self.subject("null"))
        self.send([self.to()], sent, sender="")
        self.arrives(sent)
        return "yes"

    def partial(self) -> str:
        """Some do not exist: the others get it, and the sender hears of those, of each once."""
        sent = message(self.subject("partial"))
        self.send([self.to(name) for name in (NOBODIES[0], *PEOPLE, *NOBODIES[1:])], sent)
        for person in PEOPLE:
            self.arrives(sent, person=person)
        strangers = [self.to(one) for one in NOBODIES]

        def told() -> list[list]:
            return [read(text).actions() for text in self.reports("partial")]

        wait_until("all three are told", lambda: sum(map(len, told())) >= len(strangers),
                   WAIT_SECONDS_MAX)
        actions = [one for report in told() for one in report]
        assert sorted(address for address, _, _ in actions) == strangers
        assert {action for _, action, _ in actions} == {"failed"}
        cell = f"{len(PEOPLE)} of {len(PEOPLE) + len(NOBODIES)}"
        return cell if len(told()) == 1 else f"{cell}, {len(told())} reports"

    def greylisted(self) -> str:
        """Its 450 to the first RCPT, said by the proxy in front, and then what it says itself."""
        sent = message(self.subject("greylisted"))
        wait_until("a quiet proxy", self.way.quiet, WAIT_SECONDS_MAX)
        self.way.grey = 1
        self.send([self.to(where="way")], sent)
        self.arrives(sent)
        assert self.way.refused == 1
        return "second attempt"

    def lost(self) -> str:
        """It has the message, we do not know: RFC 5321 §6.1 prefers two copies to none."""
        sent = message(self.subject("lost"))
        wait_until("a quiet proxy", self.way.quiet, WAIT_SECONDS_MAX)
        self.way.cut = 1
        self.send([self.to(where="way")], sent)
        self.arrives(sent, 2)
        assert self.way.cuts == 1
        return "twice"


COLUMNS = {"plain": Row.plain, "STARTTLS": Row.starttls, "8BITMIME": Row.eight_bit,
           "SMTPUTF8": Row.utf8, "CHUNKING": Row.chunking, "DSN": Row.dsn, "30 MB": Row.large,
           "null sender": Row.null_sender, "partial": Row.partial, "greylisted": Row.greylisted,
           "lost after the dot": Row.lost}
HEAD = ["server", *COLUMNS]
SHORT = {name: COLUMNS[name] for name in ("STARTTLS", "partial", "greylisted",
                                          "lost after the dot")}


def run(folder, new_server, kinds, columns):
    with worlds(folder, new_server) as world:
        for kind in kinds:
            world.server.append(f'[[route]]\ndomain = "plain.{kind.key}.test"\ntls = "none"')
        world.server.start()
        rows, wrong = play(world, Row, kinds, columns)
        log = world.server.log_text()
        world.server.finish()
        return rows, wrong, log


def test_short(folder, new_server):
    agree("sending", HEAD, *run(folder, new_server, NEIGHBOURS[:2], SHORT))


@pytest.mark.long
def test_matrix(folder, new_server):
    rows, wrong, log = run(folder, new_server, NEIGHBOURS, COLUMNS)
    settle("sending", HEAD, {title: list(cells.values()) for title, cells in rows.items()}, wrong,
           log)
