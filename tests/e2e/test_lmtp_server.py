"""LMTP as a server: a real Postfix in front hands on to us by TCP and by a unix socket; swaks and
Python's smtplib.LMTP do, too."""

import smtplib

import pytest
from mail import crlf, message
from peers.netns import Netns, wait_until
from peers.postfix import Postfix
from stagepost import Stagepost

OURS, FRONT, CLIENT, STRANGER = "10.0.0.2", "10.0.0.3", "10.0.0.7", "10.0.0.8"
PORT = 24
SENDER = "someone@elsewhere.test"


class World:
    def __init__(self, net: Netns, folder, new_server):
        self.net = net
        self.folder = folder
        self.socket = folder / "lmtp-socket" / "lmtp"
        self.socket.parent.mkdir()
        self.server: Stagepost = new_server("example.test", net=net, address=OURS)
        self.server.set("", hostname="mx.example.test")
        # Strangers' mail would be refused for want of a name; what comes by LMTP is not asked.
        self.server.append(f'[[listener]]\nname = "lmtp"\naddress = "{OURS}:{PORT}"\n'
                           f'protocol = "lmtp"\nclients = ["{FRONT}", "{CLIENT}"]\n')
        self.server.append(f'[[listener]]\nname = "lmtp-socket"\naddress = "unix:{self.socket}"\n'
                           'protocol = "lmtp"\nsocket_mode = "0666"\n')
        self.server.add_user("other@example.test")
        self.server.start()
        self.postfix = Postfix(net, FRONT, folder / "postfix", "front.example.test",
                               ["example.test"])

    def front(self, transport: str) -> None:
        """Postfix takes mail for our users, and for one whom it believes to be there."""
        users = ["you@example.test", "other@example.test", "gone@example.test"]
        self.postfix.start(users, options={"virtual_transport": transport})

    def send(self, recipients: list[str]) -> None:
        def dialogue() -> None:
            with smtplib.SMTP(FRONT, 25, "client.test", timeout=30,
                              source_address=(CLIENT, 0)) as client:
                assert client.sendmail(SENDER, recipients, message("handed on")) == {}

        self.net.inside(dialogue)

    def log_lines(self, *words: str) -> list[str]:
        return [line for line in self.postfix.output().splitlines()
                if all(word in line for word in words)]


@pytest.fixture(name="world")
def make_world(folder, new_server):
    with Netns(OURS, FRONT, CLIENT, STRANGER) as net:
        world = World(net, folder, new_server)
        yield world
        world.server.finish()


@pytest.mark.parametrize("way", ["tcp", "unix"])
def test_postfix_hands_on_and_hears_about_each_recipient(world, way):
    world.front(f"lmtp:inet:{OURS}:{PORT}" if way == "tcp" else f"lmtp:unix:{world.socket}")
    world.send(["you@example.test", "gone@example.test", "other@example.test"])
    mine = world.server.wait_for_mail()[0]
    others = world.server.wait_for_mail("other")[0]
    assert b"by mx.example.test with LMTP" in mine, mine
    assert b"Subject: handed on" in others
    for user in ("you", "other"):
        wait_until(f"Postfix's line about {user}", lambda name=user: world.log_lines(
            f"to=<{name}@example.test>", "status=sent", "250 2.0.0"))
    bounced = wait_until("Postfix's line about the third", lambda: world.log_lines(
        "to=<gone@example.test>", "status=bounced"))
    assert "550 5.1.1" in bounced[0]
    if way == "unix":
        assert b"(front.example.test" not in mine
        assert b"from front.example.test\n\t([127.0.0.1])" in mine


def test_smtplib_speaks_lmtp_over_both(world):
    def by_tcp() -> None:
        with smtplib.LMTP(OURS, PORT, "client.test", (CLIENT, 0)) as client:
            refused = client.sendmail(SENDER, ["you@example.test", "nobody@example.test"],
                                      message("by tcp"))
        assert list(refused) == ["nobody@example.test"]

    world.net.inside(by_tcp)
    # It reads one reply after the dot, so there is one recipient.
    with smtplib.LMTP(str(world.socket), local_hostname="client.test") as client:
        assert client.sendmail(SENDER, ["other@example.test"], message("by socket")) == {}
    assert crlf(world.server.wait_for_mail("other")[0]).endswith(b"\r\n\r\nhello\r\n")


def test_swaks_speaks_lmtp(world):
    said = world.net.run("swaks", "--protocol", "LMTP", "--server", OURS, "--port", str(PORT),
                         "--local-interface", CLIENT, "--from", SENDER, "--helo", "client.test",
                         "--to", "you@example.test,other@example.test")
    assert "250 2.0.0 <you@example.test> Message" in said
    world.server.wait_for_mail("other")


def test_who_is_not_listed_is_sent_away(world):
    def knock() -> None:
        with pytest.raises(smtplib.SMTPConnectError) as refused:
            smtplib.LMTP(OURS, PORT, "client.test", (STRANGER, 0))
        assert refused.value.smtp_code == 554

    world.net.inside(knock)
