"""What a stranger's address tells: block lists of a real DNS, greylisting, haste, rates."""

import json
import socket

import pytest
from peers.dns import DnsServer
from peers.netns import Netns, wait_until
from stagepost import Stagepost
from talk import Talk

pytestmark = pytest.mark.sanitized
SERVER, SERVER6, DNS = "192.0.2.1", "2001:db8:1::1", "192.0.2.53"
HONEST, LISTED, NEIGHBOUR = "198.51.100.9", "198.51.100.66", "198.51.100.10"
HONEST6, SAME64, LISTED6 = "2001:db8:9::9", "2001:db8:9::a", "2001:db8:66::66"
TEST6 = "0.0.0.0.0.f.7.f.f.f.f." + "0." * 20
LISTED6_NIBBLES = "6.6.0.0." + "0." * 16 + "6.6.0.0.8.b.d.0.1.0.0.2."

GOOD = f"""\
2.0.0.127.block.test. A 127.0.0.2
2.{TEST6}block.test. A 127.0.0.2
66.100.51.198.block.test. A 127.0.0.2
66.100.51.198.block.test. TXT "sent to a trap, see block.test/why"
{LISTED6_NIBBLES}block.test. A 127.0.0.4
"""
REFUSING = """\
2.0.0.127.block.test. A 127.255.255.254
1.0.0.127.block.test. A 127.255.255.254
9.100.51.198.block.test. A 127.255.255.254
66.100.51.198.block.test. A 127.255.255.254
"""
NAMES = """\
9.100.51.198.in-addr.arpa. PTR mail.honest.test.
mail.honest.test. A 198.51.100.9
spf.test. TXT "v=spf1 ip4:198.51.100.9 -all"
"""
TEXT = b"From: <a@honest.test>\r\nSubject: hello\r\n\r\nyou\r\n"
BLOCK = '[[list]]\nzone = "block.test"\n'


@pytest.fixture(name="net")
def make_net():
    with Netns(SERVER, SERVER6, DNS, HONEST, LISTED, NEIGHBOUR, HONEST6, SAME64, LISTED6,
               dns=DNS) as net:
        yield net


@pytest.fixture(name="server")
def make_server(net, new_server):
    server = new_server("home.test", net=net, address=SERVER)
    return server.append(f'[[listener]]\naddress = "[{SERVER6}]:25"\nrole = "mx"')


def deliver(net: Netns, source: str, sender: str = "a@honest.test",
            to: str = "you@home.test") -> tuple[int, str]:
    """The first refusal, or the answer to the final dot."""
    def talk() -> tuple[int, str]:
        with Talk(SERVER6 if ":" in source else SERVER, 25, source=source) as one:
            if one.greeting[0] != 220:
                return one.greeting
            return one.mail(sender, [to], TEXT)

    return net.inside(talk)


def states(server: Stagepost) -> dict[str, str]:
    lists = json.loads(server.cli("lists", "--json"))["lists"]
    return {one["points"]: one["state"] for one in lists}


def test_who_is_listed_is_told_where(net, server, folder):
    DnsServer(net, DNS, folder / "dns").start(GOOD + NAMES)
    server.append(BLOCK).start()
    code, text = deliver(net, LISTED)
    assert code == 550, text
    assert text.startswith("5.7.1 198.51.100.66 is on the block list block.test"), text
    assert "sent to a trap, see block.test/why" in text and "postmaster@" in text
    code, text = deliver(net, LISTED6)
    assert code == 550 and f"{LISTED6} is on the block list block.test" in text
    for source in (HONEST, HONEST6):
        assert deliver(net, source)[0] == 250
    for local in ("postmaster", "abuse"):  # who is refused must be able to ask why
        assert deliver(net, LISTED, to=f"{local}@home.test")[0] == 250
    assert states(server) == {"IPv4": "good", "IPv6": "good"}
    shown = server.cli("lists")
    assert "block.test" in shown and "good, tested 20" in shown, shown


def test_a_list_that_refuses_to_answer_is_set_aside(net, server, folder):
    dns = DnsServer(net, DNS, folder / "dns").start(REFUSING + NAMES)
    server.append(BLOCK).start()
    assert deliver(net, HONEST)[0] == 250
    assert deliver(net, LISTED)[0] == 250
    assert states(server) == {"IPv4": "faulty", "IPv6": "none"}
    shown = server.cli("lists")
    assert "does not answer public resolvers" in shown, shown
    assert "list.faulty" in server.log_text()
    dns.change(GOOD + NAMES)
    wait_until("the list passes its test",
               lambda: "recovered" in server.log_text() or not server.cli("lists", "--test"))
    assert states(server) == {"IPv4": "good", "IPv6": "good"}
    wait_until("the listing counts", lambda: deliver(net, LISTED)[0] == 550)


def test_lists_are_tested_without_a_server(net, server, folder):
    DnsServer(net, DNS, folder / "dns").start(GOOD)
    assert "no list is asked" in server.cli("lists")
    server.append(BLOCK)
    assert states(server) == {"IPv4": "good", "IPv6": "good"}


def test_the_greylist_lets_in_who_comes_again(net, server, folder):
    DnsServer(net, DNS, folder / "dns").start(NAMES)
    server.set("greylist", on=True, wait="1s", spare_dkim=False).start()
    code, text = deliver(net, HONEST)
    assert code == 451 and text.startswith("4.7.1 We do not know you yet"), text
    assert deliver(net, HONEST, sender="a@spf.test")[0] == 250  # SPF passes
    assert deliver(net, LISTED, sender="a@spf.test")[0] == 451
    server.stop()
    server.start()
    wait_until("the second mail is taken", lambda: deliver(net, HONEST)[0] == 250)
    assert deliver(net, NEIGHBOUR)[0] == 250  # the same /24
    assert deliver(net, HONEST, sender="b@honest.test")[0] == 451
    server.stop()
    server.set("greylist", spare_dkim=True, wait="1h").start()
    code, text = deliver(net, HONEST, sender="c@honest.test")
    assert code == 451 and "in 60 minutes" in text  # after the final dot
    assert deliver(net, HONEST)[0] == 250


def test_who_speaks_before_the_greeting_is_refused(net, server, folder):
    DnsServer(net, DNS, folder / "dns").start(NAMES)
    server.set("client", greeting_delay="1s", early_talker="reject").start()

    def hasty() -> bytes:
        with socket.create_connection((SERVER, 25), 20, (HONEST, 0)) as one:
            one.sendall(b"EHLO mail.honest.test\r\n")
            return one.makefile("rb").readline()

    assert net.inside(hasty).startswith(b"554 5.5.0 ")
    assert deliver(net, HONEST)[0] == 250


def test_rates_are_those_of_an_address_or_a_64(net, server, folder):
    DnsServer(net, DNS, folder / "dns").start(NAMES)
    server.set("client", connections_per_minute_max=2, messages_per_minute_max=1).start()
    assert deliver(net, HONEST)[0] == 250
    code, text = deliver(net, HONEST)
    assert code == 450 and "4.7.1 More than 1 messages in one minute" in text, text
    code, text = deliver(net, HONEST)
    assert code == 421 and "come again in " in text, text
    assert deliver(net, NEIGHBOUR)[0] == 250
    assert [deliver(net, one)[0] for one in (HONEST6, SAME64, HONEST6)] == [250, 450, 421]
