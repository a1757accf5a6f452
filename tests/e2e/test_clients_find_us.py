"""Mail programs find their settings by HTTP: autoconfig, autodiscover, a profile, a page."""

import plistlib
import re
import subprocess
import urllib.error
import urllib.request
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from stagepost import binary, free_ports

SECONDS_MAX = 20
REQUEST = """<?xml version="1.0" encoding="utf-8"?>
<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006">
<Request><EMailAddress>{}</EMailAddress><AcceptableResponseSchema>
http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a
</AcceptableResponseSchema></Request></Autodiscover>"""
OUTLOOK = "{http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a}"


def ask(server, path: str, body: str | None = None, port: int = 0, **headers: str):
    """Status, headers and text of the answer."""
    request = urllib.request.Request(f"http://127.0.0.1:{port or server.ports['http']}{path}",
                                     data=body.encode() if body is not None else None,
                                     headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=SECONDS_MAX) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


def servers_of(text: str, side: str) -> list[tuple[str, str, str]]:
    root = ElementTree.fromstring(text)
    return [(one.findtext("hostname"), one.findtext("port"), one.findtext("socketType"))
            for one in root.iter(side)]


@pytest.mark.parametrize("path", ["/mail/config-v1.1.xml",
                                  "/.well-known/autoconfig/mail/config-v1.1.xml"])
def test_thunderbird(server, path):
    status, headers, text = ask(server, f"{path}?emailaddress=you%40example.test")
    assert status == 200 and headers["Content-Type"].startswith("application/xml")
    host = "mail.example.test"
    assert servers_of(text, "incomingServer") == [(host, "993", "SSL"), (host, "143", "STARTTLS")]
    assert servers_of(text, "outgoingServer") == \
        [(host, str(server.ports["submissions"]), "SSL"),
         (host, str(server.ports["submission"]), "STARTTLS")]
    assert ElementTree.fromstring(text).find(".//domain").text == "example.test"
    # Nobody learns who has a mailbox, and other domains are not ours.
    assert ask(server, f"{path}?emailaddress=nobody@example.test")[2] == text
    assert ask(server, f"{path}?emailaddress=you@example.org")[0] == 404
    assert ask(server, f"{path}?emailaddress=nonsense")[0] == 404
    assert ask(server, path, Host="autoconfig.example.test")[2] == text
    assert ask(server, path, Host="autoconfig.example.org")[0] == 404


@pytest.mark.parametrize("path", ["/autodiscover/autodiscover.xml",
                                  "/Autodiscover/Autodiscover.xml"])
def test_outlook(server, path):
    status, _, text = ask(server, path, REQUEST.format("You@example.test"))
    assert status == 200
    protocols = {(one.findtext(f"{OUTLOOK}Type"), one.findtext(f"{OUTLOOK}Port")): one
                 for one in ElementTree.fromstring(text).iter(f"{OUTLOOK}Protocol")}
    assert set(protocols) == {("IMAP", "993"), ("IMAP", "143"),
                              ("SMTP", str(server.ports["submissions"])),
                              ("SMTP", str(server.ports["submission"]))}
    assert protocols["IMAP", "993"].findtext(f"{OUTLOOK}LoginName") == "You@example.test"
    unknown = ask(server, path, REQUEST.format("nobody@example.test"))[2]
    assert unknown == text.replace("You@", "nobody@")
    for bad in ("you@example.org", "", "nonsense", "you@example.test</EMailAddress>"):
        assert "<ErrorCode>600</ErrorCode>" in ask(server, path, REQUEST.format(bad))[2]
    assert "<ErrorCode>600</ErrorCode>" in ask(server, path, "not XML")[2]
    entity = '<!DOCTYPE a [<!ENTITY e "x@example.test">]>' + REQUEST.format("&e;")
    assert "<ErrorCode>600</ErrorCode>" in ask(server, path, entity)[2]


def test_outlook_by_json(server):
    status, _, text = ask(server, "/autodiscover/autodiscover.json?Protocol=AutodiscoverV1"
                                  "&Email=you@example.test")
    assert status == 200
    assert '"https://mail.example.test/autodiscover/autodiscover.xml"' in text
    assert ask(server, "/autodiscover/autodiscover.json?Protocol=EWS")[0] == 400


def test_apple(server):
    status, headers, text = ask(server, "/apple.mobileconfig?email=you@example.test")
    assert status == 200 and "apple-aspen-config" in headers["Content-Type"]
    profile = plistlib.loads(text.encode())
    [account] = profile["PayloadContent"]
    assert account["EmailAccountType"] == "EmailTypeIMAP"
    assert account["IncomingMailServerHostName"] == "mail.example.test"
    assert account["IncomingMailServerPortNumber"] == 993
    assert account["IncomingMailServerUsername"] == "you@example.test"
    assert account["OutgoingMailServerPortNumber"] == server.ports["submissions"]
    assert account["OutgoingMailServerUseSSL"] is True
    assert re.fullmatch(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", profile["PayloadUUID"])
    # What stands in an address stays text.
    odd = ask(server, "/apple.mobileconfig?email=%22%3Cb%3E%26%22%40example.test")[2]
    assert "<b>" not in odd and plistlib.loads(odd.encode())["PayloadContent"]
    assert ask(server, "/apple.mobileconfig?email=you@example.org")[0] == 404
    assert ask(server, "/apple.mobileconfig")[0] == 400


@pytest.mark.parametrize("path", ["/", "/mail-setup"])
def test_page_for_people(server, path):
    status, headers, text = ask(server, path, Host="example.test")
    assert status == 200 and headers["Content-Type"].startswith("text/html")
    assert "default-src 'none'" in headers["Content-Security-Policy"]

    class Reader(HTMLParser):
        tags: list[str] = []

        def handle_starttag(self, tag, attrs):
            self.tags.append(tag)

    reader = Reader()
    reader.feed(text)
    assert "h1" in reader.tags and "table" in reader.tags and "script" not in reader.tags
    for part in ("mail.example.test", "993", "Set up mail for example.test",
                 str(server.ports["submission"])):
        assert part in text
    assert "<x>" not in ask(server, path, Host="<x>.example.test")[2]


def test_a_port_of_its_own_shows_nothing_else(new_server):
    port, secure = free_ports(2)
    server = new_server().set("clients", addresses=[f"127.0.0.1:{port}"],
                              tls_addresses=[f"127.0.0.1:{secure}"],
                              imap_host="imap.example.test", imap_port=0).start()
    path = "/mail/config-v1.1.xml?emailaddress=you@example.test"
    status, _, text = ask(server, path, port=port)
    assert status == 200
    assert servers_of(text, "incomingServer") == [("imap.example.test", "993", "SSL")]
    for hidden in ("/metrics", "/health", "/api/v1/domains"):
        assert ask(server, hidden, port=port)[0] == 404
    done = subprocess.run(["curl", "-sSk", f"https://127.0.0.1:{secure}{path}"],
                          capture_output=True, text=True, check=True, timeout=SECONDS_MAX)
    assert done.stdout == text


def test_init_prints_srv_records(folder):
    home = folder / "home"
    done = subprocess.run([binary(), "init", "example.test", "--yes", "--hostname",
                           "mail.example.test", "--home", home], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    records = " ".join(done.stdout.split())
    for record in ("_submissions._tcp.example.test SRV 0 1 465 mail.example.test",
                   "_submission._tcp.example.test SRV 10 1 587 mail.example.test",
                   "_imaps._tcp.example.test SRV 0 1 993 mail.example.test",
                   "_imap._tcp.example.test SRV 10 1 143 mail.example.test",
                   "_pop3._tcp.example.test SRV 0 0 0 .", "_pop3s._tcp.example.test SRV 0 0 0 ."):
        assert record in records, record
