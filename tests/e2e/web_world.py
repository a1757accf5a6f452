"""tests/e2e/web_world.py: a server with something to show on every page of its web interface.

What:    a namespace with DNS; receivers that accept, defer, refuse and are away; people, aliases,
         app passwords, keys, tokens, bans, reports; messages in every state.
In/Out:  WebWorld(net, folder).start() → server, base (…/admin/), what the browser tests must know.
Limits:  a few dozen messages: lists of a million are the server's matter, and paged.
"""

import json
import os
import smtplib
import time
from pathlib import Path

from mail import message
from peers.dns import DnsServer
from peers.netns import Netns, wait_until
from sink import Sink
from stagepost import Stagepost, binary

SERVER, DNS = "192.0.2.1", "192.0.2.53"
ADDRESSES = {"example.net": "192.0.2.10", "example.com": "192.0.2.11", "example.edu": "192.0.2.12",
             "away.example": "192.0.2.13"}
DOMAIN = "example.org"
MANY_SENDER = "news@list.example"  # not of ours: nothing is signed
FILL_AT_ONCE = 100_000
# MX, SPF and DMARC are right, TLS reports are not asked for: the doctor has something to say.
ZONE = "".join(f"{name}. MX 10 mx.{name}.\nmx.{name}. A {address}\n"
               for name, address in ADDRESSES.items()) + f"""\
mail.{DOMAIN}. A {SERVER}
{DOMAIN}. MX 10 mail.{DOMAIN}.
{DOMAIN}. TXT "v=spf1 mx -all"
_dmarc.{DOMAIN}. TXT "v=DMARC1; p=reject; rua=mailto:you@{DOMAIN}"
1.2.0.192.in-addr.arpa. PTR mail.{DOMAIN}.
2.0.0.127.block.test. A 127.0.0.2
"""
LATER = "@fixed 451 4.7.1 too many messages from 192.0.2.1 within an hour, try again later"
NOBODY = "@fixed 550 5.1.1 there is no such mailbox here"
REPORTS_DAYS = 24
DMARC = """\
<?xml version="1.0"?>
<feedback>
 <report_metadata><org_name>{name}</org_name><email>dmarc@{name}</email>
  <report_id>{name}-{begin}</report_id>
  <date_range><begin>{begin}</begin><end>{end}</end></date_range></report_metadata>
 <policy_published><domain>{domain}</domain><p>reject</p></policy_published>
 <record><row><source_ip>192.0.2.1</source_ip><count>{good}</count>
  <policy_evaluated><disposition>none</disposition><dkim>pass</dkim><spf>pass</spf>
  </policy_evaluated></row>
  <identifiers><header_from>{domain}</header_from></identifiers>
  <auth_results><spf><domain>{domain}</domain><result>pass</result></spf></auth_results></record>
 <record><row><source_ip>198.51.100.66</source_ip><count>{bad}</count>
  <policy_evaluated><disposition>reject</disposition><dkim>fail</dkim><spf>fail</spf>
  </policy_evaluated></row>
  <identifiers><header_from>{domain}</header_from></identifiers>
  <auth_results><spf><domain>elsewhere.test</domain><result>none</result></spf></auth_results>
 </record>
</feedback>
"""


def tls_report(day: str, good: int, bad: int) -> str:
    failure = {"result-type": "certificate-expired", "sending-mta-ip": "192.0.2.10",
               "receiving-mx-hostname": f"mail.{DOMAIN}", "failed-session-count": bad}
    policy = {"policy": {"policy-type": "sts", "policy-domain": DOMAIN},
              "summary": {"total-successful-session-count": good,
                          "total-failure-session-count": bad},
              "failure-details": [failure]}
    return json.dumps({"organization-name": "example.net", "contact-info": "tls@example.net",
                       "report-id": f"tls-{day}", "policies": [policy],
                       "date-range": {"start-datetime": f"{day}T00:00:00Z",
                                      "end-datetime": f"{day}T23:59:59Z"}})


class WebWorld:
    def __init__(self, net: Netns, folder: Path):
        self.net, self.folder = net, folder
        home = folder / "home"
        home.mkdir()
        self.server = Stagepost(home, DOMAIN, net=net, address=SERVER)
        self.sinks: dict[str, Sink] = {}
        self.base = "http://127.0.0.1:8026/admin/"

    def start(self) -> "WebWorld":
        answers = {"example.net": {}, "example.com": {"MAIL": [LATER]},
                   "example.edu": {"RCPT": [NOBODY]}}
        for name, told in answers.items():
            sink = self.net.inside(lambda name=name, told=told: Sink(25, told, ADDRESSES[name]))
            self.sinks[name] = sink.__enter__()
        self.server.init()
        self.server.set("api", addresses=["127.0.0.1:8026"])
        self.server.set("policy", relay_networks=["127.0.0.0/8", "192.0.2.0/24"])
        self.server.set("doctor", public_addresses=[SERVER], lists=["block.test"])
        self.server.set("queue", retry_after=["1h"])
        DnsServer(self.net, DNS, self.folder / "dns").start(ZONE)
        self.server.start()
        self.people()
        self.reports()
        self.mail()
        return self

    def stop(self) -> None:
        try:
            self.server.finish()
        finally:
            self.server.kill()
            for sink in self.sinks.values():
                sink.__exit__()

    def people(self) -> None:
        cli = self.server.cli
        for name in ("anna", "shop", "newsletter"):
            self.server.add_user(f"{name}@{DOMAIN}")
        cli("alias", "add", f"info@{DOMAIN}", f"anna@{DOMAIN}", self.server.user)
        cli("app-password", "add", self.server.user, "phone")
        cli("token", "add", "monitoring")
        cli("dkim", "generate", DOMAIN)
        cli("dkim", "rotate", DOMAIN, "--force")
        cli("ban", "add", "203.0.113.0/24", "--for", "7d", "--reason", "guesses for weeks")
        cli("limits", "set", f"newsletter@{DOMAIN}", "--messages", "5000")

    def reports(self) -> None:
        files = []
        midnight = int(time.time()) // 86_400 * 86_400
        for day in range(1, REPORTS_DAYS):
            begin = midnight - day * 86_400
            name = ("reporter.test", "example.net")[day % 2]
            path = self.folder / f"dmarc-{day}.xml"
            path.write_text(DMARC.format(name=name, domain=DOMAIN, begin=begin, end=begin + 86_399,
                                         good=180 + day * 37 % 90, bad=day * 7 % 23 + 1))
            tls = self.folder / f"tls-{day}.json"
            when = time.strftime("%Y-%m-%d", time.gmtime(begin))
            tls.write_text(tls_report(when, 80 + day * 13 % 40, day % 5))
            files += [path, tls]
        self.server.cli("report", "import", *map(str, files))

    def mail(self) -> None:
        """Into every state: delivered here and there, deferred, failed, refused, held."""
        def send() -> None:
            with smtplib.SMTP(SERVER, 25, "shop.example.org", timeout=60) as client:
                for number in range(8):
                    for name in ADDRESSES:
                        client.sendmail(f"shop@{DOMAIN}", f"customer{number}@{name}",
                                        message(f"order {number}", to=f"customer{number}@{name}",
                                                sender=f"shop@{DOMAIN}"))
                    client.sendmail("friend@example.net", self.server.user,
                                    message(f"letter {number}", to=self.server.user))
                for number in range(5):
                    code, _ = client.docmd("MAIL FROM:<stranger@example.net>")
                    code, _ = client.docmd(f"RCPT TO:<nobody{number}@{DOMAIN}>")
                    assert code == 550
                    client.rset()

        self.net.inside(send)
        self.server.wait_for_mail("you", 8)
        wait_until("all that can be delivered is",
                   lambda: len(self.sinks["example.net"].mails) >= 8, 60)
        # What is refused comes back as notices; for two destinations mail waits, of which the one
        # that is away defers all of its mail with one attempt.
        wait_until("what waits has been tried", lambda: all(
            one["attempts"] > 0 or "mx:away.example" in one["destinations"]
            for one in self.queued()) and len(self.queued()) == 16, 60)
        self.held = next(one for one in self.queued()
                         if "customer5@example.com" in one["recipients"])
        self.server.cli("doctor", code=None)  # as the server does by itself once an hour
        self.server.cli("queue", "hold", self.held["id"], "--reason", "the customer asked to wait")

    def fill(self, count: int) -> None:
        """So many more for the one that is away, from one sender to one recipient."""
        for part in range(0, count, FILL_AT_ONCE):
            self.net.run(binary(), "bench", "load", "--to", f"{SERVER}:25", "--sessions", "50",
                         "--messages", str(min(FILL_AT_ONCE, count - part)), "--per-connection",
                         "1000", "--size", "4096", "--from", MANY_SENDER, "--rcpt",
                         "many{n%1000}@away.example")

    def processor_seconds(self) -> float:
        """That the server has used, in its own code and in the kernel's for it."""
        parts = Path(f"/proc/{self.server.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")

    def queued(self) -> list[dict]:
        return json.loads(self.server.cli("queue", "list", "--json"))["messages"]

    def told(self) -> dict[str, object]:
        """What the scripts of tests/web want to know."""
        waits = next(one for one in self.queued() if not one["hold"])
        reports = json.loads(self.server.cli("report", "list", "--json"))["reports"]
        return {"base": self.base, "address": self.server.user, "password": self.server.password,
                "domain": DOMAIN, "message": waits["id"], "destination": waits["destinations"][0],
                "held_recipient": self.held["recipients"][0], "held_sender": self.held["sender"],
                "report": reports[0]["number"]}
