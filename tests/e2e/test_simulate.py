"""Tests of `stagepost simulate`: the real binary, a small Internet, everything accounted for."""

import csv
import json
import re
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

from stagepost import ROOT, binary

RUN_SECONDS_MAX = 60


def simulate(*options: object, code: int = 0) -> subprocess.CompletedProcess:
    done = subprocess.run([binary(), "simulate", *map(str, options)], text=True, check=False,
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=RUN_SECONDS_MAX)
    assert done.returncode == code, f"{done.returncode}\n{done.stdout}{done.stderr}"
    return done


def small(home: Path, *options: object) -> dict:
    done = simulate("--home", home, "--messages", 20_000, "--days", 2, "--domains", 300, "--json",
                    *options)
    return json.loads(done.stdout)


def test_everything_is_accounted_for(folder):
    out = folder / "pictures"
    result = small(folder, "--out", out)
    every = result["all"]
    assert every["messages"] == 20_000 and every["queued"] == 0 and not result["wrong"]
    assert every["delivered"] + every["bounced"] + every["expired"] == 20_000
    assert every["delivered"] > 18_000 and every["deferrals"]["greylisted"] > 0
    dead = next(one for one in result["providers"] if one["name"] == "dead")
    assert dead["expired"] == dead["messages"] > 0
    assert json.loads((out / "result.json").read_text()) == result
    with (out / "hours.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["provider"] == "all"]
    assert sum(int(row["arrived"]) for row in rows) == 20_000
    assert sum(int(row["delivered"]) for row in rows) == every["delivered"]
    assert rows[-1]["queued"] == "0"
    for name in ("queue.svg", "deliveries.svg", "deferrals.svg"):
        assert ET.parse(out / name).getroot().tag.endswith("svg")


def test_a_seed_is_a_run(folder):
    assert small(folder) == small(folder) != small(folder, "--seed", 2)


def test_with_octets_it_is_nearly_the_same(folder):
    """The whole server, octet by octet, against the schedule alone: the same curve of delivery."""
    out = folder / "pictures"
    options = ("--home", folder, "--messages", 4_000, "--days", 2, "--domains", 150, "--bytes",
               "2KiB", "--json")
    result = json.loads(simulate(*options, "--out", out).stdout)
    every, octets, machine = result["all"], result["octets"], result.pop("machine")
    assert not result["wrong"] and every["queued"] == 0
    assert every["delivered"] + every["bounced"] + every["expired"] == 4_000
    assert octets["in"] == 4_000 * 2_048 and octets["out"] > every["delivered"] * 2_048
    assert octets["lost"] == octets["damaged"] == octets["put_off_at_the_door"] == 0
    assert octets["duplicates"] == octets["duplicates_in_doubt"]
    assert octets["failure_reports"] == every["bounced"] + every["expired"]
    assert machine["messages_per_second"] > 0 and machine["memory_bytes"] > 0
    alone = result["schedule_level"]
    assert max(alone["apart"].values()) < 0.03, alone["apart"]
    assert alone["all"]["bounced"] == every["bounced"]
    assert abs(alone["all"]["attempts"] - every["attempts"]) < 0.03 * every["attempts"]
    assert (out / "queue.svg").exists()
    again = json.loads(simulate(*options).stdout)
    again.pop("machine")
    assert again == result


def test_a_table_of_octets(folder):
    done = simulate("--home", folder, "--messages", 300, "--days", 1, "--bytes", "1000B", "--cut")
    assert "lost 0, damaged 0, duplicates 0" in done.stdout
    assert "messages per second" in done.stdout and "with / without octets" in done.stdout


def test_a_configuration_is_tried(folder):
    """With one hour until the first retry whoever greylists gets his mail an hour late."""
    config = folder / "patient.toml"
    config.write_text('hostname = "mail.example.org"\n[[listener]]\naddress = "127.0.0.1:2525"\n'
                      '[queue]\nretry_after = ["1h", "4h"]\nretry_jitter_percent = 0\n')
    scenario = folder / "grey.toml"
    scenario.write_text('[mail]\nmessages = 500\ndays = 1\ndomains = 5\n'
                        '[[provider]]\nname = "grey"\ngreylist_delay = "3m"\n')
    usual = json.loads(simulate(scenario, "--home", folder, "--json").stdout)
    patient = json.loads(simulate(scenario, "--config", config, "--json").stdout)
    assert patient["settings"] == str(config)
    assert usual["all"]["delay_seconds"]["p50"] < 600
    assert 3_600 <= patient["all"]["delay_seconds"]["p50"] < 3_700


def test_a_table_for_people_and_progress(folder):
    done = simulate("--home", folder, "--messages", 1_000, "--days", 2)
    assert "how they ended" in done.stdout and "large webmail" in done.stdout
    assert "Every message ended, and ended once" in done.stdout
    assert re.search(r"day 2, 00:00: [\d,]+ arrived", done.stderr)


def test_the_example_is_a_scenario(folder):
    mine = folder / "mine.toml"
    mine.write_text(simulate("--example").stdout)
    simulate(mine, "--home", folder, "--messages", 500, "--days", 1, "--cut")


def test_what_is_wrong_is_said(folder):
    scenario = folder / "wrong.toml"
    scenario.write_text('[[provider]]\nname = "a"\nrate_mesages = 5\n')
    said = simulate(scenario, "--home", folder, code=2).stderr
    assert f"{scenario}:3: provider[1].rate_mesages" in said
    assert "did you mean rate_messages?" in said
    assert "--example" in simulate(folder / "nowhere.toml", code=2).stderr
    assert "fewer than the 5 providers" in simulate("--domains", 3, code=2).stderr
    simulate("--days", 0, code=2)
    assert "such as 4KiB" in simulate("--bytes", "much", code=2).stderr
    assert "with its header has at least" in simulate("--bytes", "9B", code=2).stderr
    scenario.write_text('[mail]\ndomains = 200000\n[[provider]]\nname = "a"\naddresses = 100\n')
    said = simulate(scenario, "--bytes", "1KiB", code=2).stderr
    assert "take fewer domains, receivers or addresses" in said
    broken = folder / "stagepost.toml"
    broken.write_text("nonsense = 1\n")
    assert "stagepost.toml:1" in simulate("--home", folder, code=2).stderr


def test_every_key_is_in_the_guide():
    page = (ROOT / "docs" / "simulate.md").read_text()
    keys = (ROOT / "src" / "tools" / "simulate" / "scenario_keys.cc").read_text()
    names = re.findall(r'\bkey\("(\w+)"', keys)
    assert len(names) > 30
    for name in names:
        assert f"`{name}`" in page, f"docs/simulate.md does not explain {name}"
