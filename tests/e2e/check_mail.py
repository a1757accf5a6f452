"""tests/e2e/check_mail.py: whole suites through `stagepost check-mail --batch`.

What:    runs cases, writes zone-file text from the notations of the suites.
In/Out:  a list of dicts (docs/check-mail.md) → the answers in the same order.
Errors:  a run that fails, or answers another number of lines, fails the test with its output.
Limits:  BATCH_SECONDS_MAX.
"""

import json
import os
import subprocess
from pathlib import Path

from stagepost import SANITIZER, binary

BATCH_SECONDS_MAX = 120
NOWHERE = "/nonexistent/stagepost"  # a home without a configuration


def run_raw(text: str, *arguments: str, home: str | Path = NOWHERE) -> str:
    done = subprocess.run([binary(), "check-mail", *arguments, "--home", home], input=text,
                          capture_output=True, text=True, check=False,
                          timeout=BATCH_SECONDS_MAX, env={**os.environ, "STAGEPOST_HOME": ""})
    assert done.returncode == 0, f"{done.returncode}\n{done.stdout[-2000:]}{done.stderr[-4000:]}"
    assert not SANITIZER.search(done.stderr), done.stderr[-4000:]
    return done.stdout


def batch(cases: list[dict], *arguments: str, home: str | Path = NOWHERE) -> list[dict]:
    text = "".join(json.dumps(case) + "\n" for case in cases)
    answers = [json.loads(line) for line in
               run_raw(text, "--batch", *arguments, home=home).splitlines()]
    assert [answer["id"] for answer in answers] == [case.get("id") for case in cases]
    return answers


def quoted(text: str) -> str:
    """A TXT string; octets that are not printable as \\DDD."""
    out = "".join(f"\\{byte:03}" if byte < 32 or byte > 126 or byte in b'"\\' else chr(byte)
                  for byte in text.encode())
    return f'"{out}"'


def name_text(name: str) -> str:
    """Absolute; octets that a bare word cannot hold as \\DDD."""
    plain = "".join(char if char.isalnum() or char in "._-*" else f"\\{ord(char):03}"
                    for char in name.rstrip("."))
    return plain + "."


def spf_suite_zone(zonedata: dict) -> str:
    """The YAML notation of the Open SPF project: SPF records stand for TXT where there is none."""
    lines = []
    for name, entries in zonedata.items():
        owner = name_text(name)
        records, timeout = [], False
        for entry in entries:
            if entry == "TIMEOUT":
                timeout = True
                continue
            records += entry.items()
        has_txt = any(kind == "TXT" for kind, _ in records)
        for kind, data in records:
            if kind == "SPF":
                if has_txt:
                    continue
                kind = "TXT"
            if kind == "TXT":
                if data == "NONE":
                    continue
                if data == "TIMEOUT":
                    lines.append(f"; !timeout {owner} TXT")
                    continue
                parts = data if isinstance(data, list) else [data]
                lines.append(f"{owner} TXT {' '.join(map(quoted, parts)) or quoted('')}")
            elif kind == "MX":
                lines.append(f"{owner} MX {data[0]} {name_text(data[1])}")
            elif kind in ("CNAME", "PTR"):
                lines.append(f"{owner} {kind} {name_text(data)}")
            else:
                lines.append(f"{owner} {kind} {data}")
        if timeout:  # right after its records: all other types
            lines.append(f"; !timeout {owner}")
        elif not records or all(data == "NONE" for _, data in records):
            lines.append(f"{owner} HINFO exists here")
    return "\n".join(lines) + "\n"


def table_zone(rows: list[dict]) -> str:
    """The table of rspamd-auth: name, type, rcode (norec, nxdomain, timeout, servfail), replies."""
    lines = []
    for row in rows:
        owner, kind = name_text(row["name"]), row["type"].upper()
        if row["rcode"] == "norec":
            lines.append(f"{owner} HINFO exists here")
        elif row["rcode"] in ("timeout", "servfail"):
            lines.append(f"; !{row['rcode']} {owner} {kind}")
        if row["rcode"]:
            continue
        # The replies are quoted strings with commas between them, as a JSON list without brackets.
        for reply in json.loads(f"[{row['replies']}]", strict=False):
            if kind == "TXT":
                lines.append(f"{owner} TXT {quoted(reply)}")
            else:
                lines.append(f"{owner} {kind} {reply}")
    return "\n".join(lines) + "\n"
