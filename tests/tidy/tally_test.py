"""Tests of tests/tally.py: crashes, sanitizer reports and failed steps count; so does each case."""

import subprocess
import sys
from pathlib import Path

import pytest

TALLY = Path(__file__).parents[1] / "tally.py"
PYTEST = """<testsuites><testsuite><testcase name="a"/><testcase name="b"><failure/></testcase>
</testsuite></testsuites>"""
GTEST = """<testsuites><testsuite><testcase name="a" status="run"/>
<testcase name="b" status="run"/></testsuite></testsuites>"""


def ctest(status: str) -> str:
    return f'<testsuite><testcase name="unit.x_test" status="{status}"/></testsuite>'


@pytest.mark.parametrize(("steps", "files", "last", "code"), [
    ("build-debug\t9\t0\nformat\t1\t0", {}, "1 passed, 0 failed", 0),
    ("build-debug\t9\t2", {}, "0 passed, 1 failed", 1),
    ("format\t1\t1", {}, "0 passed, 1 failed", 1),
    ("", {}, "0 passed, 0 failed", 1),  # nothing ran is not success
    ("e2e\t1\t1", {"e2e.junit": PYTEST}, "1 passed, 1 failed", 1),
    ("clang-tidy\t1\t1", {"clang-tidy.count": "8 2\n"}, "8 passed, 2 failed", 1),
    ("unit-debug\t1\t0", {"unit-debug/x_test.xml": GTEST, "unit-debug/ctest.junit": ctest("run")},
     "2 passed, 0 failed", 0),
    # All cases passed, but the program ended with a leak.
    ("unit-debug\t1\t8", {"unit-debug/x_test.xml": GTEST, "unit-debug/ctest.junit": ctest("fail")},
     "2 passed, 1 failed", 1),
    # It crashed before it could write anything.
    ("unit-debug\t1\t8", {"unit-debug/ctest.junit": ctest("fail")}, "0 passed, 1 failed", 1),
    ("unit-debug\t1\t8", {"unit-debug/x_test.xml": "<testsu", "unit-debug/ctest.junit":
                          ctest("fail")}, "0 passed, 1 failed", 1),
])
def test_tally(tmp_path, steps, files, last, code):
    for name, text in {"steps.tsv": steps, **files}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    done = subprocess.run([sys.executable, TALLY, tmp_path], capture_output=True, text=True,
                          check=False, timeout=60)
    assert done.stdout.splitlines()[-1] == last
    assert done.returncode == code


def test_what_did_not_run_is_named(tmp_path):
    (tmp_path / "steps.tsv").write_text("format\t1\t0\n")
    (tmp_path / "format.log").write_text("NOT RUN: a corpus is missing\n")
    done = subprocess.run([sys.executable, TALLY, tmp_path], capture_output=True, text=True,
                          check=False, timeout=60)
    assert "NOT RUN: a corpus is missing" in done.stdout
