"""tests/e2e/interop.py: what both directions of the interop matrix share: a world, the tables.

What:    a namespace with a DNS, ours (one more hands on by LMTP, one more has a greylist), a place
         for a proxy, and one neighbour at a time; play() fills a table; settle() compares it with
         docs/interop.md, or writes it there with STAGEPOST_WRITE_INTEROP=1.
In/Out:  a class of rows, neighbours, columns → cells. STAGEPOST_INTEROP_ONLY="exim haraka" plays
         these alone.
Errors:  a cell that is not as it should be is FAILED, and the test shows why, at its end.
Limits:  WAIT_SECONDS_MAX for whatever has to arrive.
"""

import os
import re
import smtplib
import ssl
import subprocess
from contextlib import contextmanager

from neighbours_more import CLIENT, LMTP_PORT, NEIGHBOURS, OURS, WAY
from peer import CannotRun
from peers.dns import DnsServer
from peers.netns import Netns
from peers.pki import Authority
from peers.unpack import UnpackError
from stagepost import ROOT, Stagepost, tls_context

FRONT, GREY, GREY_WAY, NAMES = "10.0.0.4", "10.0.0.5", "10.0.0.101", "10.0.0.53"
STRANGER = "198.51.100.77"  # as whom neighbours come to the greylist, which spares private networks
PAGE = ROOT / "docs/interop.md"
WAIT_SECONDS_MAX = 90
PROMISE_SECONDS_MAX = 20  # for another server to keep its word about DSN
NOBODIES = ("nobody1", "nobody2", "nobody3")
FAULTS = (AssertionError, TimeoutError, ValueError, OSError, smtplib.SMTPException)


def address_of(kind) -> str:
    return getattr(kind, "address", f"10.0.0.{getattr(kind, 'number', 0)}")


def zone() -> str:
    lines = [f"mx.way.test. A {WAY}",
             # Neutral by the proxy: chasquid remembers that who passes has TLS, and insists.
             'example.test. TXT "v=spf1 a:mx.example.test ?a:mx.way.test -all"',
             'mx.example.test. TXT "v=spf1 a -all"']
    hosts = {"example": OURS, "grey": GREY_WAY,
             **{kind.key: address_of(kind) for kind in NEIGHBOURS}}
    for name, address in hosts.items():
        lines += [f"{name}.test. MX 10 mx.{name}.test.",
                  f"plain.{name}.test. MX 10 mx.{name}.test.",
                  f"way.{name}.test. MX 10 mx.way.test.", f"mx.{name}.test. A {address}",
                  f"{address.rsplit('.', 1)[1]}.0.0.10.in-addr.arpa. PTR mx.{name}.test."]
    lines += [f"ours.dovecot.test. A {FRONT}", f"ours.grey.test. A {GREY}",
              "4.0.0.10.in-addr.arpa. PTR ours.dovecot.test.", f"mx.stranger.test. A {STRANGER}",
              "77.100.51.198.in-addr.arpa. PTR mx.stranger.test."]
    return "\n".join(lines) + "\n"


class World:
    def __init__(self, net: Netns, folder, new_server):
        self.net, self.folder, self.new_server = net, folder, new_server
        self.authority = Authority(folder / "pki")
        DnsServer(net, NAMES, folder / "dns").start(zone())
        self.grey: Stagepost | None = None
        self.server = self.ours("example.test", OURS)
        self.server.cli("domain", "add", "way.example.test")
        self.server.cli("alias", "add", "@way.example.test", "@example.test")

    def ours(self, domain: str, address: str) -> Stagepost:
        """One more of ours; not yet started."""
        server = self.new_server(domain, net=self.net, address=address)
        server.set("http", addresses=[]).set("api", addresses=[])
        server.set("", hostname="mx.example.test" if address == OURS else f"ours.{domain}")
        server.set("dns", servers=[NAMES])
        server.set("policy", relay_networks=[f"{CLIENT}/32"])
        server.set("queue", retry_after=["2s"])
        # All addresses are of one interface; the first would be taken, which SPF does not know.
        return server.set("delivery", source_ipv4=address)

    def send(self, place: tuple[str, int], recipients: list[str], text: bytes, options: str = "",
             rcpt: str = "", sender: str = "", login: tuple[str, str] = ("", ""),
             lmtp: bool = False) -> tuple[list[str], list[int]]:
        """As CLIENT; the recipients who were refused, and the answers to the end."""
        def dialogue() -> tuple[list[str], list[int]]:
            refused = []
            with (smtplib.LMTP if lmtp else smtplib.SMTP)(
                    *place, local_hostname="client.test", timeout=WAIT_SECONDS_MAX,
                    source_address=(CLIENT, 0)) as client:
                client.ehlo()
                if login[0]:
                    client.starttls(context=tls_context())
                    client.login(*login)
                client.command_encoding = "utf-8"
                code, answer = client.docmd(f"MAIL FROM:<{sender}> {options}".strip())
                assert code == 250, answer
                for address in recipients:
                    code, answer = client.docmd(f"RCPT TO:<{address}> {rcpt}".strip())
                    assert code == 250 or (lmtp and code == 550), answer
                    refused += [address] if code == 550 else []
                ends = [client.data(text)[0]]
                for _ in recipients[len(refused) + 1:] if lmtp else ():
                    ends.append(client.getreply()[0])
                return refused, ends

        return self.net.inside(dialogue)

    def offers(self, neighbour) -> set[str]:
        """Within TLS, if that works there; "starttls" is in it then."""
        def ask(encrypted: bool) -> set[str]:
            with (smtplib.LMTP if neighbour.lmtp else smtplib.SMTP)(
                    neighbour.address, LMTP_PORT if neighbour.lmtp else 25, "client.test",
                    timeout=WAIT_SECONDS_MAX) as client:
                client.ehlo()
                if not encrypted:
                    return {*client.esmtp_features} - {"starttls"}
                client.starttls(context=tls_context())
                client.ehlo()
                return {*client.esmtp_features, "starttls"}

        try:
            return self.net.inside(lambda: ask(True))
        except (ssl.SSLError, smtplib.SMTPNotSupportedError):
            return self.net.inside(lambda: ask(False))


@contextmanager
def worlds(folder, new_server):
    addresses = {address_of(kind) for kind in NEIGHBOURS}
    with Netns(CLIENT, OURS, FRONT, GREY, WAY, GREY_WAY, NAMES, *addresses, dns=NAMES) as net:
        yield World(net, folder, new_server)


def message_id(text: bytes) -> bytes:
    return re.search(rb"^Message-ID: (\S+)", text, re.MULTILINE).group(1)


def field(report: bytes, pattern: bytes) -> list[str]:
    """Of other people's reports, which are not all as RFC 3462 and RFC 3464 have them."""
    return [one.decode() for one in re.findall(b"^" + pattern, report,
                                               re.MULTILINE | re.IGNORECASE)]


def play(world: World, row_of, kinds, columns) -> tuple[dict[str, dict[str, str]], list[str]]:
    """The cells of each neighbour by column, and what is wrong."""
    rows: dict[str, dict[str, str]] = {}
    wrong: list[str] = []
    only = os.environ.get("STAGEPOST_INTEROP_ONLY", "").split()
    for kind in (kind for kind in kinds if not only or kind.key in only):
        neighbour = None
        try:
            neighbour = kind(world.net, world.folder, world.authority)
            neighbour.start()
            with row_of(world, neighbour) as row:
                cells = rows[kind.title] = {}
                for name, column in columns.items():
                    try:
                        cells[name] = column(row)
                    except FAULTS as error:
                        cells[name] = "FAILED"
                        wrong.append(f"{kind.title}, {name}: {str(error)[-1500:]}\n"
                                     f"{neighbour.log()[-1500:]}")
                    print(f"{kind.title}, {name}: {cells[name]}", flush=True)
        except (CannotRun, UnpackError, RuntimeError, subprocess.SubprocessError, *FAULTS) as why:
            wrong.append(f"{kind.title} does not run: {why}")
        finally:
            if neighbour:
                neighbour.close()
    return rows, wrong


# The page.


def lines_of(name: str) -> dict[str, str]:
    """What the page has between the markers, by the first cell."""
    text = re.search(rf"<!-- {name} -->\n(.*?)\n<!-- end -->", PAGE.read_text(),
                     re.DOTALL).group(1)
    return {line.split("|")[1].strip(): line for line in text.splitlines()[2:]}


def render(columns: list[str], lines: dict[str, str]) -> str:
    return "\n".join([f"| {' | '.join(columns)} |", "|---" * len(columns) + "|", *lines.values()])


def line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def settle(name: str, columns: list[str], cells: dict[str, list[str]], wrong: list[str],
           log: str = "") -> None:
    """The test's end. What has not been played stays as the page has it."""
    played = {title: line([title, *more]) for title, more in cells.items()}
    table = render(columns, {**lines_of(name), **played})
    print(f"\n{table}")
    assert not wrong, "\n".join([table, *wrong, log])
    page = PAGE.read_text()
    if os.environ.get("STAGEPOST_WRITE_INTEROP"):
        PAGE.write_text(re.sub(rf"(?<=<!-- {name} -->\n).*?(?=\n<!-- end -->)", lambda _: table,
                               page, flags=re.DOTALL))
        return
    assert table in page, f"docs/interop.md says something else than:\n{table}"


def agree(name: str, columns: list[str], rows: dict[str, dict[str, str]], wrong: list[str],
          log: str) -> None:
    """Of a short run: each cell is that of the page."""
    assert not wrong, "\n".join([*wrong, log])
    for title, cells in rows.items():
        told = dict(zip(columns, [one.strip() for one in lines_of(name)[title].split("|")[1:-1]],
                        strict=True))
        for column, cell in cells.items():
            assert cell == told[column], f"{title}, {column}: {cell}; the page says {told[column]}"
