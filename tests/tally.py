"""tests/tally.py: what ./test counted.

Reads build/results: steps.tsv (name, seconds, exit code), the JUnit files of gtest, ctest and
pytest, and *.count ("passed failed"). Prints a table and, last, "N passed, N failed".
Exit code 1 when something failed. A failed step without a failed test counts as one failed.
"""

import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path


def junit_counts(path: Path) -> tuple[int, int]:
    """(passed, failed) of one JUnit or gtest file; a case that did not run counts as neither."""
    passed = failed = 0
    for case in ET.parse(path).getroot().iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.find("skipped") is None and case.get("status") not in ("notrun", "disabled"):
            passed += 1
    return passed, failed


def ctest_counts(folder: Path) -> tuple[int, int]:
    """Counts gtest's cases; a program that failed without a failed case (crash, leak) adds one."""
    passed = failed = 0
    cases: dict[str, tuple[int, int]] = {}
    for path in folder.glob("*.xml"):
        try:
            good, bad = junit_counts(path)
        except ET.ParseError:  # the program died while writing
            continue
        name = re.sub(r"_\d+$", "", path.stem)
        before = cases.get(name, (0, 0))
        cases[name] = (before[0] + good, before[1] + bad)
    for good, bad in cases.values():
        passed, failed = passed + good, failed + bad
    report = folder / "ctest.junit"
    if not report.exists():
        return passed, failed
    for case in ET.parse(report).getroot().iter("testcase"):
        good, bad = cases.get(case.get("name", "").split(".")[-1], (0, 0))
        if case.get("status") == "fail":
            failed += 0 if bad else 1
        elif good + bad == 0:
            passed += 1
    return passed, failed


def step_counts(results: Path, name: str) -> tuple[int, int]:
    if (results / f"{name}.junit").exists():
        return junit_counts(results / f"{name}.junit")
    if (results / f"{name}.count").exists():
        passed, failed = (results / f"{name}.count").read_text().split()
        return int(passed), int(failed)
    if (results / name).is_dir():
        return ctest_counts(results / name)
    # Building is not a test; any other step without a report (formatting, a fuzz target) is one.
    return (0, 0) if name.startswith(("build-", "configure-")) else (1, 0)


def main(results: Path) -> int:
    total_passed = total_failed = total_seconds = 0
    not_run = []
    print(f"\n{'step':<20} {'seconds':>8} {'passed':>8} {'failed':>8}")
    for line in (results / "steps.tsv").read_text().splitlines():
        name, seconds, code = line.split("\t")
        passed, failed = step_counts(results, name)
        if code != "0" and failed == 0:
            passed, failed = (0 if passed == 1 else passed), 1
        print(f"{name:<20} {seconds:>8} {passed:>8} {failed:>8}{'  FAILED' if failed else ''}")
        total_passed += passed
        total_failed += failed
        total_seconds += int(seconds)
        for said in (results / f"{name}.log", results / name / "ctest.junit"):
            if said.exists():
                text = said.read_text(errors="replace")
                not_run += re.findall(r"^NOT RUN: .*$", text, re.MULTILINE)
    print(f"{'all':<20} {total_seconds:>8} {total_passed:>8} {total_failed:>8}")
    for line in sorted(set(not_run)):
        print(line)
    if total_failed:
        print(f"the output of each step is in {results}/STEP.log")
    print(f"{total_passed} passed, {total_failed} failed")
    return 1 if total_failed or total_passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
