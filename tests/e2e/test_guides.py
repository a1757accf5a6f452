"""The guides of docs/, done as they say: an application's mail, and a backup MX."""

import re
import smtplib

import pytest
from mail import SENDER, message
from peers.dns import DnsServer
from peers.netns import Netns, wait_until
from sink import Sink
from stagepost import ROOT, tls_context
from talk import Talk

pytestmark = pytest.mark.sanitized


def block(page: str, begin: str) -> str:
    """The settings that the page shows and that begin so."""
    text = (ROOT / "docs" / page).read_text()
    found = re.search(rf"^    {re.escape(begin)}\n(?:    .*\n|\n(?=    ))*", text, re.MULTILINE)
    assert found, f"{page} shows no {begin}"
    return "\n".join(line[4:] for line in found.group(0).split("\n"))


def test_application(new_server):
    """docs/application.md: an account that can only send, as itself and as what is granted."""
    with Sink() as sink:
        server = new_server("example.org")
        server.set("delivery", relay_host=f"127.0.0.1:{sink.port}")
        server.start()
        server.add_user("shop@example.org")
        made = server.cli("app-password", "add", "shop@example.org", "webshop", "--send")
        password = re.search(r"Password \(shown only now\): (\S+)", made).group(1)
        server.cli("limits", "set", "shop@example.org", "--messages", "20000",
                   "--new-recipients", "20000")
        with smtplib.SMTP("127.0.0.1", server.ports["submission"], timeout=20) as client:
            client.starttls(context=tls_context())
            client.login("shop@example.org/webshop", password)
            client.sendmail("shop@example.org", ["you@example.net"],
                            message("order", sender="shop@example.org"))
            with pytest.raises(smtplib.SMTPResponseException, match="550"):
                client.sendmail("orders@example.org", ["you@example.net"],
                                message("order", sender="orders@example.org"))
            server.cli("user", "add", "orders@example.org", "--password-stdin",
                       text="a long enough 2\n")
            server.cli("grant", "add", "shop@example.org", "orders@example.org")
            assert "orders@example.org" in server.cli("grant", "list", "shop@example.org")
            client.sendmail("orders@example.org", ["you@example.net"],
                            message("order", sender="orders@example.org"))
        wait_until("both mails", lambda: len(sink.mails) == 2)
        assert "shop@example.org" in server.cli("limits", "show", "shop@example.org")
        assert "accepted from shop@example.org" in server.cli("explain", "shop@example.org")
        assert server.cli("queue", "list", "--sender", "shop@example.org")


SELF, MAIN, DNS = "192.0.2.2", "192.0.2.1", "192.0.2.53"
ZONE = f"""\
example.net. MX 10 mail.example.net.
example.net. MX 20 mx2.example.org.
mail.example.net. A {MAIN}
mx2.example.org. A {SELF}
2.2.0.192.in-addr.arpa. PTR mx2.example.org.
"""


def test_backup_mx(new_server, folder):
    """docs/backup-mx.md, with the settings that it shows."""
    with Netns(SELF, MAIN, DNS, dns=DNS) as net:
        DnsServer(net, DNS, folder / "dns").start(ZONE)
        server = new_server("example.org", net=net, address=SELF)
        server.set("", hostname="mx2.example.org")
        shown = block("backup-mx.md", "[[backup]]")
        server.append(shown.split("[queue]")[0])
        server.set("queue", expire_after=re.search(r'expire_after = "(\w+)"', shown).group(1))
        server.start()

        def say() -> None:
            with Talk(SELF, 25, source=DNS) as talk:
                assert talk.say(f"MAIL FROM:<{SENDER}>")[0] == 250
                code, text = talk.say("RCPT TO:<nobody@example.net>")
                assert code == 550 and text.startswith("5.1.1"), text
                assert talk.say("RCPT TO:<ann@example.com>")[1].startswith("5.7.1")
                assert talk.say("RCPT TO:<ann+shop@example.net>")[0] == 250
                talk.say("RSET")
                code, text = talk.mail(SENDER, ["ann@example.net", "Info@example.net"],
                                       message("kept", to="ann@example.net"))
                assert code == 250, text

        net.inside(say)
        wait_until("it waits", lambda: "example.net" in server.cli(
            "queue", "list", "--by-destination"))
        wait_until("a first attempt",
                   lambda: re.search(r"\b4\d\d 4\.", server.cli("queue", "list")))
        with net.inside(lambda: Sink(25, address=MAIN)) as sink:
            server.cli("queue", "retry", "--destination", "example.net")
            wait_until("the main server has it", lambda: sink.mails)
            assert sink.mails[0].recipients == ["ann@example.net", "Info@example.net"]
        server.stop()
