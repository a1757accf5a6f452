"""The cases of tests/conformance: Stagepost in every run, other servers in the long one.

What they answer is the table of docs/conformance.md, and each place where ours differs from the RFC
or from most others has its reason there. With STAGEPOST_WRITE_CONFORMANCE=1 the long run writes the
table anew.
"""

import os
import re
import sys

import pytest
from stagepost import ROOT

sys.path += [str(ROOT / "tests/bench"), str(ROOT / "tests/conformance")]
import matrix  # noqa: E402
import suite  # noqa: E402
from cases import all_cases  # noqa: E402
from servers import SERVERS  # noqa: E402

PAGE = ROOT / "docs/conformance.md"
TABLE = re.compile(r"(?<=<!-- matrix -->\n).*(?=\n<!-- end -->)", re.DOTALL)
CASES = all_cases()


def rows() -> dict[str, dict[str, str]]:
    return matrix.read_table(TABLE.search(PAGE.read_text()).group(0))


def reasons() -> set[str]:
    """The cases that bullets of the page begin with."""
    return {name for line in PAGE.read_text().splitlines() if line.startswith("- `")
            for name in re.findall(r"`([a-z0-9-]+)`", line.partition(": ")[0])}


def differences(told: dict[str, str], found: dict[str, str]) -> str:
    return "\n".join(f"{name}: the page has {told.get(name)!r}, now it is {cell!r}"
                     for name, cell in found.items() if told.get(name) != cell)


@pytest.mark.sanitized
def test_stagepost(folder):
    results, trouble = suite.ask(folder, CASES, ["stagepost"])
    assert not trouble, trouble
    ours = results[matrix.OURS]
    wrong = [f"[{name}]\n" + "\n".join(result.talk) for name, result in ours.items()
             if result.violates("MUST") and name not in reasons()]
    assert not wrong, "\n\n".join(wrong)
    told = {name: row[matrix.OURS] for name, row in rows().items()}
    changed = differences(told, {name: matrix.cell(result) for name, result in ours.items()})
    assert not changed, changed


def test_the_page_has_every_case_and_the_reasons_that_are_needed():
    found = rows()
    assert list(found) == [case.name for case in CASES]
    assert reasons() == {name for name, row in found.items() if matrix.needs_reason(row)}


@pytest.mark.long
def test_other_servers(folder):
    results, trouble = suite.ask(folder, CASES, list(SERVERS))
    table = matrix.table(CASES, results)
    print(table)
    assert not trouble, "\n".join(trouble)
    if os.environ.get("STAGEPOST_WRITE_CONFORMANCE"):
        PAGE.write_text(TABLE.sub(lambda _: table, PAGE.read_text()))
    told = rows()
    for title in results:
        changed = differences(*({name: row[title] for name, row in rows_of.items() if title in row}
                                for rows_of in (told, matrix.read_table(table))))
        assert not changed, f"{title}:\n{changed}"
