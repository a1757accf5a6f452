"""The doctor, with a real DNS: right is ok, wrong is named, what it says to paste mends it."""

import json
import urllib.request

import pytest
from peers.dns import DnsServer
from peers.netns import Netns, wait_until
from test_signing import strings

pytestmark = pytest.mark.sanitized
SERVER, DNS, SECOND_DNS = "192.0.2.1", "192.0.2.53", "192.0.2.54"
SECOND = f". NS ns2.root.test.\nns2.root.test. A {SECOND_DNS}\n"
HOST = f"""\
mail.home.test. A {SERVER}
mail.home.test. TXT "v=spf1 a -all"
1.2.0.192.in-addr.arpa. PTR mail.home.test.
probe.test. MX 10 mail.home.test.
2.0.0.127.block.test. A 127.0.0.2
"""
DOMAIN = """\
home.test. MX 10 mail.home.test.
home.test. TXT "v=spf1 mx -all"
_dmarc.home.test. TXT "v=DMARC1; p=reject; rua=mailto:you@home.test"
_smtp._tls.home.test. TXT "v=TLSRPTv1; rua=mailto:you@home.test"
_submissions._tcp.home.test. SRV 0 1 465 mail.home.test.
_imaps._tcp.home.test. SRV 0 1 993 mail.home.test.
autoconfig.home.test. CNAME mail.home.test.
"""
WRONG = """\
mail.home.test. A 192.0.2.99
probe.test. MX 10 closed.test.
closed.test. A 192.0.2.98
1.2.0.192.in-addr.arpa. PTR dyn-1.provider.test.
2.0.0.127.block.test. A 127.0.0.2
1.2.0.192.block.test. A 127.0.0.2
home.test. MX 10 mx.elsewhere.test.
home.test. TXT "v=spf1 ip4:198.51.100.1 -all"
home.test. TXT "v=spf1 -all"
_mta-sts.home.test. TXT "v=STSv1; id=1;"
"""
STALE_TLSA = f"_25._tcp.mail.home.test. TLSA 3 1 1 {'0' * 64}\n"


@pytest.fixture(name="server")
def make_server(new_server):
    """home.test with keys that sign, in a namespace with room for two name servers."""
    with Netns(SERVER, DNS, SECOND_DNS, dns=DNS) as net:
        server = new_server("home.test", net=net, address=SERVER)
        server.set("doctor", public_addresses=[SERVER], lists=["block.test"],
                   probe_domain="probe.test")
        server.cli("dkim", "generate", "home.test")
        server.cli("dkim", "rotate", "home.test", "--force")
        yield server
        server.stop()


def keys(server) -> str:
    shown = json.loads(server.cli("dkim", "show", "--json", "--no-check"))["keys"]
    return "".join(f'{key["name"]}. TXT {strings(key["record"])}\n' for key in shown)


def examine(server, code: int) -> dict:
    return json.loads(server.cli("doctor", "--json", code=code))


def severities(answer: dict) -> dict[str, str]:
    """id → the gravest severity of its findings, which come in that order."""
    out: dict[str, str] = {}
    for finding in answer["findings"]:
        out.setdefault(finding["id"], finding["severity"])
    return out


def test_what_is_right_is_ok(server, folder):
    DnsServer(server.net, DNS, folder / "dns").start(SECOND + HOST + DOMAIN + keys(server))
    DnsServer(server.net, SECOND_DNS, folder / "dns2").start(
        SECOND + HOST + DOMAIN + keys(server))
    server.start()
    answer = examine(server, code=0)
    found = severities(answer)
    assert answer["well"] and answer["counts"]["mend"] == 0, answer
    for one in ("host-address", "helo-name", "ptr", "fcrdns", "host-spf", "port-25-in",
                "port-25-out", "relay", "block-lists", "tls-names", "tls-expiry", "tls-key",
                "name-servers", "mx", "mx-target", "spf", "spf-lookups", "dkim", "dmarc",
                "dmarc-reports", "tls-rpt", "srv-submission", "srv-imap", "autoconfig",
                "postmaster", "files-keys", "files-state", "files-config", "config", "program",
                "queue-trouble", "queue-size", "queue-age", "relay-login",
                "bounces"):
        assert found[one] == "ok", (one, answer)
    assert found["dnssec-resolver"] == "warning"  # the test's root is not signed
    assert len(found) >= 40
    text = server.cli("doctor")
    assert "Nothing has changed since" in text, text
    assert "\nok       " in text and "mx" in text


def test_what_is_wrong_is_named_and_mended_by_what_it_says(server, folder):
    dns = DnsServer(server.net, DNS, folder / "dns").start(WRONG + STALE_TLSA)
    answer = examine(server, code=1)
    found = severities(answer)
    assert {one for one, severity in found.items() if severity == "mend"} == {
        "host-address", "fcrdns", "port-25-out", "block-lists", "tlsa", "mx-target",
        "spf", "spf-lookups", "dkim", "dmarc"}, answer
    assert found["mx"] == found["ptr"] == found["helo-name"] == "warning"
    assert found["port-25-in"] == "unknown"  # no server runs
    text = server.cli("doctor", code=1)
    for words in ("MEND     dmarc  home.test\n         there is no DMARC record\n",
                  "block.test lists it 127.0.0.2", "docs/doctor.md#dmarc",
                  "its PTR is dyn-1.provider.test, not mail.home.test"):
        assert words in text, text

    # What it says goes into the zone as it is, in the place of what was wrong.
    wanted = ("host-address", "ptr", "host-spf", "mx", "spf", "dmarc", "dkim", "tlsa")
    pasted = [finding["paste"] for finding in answer["findings"] if finding["id"] in wanted]
    dns.change("\n".join(pasted).replace(" 3600 IN", " 1 IN") +
               "\nprobe.test. 1 MX 10 mail.home.test.\n2.0.0.127.block.test. A 127.0.0.2\n")
    server.start()
    answer = examine(server, code=0)
    assert {severities(answer)[one] for one in wanted} <= {"ok", "note"}, answer
    assert {"mx", "spf", "dmarc"} <= {change["id"] for change in answer["changes"]
                                      if change["kind"] == "mended"}
    assert "mended" in server.cli("doctor")


def test_name_servers_that_differ_are_named(server, folder):
    zone = SECOND + HOST + DOMAIN + keys(server)
    DnsServer(server.net, DNS, folder / "dns").start(zone)
    second = DnsServer(server.net, SECOND_DNS, folder / "dns2").start(
        zone.replace("p=reject", "p=none"))
    # No server runs, so nobody answers at port 25 of probe.test.
    [dmarc] = [one for one in examine(server, code=1)["findings"] if one["id"] == "dmarc"]
    assert dmarc["severity"] == "warning"
    assert dmarc["what"].startswith(
        f"the name servers differ: ns.root.test [{DNS}]: v=DMARC1; p=reject"), dmarc
    assert f"ns2.root.test [{SECOND_DNS}]: v=DMARC1; p=none" in dmarc["what"]
    second.stop()
    answer = json.loads(server.cli("doctor", "home.test", "--json"))
    found = severities(answer)
    assert found["dmarc"] == "ok" and found["name-servers"] == "warning", answer
    assert "ptr" not in found and answer["compared_with"] is None


def test_the_server_looks_by_itself_and_tells_once(server, folder):
    DnsServer(server.net, DNS, folder / "dns").start(HOST + keys(server))
    server.set("doctor", every="1s").start()

    def metric() -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.ports['http']}/metrics") as page:
            return page.read().decode()

    def looks() -> str:
        return next((line.split()[1] for line in server.net.inside(metric).splitlines()
                     if line.startswith("stagepost_doctor_last_run_seconds")), "0")

    first = wait_until("the doctor looks", lambda: looks() != "0" and looks())
    wait_until("it looks again", lambda: int(looks()) > int(first) + 1)
    assert 'stagepost_doctor_findings{severity="mend"}' in server.net.inside(metric)
    told = [line for line in server.log_text(None).splitlines()
            if "doctor.finding" in line and "there is no MX record" in line]
    assert len(told) == 1, server.log_text()
    server.stop()
    kept = json.loads((server.home / "state" / "doctor.json").read_text())
    assert any(one["id"] == "mx" for one in kept["results"][-1]["findings"])


def test_it_says_when_it_cannot_look(new_server):
    server = new_server()
    server.config.write_text("hostnam = 1\n")
    server.cli("doctor", code=2)


def test_init_says_the_same_about_the_host(folder):
    from stagepost import Stagepost

    with Netns(SERVER, DNS, dns=DNS) as net:
        DnsServer(net, DNS, folder / "dns").start("other.test. A 192.0.2.1\n")
        home = folder / "fresh"
        home.mkdir()
        shown = Stagepost(home, net=net).cli("init", "home.test", "--yes", "--hostname",
                                             "mail.home.test")
        assert f"MEND     ptr {SERVER}: it has no PTR" in shown, shown
        assert "1.2.0.192.in-addr.arpa. 3600 IN PTR mail.home.test." in shown
        assert "MEND     helo-name mail.home.test: it has no address yet" in shown
        assert "unknown  port-25-out: it could not be tried" in shown
