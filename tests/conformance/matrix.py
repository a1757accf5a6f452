"""tests/conformance/matrix.py: results of several servers → the table, and where ours differs.

In/Out:  {server's title: {case's name: Result}} → Markdown, the names of cases that need a reason;
         a chapter has the servers that have a port for it.
"""

import re
from collections import Counter

from cases import Case
from player import Result

OURS = "Stagepost"
NOT_OFFERED, UNASKED = "–", "?"
# A majority of one says nothing.
PEERS_MIN = 2


def plain_cell(result: Result) -> str:
    if result.not_offered:
        return NOT_OFFERED
    if result.unasked:
        return f"{UNASKED} {result.unasked}"
    return ", ".join(one.shown for one in result.judged)


def cell(result: Result) -> str:
    """Bold: a MUST is violated. Italic: not what a SHOULD advises."""
    text = plain_cell(result)
    if result.violates("MUST"):
        return f"**{text}**"
    return f"_{text}_" if result.violates("SHOULD") else text


def character(text: str) -> tuple[str, ...]:
    """What is compared: whether it was accepted, refused for now or for good, not the very code."""
    return tuple(re.sub(r"^([2-5])\d\d\b.*", r"\1", part) for part in text.strip("*_").split(", "))


def asked(text: str) -> bool:
    return bool(text) and text != NOT_OFFERED and not text.startswith(UNASKED)


def differs_from_most(ours: str, others: list[str]) -> bool:
    """More than half of those that could be asked say something else, all of them the same."""
    if not asked(ours):
        return False
    counts = Counter(character(text) for text in others if asked(text))
    if sum(counts.values()) < PEERS_MIN:
        return False
    [(most, count)] = counts.most_common(1)
    return count * 2 > sum(counts.values()) and most != character(ours)


def needs_reason(row: dict[str, str]) -> bool:
    """Of one case, server → cell: ours is against the RFC's advice, or unlike most others'."""
    ours = row[OURS]
    others = [text for title, text in row.items() if title != OURS]
    return ours != ours.strip("*_") or differs_from_most(ours, others)


def has_port(case: Case, result: Result) -> bool:
    return result.not_offered != case.port


def chapters(cases: list[Case]) -> dict[str, list[Case]]:
    found: dict[str, list[Case]] = {}
    for case in cases:
        found.setdefault(case.chapter, []).append(case)
    return found


def table(cases: list[Case], results: dict[str, dict[str, Result]]) -> str:
    parts = []
    for chapter, some in chapters(cases).items():
        asked_some = {title: of_server for title, of_server in results.items()
                      if any(has_port(one, of_server[one.name]) for one in some)}
        head = ["case", "RFC", "level", *asked_some]
        lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
        for case in some:
            cells = [cell(of_server[case.name]) for of_server in asked_some.values()]
            lines.append("| " + " | ".join([case.name, case.section, case.level, *cells]) + " |")
        parts.append(f"### {chapter}\n\n" + "\n".join(lines))
    return "\n\n".join(parts)


def read_table(text: str) -> dict[str, dict[str, str]]:
    """Of the page: case → server → cell."""
    rows: dict[str, dict[str, str]] = {}
    titles: list[str] = []
    for line in text.splitlines():
        cells = [one.strip() for one in line.strip("|").split(" | ")]
        if line.startswith("| case |"):
            titles = cells[3:]
        elif line.startswith("| ") and titles:
            rows[cells[0]] = dict(zip(titles, cells[3:], strict=True))
    return rows
