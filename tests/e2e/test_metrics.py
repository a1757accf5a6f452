"""docs/metrics.md and the dashboard name what a running server measures, and nothing else."""

import json
import re
import urllib.request

from stagepost import ROOT

ROW = re.compile(r"^\| `(\w+)` \| (\w+) \| ([^|]+) \|([^|]*)\| ([^|]+) \|$", re.MULTILINE)


def measured(server) -> dict[str, tuple[str, str, frozenset[str]]]:
    """Name → kind, meaning, labels."""
    url = f"http://127.0.0.1:{server.ports['http']}/metrics"
    with urllib.request.urlopen(url, timeout=20) as answer:
        text = answer.read().decode()
    kinds = dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, re.MULTILINE))
    helps = dict(re.findall(r"^# HELP (\w+) (.+)$", text, re.MULTILINE))
    labels: dict[str, set[str]] = {name: set() for name in kinds}
    for name, inside in re.findall(r"^(\w+)\{(.*)\} ", text, re.MULTILINE):
        labels[name] |= set(re.findall(r'\w+="[^"]*"', inside))
    return {name: (kinds[name], helps[name], frozenset(labels[name])) for name in kinds}


def documented_labels(text: str) -> frozenset[str]:
    """"`kind`: local, smtp; `result`: failed" → kind="local", kind="smtp", result="failed"."""
    found = set()
    for key, values in re.findall(r"`(\w+)`: ([^;]+)", text):
        found |= {f'{key}="{value.strip()}"' for value in values.split(",")}
    return frozenset(found)


def test_metrics_md_is_what_is_measured(server):
    text = (ROOT / "docs/metrics.md").read_text()
    documented = {name: (kind, meaning.strip(), documented_labels(labels))
                  for name, kind, _, labels, meaning in ROW.findall(text)}
    real = measured(server)
    assert documented == real
    for name in set(re.findall(r"\bstagepost_\w+", text)):
        assert name in real, f"{name} is no metric"
    for name, (kind, _, _) in real.items():
        assert name.endswith("_total") == (kind == "counter"), name


def test_the_dashboard_asks_for_what_is_measured(server):
    dashboard = json.loads((ROOT / "packaging/grafana/stagepost.json").read_text())
    real = measured(server)
    asked = set()
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            names = re.findall(r"\bstagepost_\w+", target["expr"])
            assert names, f"{panel['title']} asks for nothing of ours: {target['expr']}"
            asked |= set(names)
            for keys in re.findall(r"by \(([^)]*)\)", target["expr"]):
                known = {label.partition("=")[0] for label in real[names[0]][2]}
                assert {key.strip() for key in keys.split(",")} <= known, target["expr"]
            for name in names:  # a rate of a gauge, or a counter as it is, tells nothing
                over_time = re.search(rf"(?:rate|increase)\({name}\b", target["expr"])
                assert bool(over_time) == (real[name][0] == "counter"), target["expr"]
    assert asked <= set(real), asked - set(real)
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in dashboard["panels"]]
    assert len(set(places)) == len(places)
