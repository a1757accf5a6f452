"""Mail that passes every check and deceives: warnings, holding, and whom the server knows."""

import json

import pytest
from peers.dns import DnsServer
from peers.netns import Netns
from talk import Talk

pytestmark = pytest.mark.sanitized
SERVER, DNS, OTHER = "192.0.2.1", "192.0.2.53", "198.51.100.9"
FAR = ["0ur-office.test", "ouroffice.test", "friend.example", "frlend.example", "mailer.example"]
ZONE = "".join(f'{name}. TXT "v=spf1 ip4:{OTHER} -all"\n'
               f'_dmarc.{name}. TXT "v=DMARC1; p=reject"\n' for name in FAR)
# Nobody listens there: what our people write to a friend waits.
ZONE += f"friend.example. MX 10 mx.friend.example.\nmx.friend.example. A {OTHER}\n"
WARNING = b"X-Stagepost-Warning:"


@pytest.fixture(name="net")
def make_net(folder):
    with Netns(SERVER, DNS, OTHER, dns=DNS) as net:
        DnsServer(net, DNS, folder / "dns").start(ZONE)
        yield net


@pytest.fixture(name="server")
def make_server(net, new_server):
    server = new_server("our-office.test", net=net, address=SERVER)
    server.add_user("jane.doe@our-office.test")
    return server


def receive(net: Netns, author: str, more: str = "", name: str = "") -> tuple[int, str]:
    def talk() -> tuple[int, str]:
        with Talk(SERVER, 25, source=OTHER) as one:
            shown = f"{name} <{author}>" if name else author
            text = f"{more}From: {shown}\r\nSubject: {author}\r\n\r\nhello\r\n"
            return one.mail(author, ["you@our-office.test"], text.encode())

    return net.inside(talk)


def submit(net: Netns, server, to: str) -> tuple[int, str]:
    def talk() -> tuple[int, str]:
        with Talk(SERVER, 587, security="starttls", source=OTHER) as one:
            assert one.login(server.user, server.password)[0] == 235
            text = f"From: {server.user}\r\nTo: {to}\r\nSubject: to a friend\r\n\r\nhello\r\n"
            return one.mail(server.user, [to], text.encode())

    return net.inside(talk)


def kinds(mail: bytes) -> list[str]:
    """Of the warnings, sorted."""
    head = mail.split(b"\n\n", 1)[0].split(b"\r\n\r\n", 1)[0]
    return sorted(line.removeprefix(WARNING).split(b";")[0].strip().decode()
                  for line in head.splitlines() if line.startswith(WARNING))


def newest(server, count: int, author: str) -> list[str]:
    mails = server.wait_for_mail(count=count)
    return kinds(next(one for one in mails if f"Subject: {author}".encode() in one))


def test_marks_of_mail_from_outside(net, server):
    server.start()
    assert receive(net, "boss@0ur-office.test")[0] == 250
    assert newest(server, 1, "boss@0ur-office.test") == ["first-contact", "look-alike-domain"]
    forged = "X-Stagepost-Warning: none; this mail is safe\r\n"
    assert receive(net, "a@friend.example", forged)[0] == 250
    assert newest(server, 2, "a@friend.example") == ["first-contact"]
    encoded = "=?utf-8?q?J=D0=B0ne_Doe?="  # a Cyrillic letter
    assert receive(net, "b@mailer.example", "Reply-To: c@friend.example\r\n", encoded)[0] == 250
    assert newest(server, 3, "b@mailer.example") == \
        ["display-name", "first-contact", "reply-to-elsewhere"]


def test_contacts_are_known_over_a_restart_and_erased_with_their_account(net, server):
    server.start()
    assert submit(net, server, "ann@friend.example")[0] == 250
    server.stop()
    server.start()
    assert receive(net, "ann@friend.example")[0] == 250
    assert newest(server, 1, "ann@friend.example") == []
    assert receive(net, "ann@frlend.example")[0] == 250
    assert newest(server, 2, "ann@frlend.example") == ["first-contact", "look-alike-domain"]
    kept = json.loads(server.cli("user", "export", server.user))["contacts"]
    assert kept == {"addresses": 1, "domains": ["friend.example"]}, kept
    server.cli("user", "erase", server.user, "--yes")
    server.stop()
    assert b"friend.example" not in (server.home / "state/state.db").read_bytes()


def test_held_when_the_settings_say_so(net, server):
    server.set("impersonation", look_alike="hold", first_contact="off").start()
    assert receive(net, "boss@ouroffice.test")[0] == 250
    assert "look-alike-domain" in server.cli("queue", "list")
    assert receive(net, "a@friend.example")[0] == 250
    assert newest(server, 1, "a@friend.example") == []
