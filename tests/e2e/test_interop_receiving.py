"""The interop matrix, receiving: every server that can be had relays every kind of message to us.

Each cell says what became of it, is compared with docs/interop.md, and has been verified: the text
arrived as it was sent, or its sender was told why not.
"""

import re
import time

import pytest
from interop import GREY, GREY_WAY, NOBODIES, OURS, PROMISE_SECONDS_MAX, STRANGER, WAY, agree, \
    field, message_id, play, settle, worlds
from mail import assert_delivered_exactly, large_message, message
from neighbours_more import FRIENDS, LMTP_PORT, NEIGHBOURS
from peers.netns import wait_until
from way import Way, command_of

RETRY_SECONDS_MAX = 200  # chasquid's first pause is up to two minutes
HURRY_SECONDS = 2
PROXIED_PORT = 2525
NOT_OFFERED = "it does not offer it"


class Row:
    """One neighbour: a method for each column."""

    def __init__(self, world, neighbour):
        self.world, self.neighbour = world, neighbour
        self.offers = world.offers(neighbour)
        port = LMTP_PORT if neighbour.lmtp else 25
        self.way = Way(world.net, (WAY, port), (OURS, port))
        self.grey_way = Way(world.net, (GREY_WAY, 25), (GREY, PROXIED_PORT),
                            header=f"PROXY TCP4 {STRANGER} {GREY} 40000 25\r\n".encode())

    def __enter__(self) -> "Row":
        self.way.__enter__()
        self.grey_way.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.way.__exit__()
        self.grey_way.__exit__()

    @property
    def sender(self) -> str:
        return f"user0@{self.neighbour.domain}"

    def message(self, column: str, body: str = "hello\r\n") -> bytes:
        return message(f"{column} from {self.neighbour.key}", body, sender=self.sender)

    def send(self, recipients: list[str], text: bytes, options: str = "", rcpt: str = "",
             sender: str | None = None) -> tuple[list[str], list[int]]:
        one = self.neighbour
        return self.world.send((one.address, one.port), recipients, text, options, rcpt,
                               self.sender if sender is None else sender, one.login, one.lmtp)

    def hurried(self, what: str, condition):
        """Where its pauses are long it is told to try now, as its operator would."""
        last = time.monotonic()

        def look():
            nonlocal last
            if time.monotonic() > last + HURRY_SECONDS:
                self.neighbour.hurry()
                last = time.monotonic()
            return condition()

        return wait_until(what, look, RETRY_SECONDS_MAX)

    def arrives(self, sent: bytes, person: str = "you", domain: str = "example.test",
                count: int = 1) -> bytes:
        """So many copies in the mailbox, each as it was sent; the last."""
        name = message_id(sent)
        server = self.world.grey if domain == "grey.test" else self.world.server

        def found() -> list[bytes]:
            return [text for text in server.maildir(person) if name in text]

        try:
            self.hurried(f"{count} × {name}", lambda: len(found()) >= count)
        except TimeoutError as error:
            raise AssertionError(f"{error}\n{server.log_text()}") from error
        assert len(found()) == count
        for text in found():
            assert_delivered_exactly(text[text.index(b"From: "):],
                                     self.neighbour.rewritten(sent))
        return found()[-1]

    @staticmethod
    def received(delivered: bytes) -> str:
        """Our own trace field, unfolded."""
        found = re.search(rb"^Received: .*\n(?:[ \t].*\n)*", delivered, re.MULTILINE).group()
        return re.sub(r"\s+", " ", found.decode())

    def plain(self) -> str:
        sent = self.message("plain", "hello\r\n.\r\n..dots\r\n")
        self.send(["you@way.example.test"], sent)
        assert "TLS" not in self.received(self.arrives(sent))
        return "yes"

    def starttls(self) -> str:
        if self.neighbour.lmtp:
            return "–"
        sent = self.message("starttls")
        self.send(["you@example.test"], sent)
        line = self.received(self.arrives(sent))
        found = re.search(r"with E?SMTPS .*\((TLSv1\.\d)", line) or re.search(r"(TLSv1\.\d)", line)
        return found.group(1) if found else "it goes without"

    def eight_bit(self) -> str:
        sent = self.message("eight", "Gr\u00fc\u00dfe\r\n")
        if "8bitmime" not in self.offers:
            return NOT_OFFERED
        self.send(["you@example.test"], sent, "BODY=8BITMIME")
        self.arrives(sent)
        return "yes"

    def utf8(self) -> str:
        if "smtputf8" not in self.offers:
            return NOT_OFFERED
        sent = self.message("utf8").replace(
            b"\r\n\r\n", "\r\nX-Name: J\u00f6rg\r\n\r\n".encode(), 1)
        self.send(["you@example.test"], sent, "SMTPUTF8 BODY=8BITMIME")
        self.arrives(sent)
        return "yes"

    def chunking(self) -> str:
        """By what command it came, as the proxy has seen."""
        sent = large_message(f"chunked from {self.neighbour.key}", 300_000)
        before = len(self.way.verbs)
        self.send(["you@way.example.test"], sent)
        self.arrives(sent)
        return command_of(self.way.verbs[before:])

    def dsn(self) -> str:
        if "dsn" not in self.offers:
            return NOT_OFFERED
        sent = self.message("dsn")
        self.send(["you@example.test"], sent, "RET=HDRS ENVID=x1", "NOTIFY=SUCCESS,FAILURE")
        self.arrives(sent)
        try:
            report = wait_until("a report", lambda: self.reports("dsn"), PROMISE_SECONDS_MAX)[0]
        except TimeoutError:
            return "nobody says anything"
        action = field(report, rb"Action: *(\w+)")[0]
        by = field(report, rb"Reporting-MTA: *dns; *(\S+)")[0]
        assert by in ("mx.example.test", f"mx.{self.neighbour.domain}"), by
        return f"{action}, says {'we' if by == 'mx.example.test' else 'it'}"

    def reports(self, column: str) -> list[bytes]:
        """What has come back to its user about the message of this column."""
        name = message_id(self.message(column))
        return [text for text in self.neighbour.messages("user0")
                if b"Reporting-MTA" in text and name in text]

    def large(self) -> str:
        sent = large_message(f"large from {self.neighbour.key}", 30 << 20)
        self.send(["you@example.test"], sent)
        self.arrives(sent)
        return "yes"

    def null_sender(self) -> str:
        sent = self.message("null")
        self.send(["you@example.test"], sent, sender="")
        self.arrives(sent)
        return "yes"

    def partial(self) -> str:
        """Some do not exist: the others get it, and the sender hears of those from his server."""
        sent = self.message("partial")
        people, strangers = ("you", *FRIENDS), {f"{one}@example.test" for one in NOBODIES}
        to = [f"{one}@example.test" for one in (NOBODIES[0], *people, *NOBODIES[1:])]
        refused, _ = self.send(to, sent)
        for person in people:
            self.arrives(sent, person)
        cell = f"{len(people)} of {len(to)}"
        if self.neighbour.lmtp:
            assert {*refused} == strangers
            return cell

        def told() -> set[str]:
            return {address for text in self.reports("partial")
                    for address in field(text, rb"Final-Recipient: *[^;]*; *<?([^\s>]+)")}

        wait_until("both are told", lambda: told() >= strangers, RETRY_SECONDS_MAX)
        assert told() == strangers
        return cell

    def greylisted(self) -> str:
        """Our own greylist, at RCPT; the PROXY protocol makes a stranger of the neighbour."""
        if self.neighbour.lmtp:
            return "–"
        sent = self.message("greylisted")
        self.send(["you@grey.test"], sent)
        self.arrives(sent, domain="grey.test")
        events = self.world.grey.cli("explain", "you@grey.test")
        assert "451" in events, events
        return "it comes again"

    def lost(self) -> str:
        """We have the message, it does not know: RFC 5321 §6.1 prefers two copies to none."""
        sent = self.message("lost")
        wait_until("a quiet proxy", self.way.quiet, RETRY_SECONDS_MAX)
        self.way.cut = 1
        _, ends = self.send(["you@way.example.test"], sent)
        if self.neighbour.lmtp:
            self.arrives(sent)
            assert self.way.cuts == 1 and 400 <= ends[0] < 500, ends
            return f"its client hears {ends[0]}"
        self.arrives(sent, count=2)
        assert self.way.cuts == 1
        return "twice"


COLUMNS = {"plain": Row.plain, "STARTTLS": Row.starttls, "8BITMIME": Row.eight_bit,
           "SMTPUTF8": Row.utf8, "CHUNKING": Row.chunking, "DSN": Row.dsn, "30 MB": Row.large,
           "null sender": Row.null_sender, "partial": Row.partial, "greylisted": Row.greylisted,
           "lost after the dot": Row.lost}
HEAD = ["server", *COLUMNS]
SHORT = {name: COLUMNS[name] for name in ("STARTTLS", "CHUNKING", "partial",
                                          "lost after the dot")}


def run(folder, new_server, kinds, columns):
    with worlds(folder, new_server) as world:
        for friend in FRIENDS:
            world.server.add_user(f"{friend}@example.test")
        clients = [WAY, *(kind.address for kind in kinds if kind.lmtp)]
        world.server.append(f'[[listener]]\nname = "lmtp"\naddress = "{OURS}:{LMTP_PORT}"\n'
                            f'protocol = "lmtp"\nclients = {clients}\n'.replace("'", '"')).start()
        world.grey = world.ours("grey.test", GREY)
        world.grey.set("greylist", on=True, wait="1s", spare_dkim=False).append(
            f'[[listener]]\naddress = "{GREY}:{PROXIED_PORT}"\n'
            f'proxy_protocol = ["{GREY_WAY}"]\n').start()
        rows, wrong = play(world, Row, kinds, columns)
        log = world.server.log_text()
        world.server.finish()
        world.grey.finish()
        return rows, wrong, log


def test_short(folder, new_server):
    agree("receiving", HEAD, *run(folder, new_server, NEIGHBOURS[:2], SHORT))


@pytest.mark.long
def test_matrix(folder, new_server):
    rows, wrong, log = run(folder, new_server, NEIGHBOURS, COLUMNS)
    settle("receiving", HEAD, {title: list(cells.values()) for title, cells in rows.items()},
           wrong, log)
