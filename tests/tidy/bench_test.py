"""The parts of tests/bench/compare that need no server: its list, its sums, its pictures."""

import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "e2e"), str(ROOT / "tests" / "bench")]

import measure  # noqa: E402
import report  # noqa: E402
import scenario_domains  # noqa: E402
import scenario_growth  # noqa: E402
import scenario_maildir  # noqa: E402
import svg  # noqa: E402
import tools  # noqa: E402
from world import FAR  # noqa: E402


def run_compare(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([ROOT / "tests/bench/compare", *arguments], capture_output=True,
                          text=True, check=False, timeout=60)


def test_the_list_names_every_scenario_and_peer():
    listed = run_compare("--list").stdout
    for name in ("relay-10k-100", "relay-1m-10", "latency", "maildir-10", "idle", "handshakes",
                 "backlog", "domains", "sign", "verify", "growth", "postfix-tuned", "haraka"):
        assert name in listed


@pytest.mark.parametrize("arguments", [("--only", "nonsense"), ("--peers", "sendmail"),
                                       ("--runs", "0")])
def test_wrong_arguments_are_refused(arguments):
    assert run_compare(*arguments).returncode == 2


def test_ratios_are_against_the_better_postfix():
    rates = {"Stagepost": 900.0, "Postfix default": 80.0, "Postfix tuned": 90.0, "Exim": 500.0}
    assert report.ratio(rates["Stagepost"], report.better(rates, max)) == 10
    assert report.ratio(0.6, report.better({"Exim": 1.0}, min)) == 0  # there is none


def test_what_was_asked_is_met_or_missed():
    result = report.Result("one", summary="ratio_rate=9.00")
    result.ask("rate", 9, 10)
    result.ask("CPU", 0.2, 0.3, at_most=True)
    assert [line.split(": ")[-1] for line in result.text()[:2]] == ["MISSED", "met"]
    assert result.text()[-1] == "one: ratio_rate=9.00"


def test_a_percentile_is_between_its_neighbours():
    assert measure.percentile([float(n) for n in range(1, 102)], 0.5) == pytest.approx(51, abs=0.2)


def test_a_warning_before_the_json_does_no_harm():
    assert tools.last_json('warning: slow\n{"accepted": 3}\n') == {"accepted": 3}
    with pytest.raises(ValueError):
        tools.last_json("stagepost: no route")


def test_one_domain_in_a_hundred_is_in_trouble():
    def hosts(bad: bool) -> list[int]:
        lines = scenario_domains.zone(600, bad).splitlines()
        return [int(line.split(" mx")[1].split(".")[0]) for line in lines if line.startswith("d")]

    healthy = len(scenario_domains.HEALTHY)
    assert len(hosts(True)) == 600
    assert sum(host >= healthy for host in hosts(True)) == 6
    assert {host for host in hosts(True) if host >= healthy} == set(range(healthy, len(FAR)))
    assert max(hosts(False)) < healthy


def test_growth_is_seen_where_one_session_costs_most():
    def points(*costs: float) -> dict[int, SimpleNamespace]:
        return {10 ** n: SimpleNamespace(cpu_ms=cost) for n, cost in enumerate(costs)}

    assert scenario_growth.growth(points(0.5, 0.2, 0.1, 0.1)) == 1
    assert scenario_growth.growth(points(0.5, 0.1, 0.2, 0.15)) == pytest.approx(2)


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_a_file_in_a_maildir_is_whole_or_named(tmp_path, line_end):
    assert scenario_maildir.crc32c(b"123456789") == 0xE3069283
    new = tmp_path / "new"
    new.mkdir()
    sums = {name: f"{scenario_maildir.crc32c(body.encode()):08x}"
            for name, body in (("one", "Hello\r\nyou\r\n"), ("other", "Bye\r\n"))}

    def put(name: str, number: int, checksum: str, *body: str) -> None:
        lines = ["Received: by x", f"X-Bench: number={number:012} size={40:012} sum={checksum}", "",
                 *body, ""]
        (new / name).write_bytes(line_end.join(line.encode() for line in lines))

    peer = SimpleNamespace(maildir=lambda number: tmp_path if number == 0 else tmp_path / "none")
    put("a", 1, sums["one"], "Hello", "you")
    put("b", 2, sums["one"], "Hello", "you")
    put("c", 3, sums["other"], "Bye")
    assert scenario_maildir.trouble(peer, 3) == ""
    put("d", 3, sums["other"], "Bye")
    put("e", 4, sums["one"], "Bye")
    put("f", 5, sums["other"], "By")
    assert scenario_maildir.trouble(peer, 6) == "2 damaged, 1 doubled"


def test_a_chart_is_xml_and_what_is_flat_looks_flat():
    chart = svg.Chart("A & B", "queued", "ms").add("ours", [(1000, 0.05), (1_000_000, 0.055)])
    text = chart.text()
    ElementTree.fromstring(text)
    assert "A &amp; B" in text
    low, high = svg.frame([0.05, 0.055])
    assert low <= 0.02 and high >= 0.1
    assert svg.ticks(1, 20) == [1, 2, 5, 10, 20]
