"""Reports: a corpus of real ones is read, mail to an inbox is taken, ours are sent and valid."""

import gzip
import json
import re
import smtplib
import subprocess
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from pathlib import Path

import pytest

from mail import crlf, message
from peers.dns import DnsServer
from peers.netns import Netns, wait_until
from sink import Sink
from stagepost import ROOT, Stagepost, binary

DATA = ROOT / "tests/data/reports"
RECEIVER = "192.0.2.10"
ELSEWHERE = "192.0.2.20"
RESOLVER = "192.0.2.53"
RUA = "mailto:rua@asks.test,mailto:rua@silent.test"
ZONE = f"""\
example.test. MX 10 mx.example.test.
mx.example.test. A {RECEIVER}
author.test. MX 10 mx.author.test.
mx.author.test. A {ELSEWHERE}
author.test. TXT "v=spf1 ip4:{ELSEWHERE} -all"
_dmarc.author.test. TXT "v=DMARC1; p=none; sp=reject; " "rua={RUA}"
author.test._report._dmarc.asks.test. TXT "v=DMARC1"
asks.test. MX 10 mx.author.test.
silent.test. MX 10 mx.author.test.
"""


def listed(server, *more: str) -> list[dict]:
    return json.loads(server.cli("report", "list", "--json", "--days", "3660", *more))["reports"]


def test_the_corpus_is_read(server, corpora):
    samples = corpora / "dmarc-reports-parsedmarc/data/samples"
    files = [path for folder in ("aggregate", "smtp_tls", "extract_report")
             for path in sorted((samples / folder).iterdir())]
    files += sorted((corpora / "dmarc-schema/data/t/fixtures").iterdir())
    assert len(files) >= 25
    lines = server.cli("report", "import", "--json", *map(str, files)).splitlines()
    assert len(lines) == len(files), "each is read, none refused"
    for path, line in zip(files, map(json.loads, lines), strict=True):
        assert line["numbers"] or line["duplicates"], path
    reports = listed(server)
    assert all(report["count"] or report["kind"] == "tls" for report in reports), reports
    assert {report["kind"] for report in reports} == {"aggregate", "tls"}
    assert "broken" in json.dumps([report["remarks"] for report in reports])
    shown = json.loads(server.cli("report", "show", str(reports[0]["number"]), "--json"))
    assert shown["detail"]
    assert server.cli("report", "summary", "--days", "3660").count("\n") > 20


def test_what_is_no_report_is_refused_with_words(server, corpora):
    samples = corpora / "dmarc-reports-parsedmarc/data/samples"
    said = run_cli(server, "report", "import",
                          samples / "aggregate_invalid/report_with_upper_cased_pass.xml",
                          samples / "empty.xml", DATA / "no_records.xml")
    assert said.returncode == 1
    assert 'dkim "Pass", which is neither pass nor fail' in said.stderr
    assert "it is empty" in said.stderr and "no records" in said.stderr
    failures = sorted((samples / "failure").iterdir())
    run_cli(server, "report", "import", *failures)
    assert len([one for one in listed(server) if one["kind"] == "failure"]) >= 3


def run_cli(server: Stagepost, *arguments: object) -> subprocess.CompletedProcess:
    return subprocess.run([binary(), *arguments, "--home", server.home], capture_output=True,
                          text=True, check=False, timeout=60)


def report_mail(xml: bytes) -> bytes:
    mail = MIMEMultipart()
    mail["From"] = "dmarc@reporter.test"
    mail["To"] = "you@example.test"
    mail["Subject"] = "Report Domain: example.org Submitter: reporter.test Report-ID: <old-1>"
    part = MIMEApplication(gzip.compress(xml), "gzip")
    part.add_header("Content-Disposition", "attachment", filename="reporter.test!a!1!2.xml.gz")
    mail.attach(part)
    return crlf(mail.as_bytes())


def test_mail_to_an_inbox_is_taken(new_server):
    server = new_server().set("reports", inboxes=["you@example.test"]).start()
    with smtplib.SMTP("127.0.0.1", server.ports["smtp"]) as client:
        for _ in range(2):
            client.sendmail("dmarc@reporter.test", "you@example.test",
                            report_mail((DATA / "old.xml").read_bytes()))
        client.sendmail("a@reporter.test", "you@example.test", message("a letter"))
    wait_until("the report is listed", lambda: len(listed(server)) == 1)
    mails = server.wait_for_mail(count=1)
    wait_until("the queue is empty",
               lambda: json.loads(server.cli("queue", "list", "--json"))["messages"] == [])
    assert len(server.maildir()) == 1 and b"a letter" in mails[0]
    report = listed(server)[0]
    assert report["domain"] == "example.org" and report["count"] == 9 and report["good"] == 7
    assert report["from"] == "dmarc@reporter.test"
    assert report["file"] == "reporter.test!a!1!2.xml.gz"
    server.finish()


def qualified(schema: Path, folder: Path) -> Path:
    """The schema names its types without its namespace, which no validator takes: it is added."""
    text = schema.read_text()
    text = text.replace("<xs:schema ", '<xs:schema xmlns="urn:ietf:params:xml:ns:dmarc-2.0" '
                                       'elementFormDefault="qualified" ', 1)
    out = folder / "rua.xsd"
    out.write_text(text)
    return out


def validate(schema: Path, xml: str, folder: Path) -> None:
    path = folder / "report.xml"
    path.write_text(xml)
    done = subprocess.run(["xmllint", "--noout", "--nonet", "--schema", schema, path],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + xml


@pytest.fixture(name="net")
def make_net():
    with Netns(RECEIVER, ELSEWHERE, RESOLVER, dns=RESOLVER) as net:
        yield net


def test_a_day_is_reported_to_those_who_asked(net, new_server, folder, corpora):
    dns = DnsServer(net, RESOLVER, folder / "dns").start(ZONE)
    server = new_server(net=net, address=RECEIVER)
    server.set("reports", address="noreply-dmarc@example.test", organization="Example & Sons")
    server.start()
    try:
        for source in (ELSEWHERE, RECEIVER):
            net.inside(lambda source=source: deliver(server, source))
        wait_until("the rows are counted", lambda: "author.test" in dry_run(server)[1])
        said, xml = dry_run(server)
        validate(qualified(corpora / "dmarc-schema/data/share/rua-schema.xsd", folder), xml, folder)
        validate(DATA / "rfc9990.xsd", xml, folder)
        assert "to rua@asks.test" in said
        assert "not to rua@silent.test: not asked for" in said
        assert re.search(rf"<source_ip>{ELSEWHERE}</source_ip>\s*<count>1</count>", xml), xml
        assert "<spf>pass</spf>" in xml and "<sp>reject</sp>" in xml
        with net.inside(lambda: Sink(25, address=ELSEWHERE)) as sink:
            assert "to rua@asks.test" in server.cli("report", "send", "--now")
            wait_until("the report has come", lambda: sink.mails)
            mail = sink.mails[0]
            assert mail.sender == "" and mail.recipients == ["rua@asks.test"]
            assert b"Report Domain: author.test" in mail.content
        assert "to rua@asks.test" in server.cli("report", "sent")
        server.finish()
    finally:
        dns.stop()


def deliver(server, source: str) -> None:
    with smtplib.SMTP(RECEIVER, server.ports["smtp"], source_address=(source, 0),
                      local_hostname="mx.author.test") as client:
        client.sendmail("news@author.test", "you@example.test",
                        b"From: news@author.test\r\nTo: you@example.test\r\n"
                        b"Subject: hello\r\n\r\nhello\r\n")


def dry_run(server) -> tuple[str, str]:
    done = subprocess.run([*server.net.prefix(), binary(), "report", "send", "--now", "--dry-run",
                           "--home", server.home], capture_output=True, text=True, check=False,
                          timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stderr, done.stdout
