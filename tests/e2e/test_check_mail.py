"""check-mail: suites of others, cases of our own, and that it answers the same each time."""

import base64
import csv
import json
import smtplib
from pathlib import Path

import pytest
import yaml
from check_mail import batch, run_raw, spf_suite_zone, table_zone
from mail import message

pytestmark = pytest.mark.sanitized
DATA = Path(__file__).resolve().parents[1] / "data" / "check-mail"
CLIENT = {"ip": "192.0.2.77", "helo": "mx.client.test", "from": "", "to": "you@receiver.test"}

# What rspamd's symbols say, in our words: key of the result → what it must be.
SPF = {"R_SPF_ALLOW": "pass", "R_SPF_PLUSALL": "pass", "R_SPF_FAIL": "fail", "R_SPF_NA": "none",
       "R_SPF_PERMFAIL": "permerror", "R_SPF_DNSFAIL": "temperror"}
DKIM = {"R_DKIM_ALLOW": {"pass"}, "R_DKIM_REJECT": {"fail"}, "R_DKIM_TEMPFAIL": {"temperror"},
        "R_DKIM_PERMFAIL": {"permerror", "policy", "neutral"}}
DMARC = {"DMARC_POLICY_ALLOW": ("pass", "none"), "DMARC_POLICY_SOFTFAIL": ("fail", "none"),
         "DMARC_POLICY_QUARANTINE": ("fail", "quarantine"),
         "DMARC_POLICY_REJECT": ("fail", "reject"), "DMARC_NA": ("none", "none"),
         "DMARC_DNSFAIL": ("temperror", "none")}
ARC = {"ARC_ALLOW": "pass", "ARC_INVALID": "fail"}


def spf_cases(path: Path) -> list[tuple[str, dict, dict]]:
    """Name, the case, and the test as the suite has it."""
    out = []
    for scenario in yaml.safe_load_all(path.read_text()):
        if not scenario:
            continue
        zone = spf_suite_zone(scenario["zonedata"])
        for name, test in scenario["tests"].items():
            case = {"id": name, "ip": test["host"], "helo": test["helo"],
                    "from": test["mailfrom"], "zone": zone}
            out.append((name, case, test))
    return out


@pytest.mark.corpus("spf-openspf")
@pytest.mark.parametrize("suite,count", [
    ("spf-openspf/data/test/rfc7208-tests.yml", 203),
    ("spf-openspf-4408/data/test/rfc4408-tests.yml", 191)], ids=["rfc7208", "rfc4408"])
def test_spf_suites(corpora, suite, count):
    cases = spf_cases(corpora / suite)
    assert len(cases) == count
    wrong = []
    for (name, _, test), answer in zip(cases, batch([case for _, case, _ in cases]), strict=True):
        spf = answer.get("spf", answer)
        wanted = test["result"] if isinstance(test["result"], list) else [test["result"]]
        explained = test.get("explanation", spf["explanation"])
        if spf["result"] not in wanted or \
                spf["explanation"] != ("" if explained == "DEFAULT" else explained):
            wrong.append(f"{name}: wanted {wanted} {test.get('explanation')}, got {spf}")
    assert not wrong, "\n".join(wrong)


def has_symbol(answer: dict, symbol: str) -> bool:
    if symbol in SPF:
        plus_all = symbol != "R_SPF_PLUSALL" or answer["spf"]["mechanism"] == "+all"
        return answer["spf"]["result"] == SPF[symbol] and plus_all
    if symbol in DMARC:
        dmarc = answer["dmarc"]
        return (dmarc["result"], dmarc["disposition"]) == DMARC[symbol]
    if symbol in ARC:
        return answer["arc"]["result"] == ARC[symbol]
    if symbol == "R_DKIM_NA":
        return answer["dkim"] == []
    return any(one["result"] in DKIM[symbol] for one in answer["dkim"])


def symbols(row: dict, key: str) -> list[str]:
    return [symbol for symbol in row[key].split(",") if symbol]


@pytest.mark.corpus("rspamd-auth")
def test_rspamd_auth(corpora):
    """Every row agrees, or its difference is explained in tests/data/check-mail."""
    folder = corpora / "rspamd-auth"
    with (folder / "dns.tsv").open() as file:
        zone = table_zone(list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)))
    with (folder / "cases.tsv").open() as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    cases = []
    for row in rows:
        case = {**CLIENT, "id": row["case"], "zone": zone}
        case |= {key: row[column] for key, column in
                 (("ip", "ip"), ("helo", "helo"), ("from", "mail_from")) if row[column]}
        if row["message"]:
            octets = (folder / "data/test/functional" / row["message"]).read_bytes()
            case["message_base64"] = base64.b64encode(octets).decode()
        cases.append(case)
    differ = {}
    for row, answer in zip(rows, batch(cases), strict=True):
        missing = [one for one in symbols(row, "expected_symbols") if not has_symbol(answer, one)]
        surplus = [one for one in symbols(row, "forbidden_symbols") if has_symbol(answer, one)]
        if missing or surplus:
            told = {key: answer[key] for key in ("spf", "dkim", "dmarc", "arc")}
            differ[row["case"]] = f"without {missing}, with {surplus}: {told}"
    explained = json.loads((DATA / "rspamd-auth.json").read_text())
    assert differ.keys() == explained.keys(), "\n".join(
        f"{name}: {differ.get(name, 'agrees now')}"
        for name in differ.keys() ^ explained.keys())


def own_cases() -> list:
    return [pytest.param(path, case, id=f"{path.stem}-{case['name']}")
            for path in sorted(DATA.glob("cases-*.json"))
            for case in json.loads(path.read_text())["cases"]]


def at(answer: dict, path: str):
    for part in path.split("."):
        answer = answer[int(part)] if isinstance(answer, list) else answer[part]
    return answer


@pytest.mark.parametrize("path,case", own_cases())
def test_own_cases(path, case):
    """Each file has a zone and defaults; a case says what it changes and what is expected."""
    file = json.loads(path.read_text())
    line = {**CLIENT, **file.get("defaults", {}), **case.get("input", {}), "id": case["name"]}
    line["zone"] = "\n".join(case.get("zone", file["zone"]) + case.get("zone_added", []))
    if isinstance(line.get("message"), list):
        line["message"] = "\n".join(line["message"]) + "\n"
    answer = batch([line])[0]
    for key, wanted in case["expect"].items():
        assert at(answer, key) == wanted, f"{key}: {json.dumps(answer, indent=1)}"


ZONE = """
$ORIGIN example.net.
@ TXT "v=spf1 ip4:192.0.2.1 -all"
_dmarc TXT "v=DMARC1; p=reject"
"""


def case_of(**changes) -> dict:
    return {**CLIENT, "from": "friend@example.net", "zone": ZONE,
            "message": message("hi").decode(), **changes}


def test_the_same_to_the_octet_each_time():
    lines = "".join(json.dumps(case_of(id=number, ip=f"192.0.2.{number % 3}")) + "\n"
                    for number in range(30))
    first = run_raw(lines, "--batch")
    assert first == run_raw(lines, "--batch")
    answers = [json.loads(line) for line in first.splitlines()]
    assert [answer["verdict"]["action"] for answer in answers[:3]] == ["reject", "accept", "reject"]
    for answer, later in zip(answers[:3], answers[3:6], strict=True):
        assert {**answer, "id": 0} == {**later, "id": 0}


def test_a_bad_line_does_not_stop_the_run():
    lines = ["no json", "[1]", json.dumps({"id": 3, "ip": "nowhere"}),
             json.dumps({"id": 4, "helo": "x"}), json.dumps(case_of(id=5, zone="a.test. TXT \"x")),
             json.dumps(case_of(id=6, message_base64="*")), json.dumps(case_of(id=7, now="soon")),
             json.dumps(case_of(id=8, file="/nonexistent")), "", json.dumps(case_of(id=[9]))]
    answers = [json.loads(line) for line in run_raw("\n".join(lines), "--batch").splitlines()]
    assert [answer["id"] for answer in answers] == [None, None, 3, 4, 5, 6, 7, 8, [9]]
    assert all("error" in answer for answer in answers[:-1]), answers
    assert "line 1" in answers[4]["error"]
    assert answers[-1]["spf"]["result"] == "fail"


def test_a_record_with_a_mistake_is_named():
    answer = batch([case_of(id=1, ip="192.0.2.1", zone=ZONE + "www A nowhere\n")])[0]
    assert answer["spf"]["result"] == "pass"
    assert answer["zone_mistakes"][0].startswith("line 5: "), answer


def test_one_file_for_people_and_for_programs(folder):
    mail, zone = folder / "mail.eml", folder / "zone"
    mail.write_bytes(message("hi"))
    zone.write_text(ZONE)
    asked = [str(mail), "--ip", "192.0.2.1", "--helo", "mx.example.net", "--from",
             "friend@example.net", "--to", "you@receiver.test", "--zone", str(zone),
             "--now", "2026-11-23T14:00:00Z"]
    said = run_raw("", *asked)
    assert "SPF of MAIL FROM   pass example.net by ip4:192.0.2.1" in said
    assert "accepted" in said
    told = json.loads(run_raw("", *asked, "--json"))
    assert told["verdict"]["action"] == "accept" and told["dmarc"]["spf_aligned"] is True
    assert told["authentication_results"].startswith("Authentication-Results: localhost;")
    piped = json.loads(run_raw(mail.read_text(), "-", *asked[1:], "--json"))
    assert piped == told


def test_a_home_gives_settings_and_directory(new_server):
    """It runs beside the server, and leaves everything as it was."""
    server = new_server().start()
    before = {path: path.stat().st_mtime_ns for path in sorted(server.home.rglob("*.db*"))}
    answers = batch([case_of(id=1, ip="192.0.2.1", to="you@example.test"),
                     case_of(id=2, ip="192.0.2.1", to="nobody@example.test"),
                     case_of(id=3, ip="192.0.2.1", to="a@elsewhere.test"),
                     case_of(id=4, ip="127.0.0.1", to="you@example.test")], home=server.home)
    verdicts = [(one["verdict"]["action"], one["verdict"]["enhanced"]) for one in answers]
    assert verdicts == [("accept", "2.0.0"), ("reject", "5.1.1"), ("reject", "5.7.1"),
                        ("accept", "2.0.0")]
    assert answers[1]["spf"]["result"] == "pass"  # looked at all the same
    assert answers[3]["client"]["exempt"] is True
    assert before == {path: path.stat().st_mtime_ns for path in sorted(server.home.rglob("*.db*"))}
    server.stop()
    assert batch([case_of(id=1, ip="192.0.2.1", to="nobody@example.test")],
                 home=server.home)[0]["verdict"]["enhanced"] == "5.1.1"


def test_explain_tells_why_a_mail_was_refused(new_server):
    """By session and by each address, though no message was ever queued."""
    server = new_server()
    server.set("verify", exempt=[], timeout="1s").set("client", lookup_timeout="1s")
    server.set("dns", servers=["127.0.0.1:1"]).start()
    with smtplib.SMTP("127.0.0.1", server.ports["smtp"], "mx.stranger.test") as client:
        for sender in ("ghost@stranger.test", "honest@stranger.test"):
            text = message("hi", sender=sender)
            if sender.startswith("ghost"):
                text = text.split(b"\r\n", 1)[1]  # nobody in From
                with pytest.raises(smtplib.SMTPDataError) as refused:
                    client.sendmail(sender, [server.user], text)
                assert refused.value.smtp_code == 550
            else:
                client.sendmail(sender, [server.user], text)
    for what in ("ghost@stranger.test", server.user):
        told = server.cli("explain", what)
        assert "judged the mail from ghost@stranger.test for you@example.test" in told, told
        assert "rule that decided: author" in told and "verdict: reject 550" in told, told
        assert "SPF of MAIL FROM: temperror stranger.test" in told, told
    told = server.cli("explain", "honest@stranger.test")
    assert "verdict: accept" in told and "safe on disk" in told, told
    server.stop()
