"""Three Postfix installations are replaced: a day's mail goes the same way before and after.

What:    each is a whole configuration in a namespace: a web host with virtual domains, a host that
         sends by its provider's server, a company with several domains and maps.
In/Out:  a day is a list of mails, each from somebody at some address; where each one ends
         (mailbox, next hop, refused) is seen with Postfix running, then with what
         `import postfix` made of it.
"""

import smtplib
import textwrap
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from mail import message
from peers.netns import Netns, wait_until
from peers.postfix import Postfix
from sink import Sink
from stagepost import Stagepost

OFFICE, STRANGER, OLD, HOP, OTHER_HOP = "10.0.0.1", "10.9.0.1", "10.0.0.3", "10.0.0.4", "10.0.0.5"
SECONDS_MAX = 60


@dataclass(frozen=True)
class Installation:
    domains: list[str]
    mailboxes: list[str]
    options: dict[str, str]
    files: dict[str, str] = field(default_factory=dict)  # of its etc/
    day: list[tuple[str, str, str]] = field(default_factory=list)  # client, sender, recipient


WEB_HOST = Installation(
    domains=["shop.test", "bakery.test"],
    mailboxes=["sales@shop.test", "ann@shop.test", "bob@bakery.test"],
    options={
        "virtual_alias_domains": "club.test alt.test",
        "virtual_alias_maps": "texthash:{etc}/virtual",
        "transport_maps": "texthash:{etc}/transport",
    },
    files={
        "virtual": """\
            info@shop.test      sales@shop.test, ann@shop.test
            sales@shop.test     sales@shop.test archive@backup.test
            chair@club.test     ann@shop.test
            @club.test          bob@bakery.test
            @alt.test           @shop.test
            """,
        "transport": f"backup.test  smtp:[{HOP}]:2525\n",
    },
    day=[
        (STRANGER, "a@far.test", "ann@shop.test"),
        (STRANGER, "a@far.test", "Ann@Shop.Test"),
        (STRANGER, "", "bob@bakery.test"),
        (STRANGER, "a@far.test", "info@shop.test"),
        (STRANGER, "a@far.test", "sales@shop.test"),
        (STRANGER, "a@far.test", "chair@club.test"),
        (STRANGER, "a@far.test", "whoever@club.test"),
        (STRANGER, "a@far.test", "ann@alt.test"),
        (STRANGER, "a@far.test", "nobody@shop.test"),
        (STRANGER, "a@far.test", "x@elsewhere.test"),
        (STRANGER, "a@far.test", "x@backup.test"),
        (OFFICE, "ann@shop.test", "x@backup.test"),
    ])

SATELLITE = Installation(
    domains=[],
    mailboxes=[],
    options={
        "myhostname": "web3.our.test", "myorigin": "our.test",
        "relayhost": f"[{HOP}]:2525",
        "transport_maps": "texthash:{etc}/transport",
        "virtual_alias_maps": "texthash:{etc}/virtual",
        "smtp_tls_security_level": "may",
    },
    files={
        "transport": f"""\
            intern.test   smtp:[{OTHER_HOP}]:2526
            .intern.test  relay:[{OTHER_HOP}]:2526
            """,
        "virtual": "root@web3.our.test  ops@our.test\n",
    },
    day=[
        (OFFICE, "www@our.test", "customer@far.test"),
        (OFFICE, "www@our.test", "another@farther.test"),
        (OFFICE, "cron@web3.our.test", "boss@intern.test"),
        (OFFICE, "cron@web3.our.test", "boss@deep.intern.test"),
        (OFFICE, "", "customer@far.test"),
        (STRANGER, "a@far.test", "customer@far.test"),
    ])

COMPANY = Installation(
    domains=["corp.test", "corp-old.test"],
    mailboxes=["eve@corp.test", "adam@corp.test"],
    options={
        "relay_domains": "branch.test",
        "virtual_alias_maps": "regexp:{etc}/virtual.regexp, texthash:{etc}/virtual",
        "transport_maps": "texthash:{etc}/transport",
        "relayhost": f"[{OTHER_HOP}]:2526",
        "message_size_limit": "20000",
        "smtpd_recipient_limit": "50",
    },
    files={
        "virtual.regexp": """\
            /^ceo@corp\\.test$/            eve@corp.test
            /^(.*)@corp-old\\.test$/       $1@corp.test
            """,
        "virtual": "all@corp.test  eve@corp.test, adam@corp.test, desk@branch.test\n",
        "transport": f"branch.test  smtp:[{HOP}]:2525\n",
    },
    day=[
        (STRANGER, "a@far.test", "eve@corp.test"),
        (STRANGER, "a@far.test", "CEO@corp.test"),
        (STRANGER, "a@far.test", "adam@corp-old.test"),
        (STRANGER, "a@far.test", "all@corp.test"),
        (STRANGER, "a@far.test", "anybody@branch.test"),
        (STRANGER, "a@far.test", "nobody@corp.test"),
        (STRANGER, "a@far.test", "x@elsewhere.test"),
        (OFFICE, "eve@corp.test", "x@elsewhere.test"),
        (OFFICE, "eve@corp.test", "anybody@branch.test"),
        (OFFICE, "", "eve@corp.test"),
    ])

INSTALLATIONS = {"web host": WEB_HOST, "satellite": SATELLITE, "company": COMPANY}


class Day:
    """Sends a day's mail to OLD and says where each mail ended."""

    def __init__(self, net: Netns, old: Postfix, sinks: dict[str, Sink]):
        self.net, self.old, self.sinks = net, old, sinks

    def run(self, installation: Installation, name: str) -> list[list[str]]:
        answers = [self.send(mail, f"{name} {number}") for number, mail
                   in enumerate(installation.day)]
        places: list[list[str]] = []

        def settled() -> bool:
            """Twice the same, and nothing that was accepted is nowhere."""
            before = list(places)
            places[:] = [[answer] if answer else self.places(f"{name} {number}")
                         for number, answer in enumerate(answers)]
            return places == before and all(places)

        wait_until(f"{name}: every mail somewhere", settled, SECONDS_MAX)
        return places

    def send(self, mail: tuple[str, str, str], subject: str) -> str:
        client, sender, recipient = mail

        def dialogue() -> str:
            with smtplib.SMTP(OLD, 25, "client.test", SECONDS_MAX, (client, 0)) as smtp:
                try:
                    smtp.sendmail(sender, [recipient], message(subject, to=recipient))
                except smtplib.SMTPRecipientsRefused as refused:
                    return f"refused {refused.recipients[recipient][0] // 100}yz"
                return ""

        return self.net.inside(dialogue)

    def places(self, subject: str) -> list[str]:
        line = f"Subject: {subject}\n".encode()

        def has(content: bytes) -> bool:
            return line in content.replace(b"\r\n", b"\n")

        boxes = [str(file.parent.parent.relative_to(self.old.mail))
                 for file in self.old.mail.rglob("new/*") if has(file.read_bytes())]
        hops = [f"{hop} {','.join(sorted(mail.recipients))}" for hop, sink in self.sinks.items()
                for mail in list(sink.mails) if has(mail.content)]
        return sorted(boxes + hops)


def prepare(net: Netns, folder: Path, installation: Installation) -> Postfix:
    old = Postfix(net, OLD, folder / "postfix", "mx.old.test", installation.domains)
    etc = folder / "postfix/etc"
    for name, text in installation.files.items():
        (etc / name).write_text(textwrap.dedent(text))
    options = {key: value.format(etc=etc) for key, value in installation.options.items()}
    return old.start(installation.mailboxes, options={
        "mynetworks": "10.0.0.0/24",
        "smtpd_relay_restrictions": "permit_mynetworks, reject_unauth_destination", **options})


@pytest.mark.parametrize("kind", INSTALLATIONS)
def test_a_day_goes_the_same_way(folder, kind, capsys):
    installation = INSTALLATIONS[kind]
    with (Netns(OFFICE, STRANGER, OLD, HOP, OTHER_HOP) as net,
          net.inside(lambda: Sink(2525, {}, HOP)) as hop,
          net.inside(lambda: Sink(2526, {}, OTHER_HOP)) as other):
        old = prepare(net, folder, installation)
        day = Day(net, old, {"hop": hop, "other hop": other})
        before = day.run(installation, "before")
        old.stop()

        home = folder / "moved"
        home.mkdir()
        server = Stagepost(home, "moved.test", net=net, address=OLD)
        said = server.cli("import", "postfix", str(folder / "postfix/etc"))
        server.cli("check")
        server.start()
        after = day.run(installation, "after")
        server.finish()
    with capsys.disabled():
        print(f"\n  {kind}: {len(before)} mails")
        for mail, old_way, new_way in zip(installation.day, before, after, strict=True):
            print(f"    {mail[1] or '<>':20} {mail[2]:24} {'; '.join(old_way)}"
                  f"{'' if old_way == new_way else '  BUT AFTER: ' + '; '.join(new_way)}")
    assert before == after, said
