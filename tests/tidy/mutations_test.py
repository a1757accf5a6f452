"""tests/sim/mutations: each patch still applies, and says what it breaks."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "sim"))

import mutations  # noqa: E402

MUTATE = ROOT / "tests" / "sim" / "mutate"


@pytest.mark.parametrize("mutation", mutations.every(), ids=lambda mutation: mutation.name)
def test_it_applies(mutation):
    why = mutations.apply(mutation.patch, ROOT, "--check")
    assert not why, f"{why}\nsrc/ has changed: make {mutation.patch.name} anew"


@pytest.mark.parametrize("mutation", mutations.every(), ids=lambda mutation: mutation.name)
def test_it_says_what_it_breaks_and_touches_only_sources(mutation):
    assert mutation.sentence.endswith("."), "the first line is a sentence"
    assert mutation.files
    # A header would need everything that includes it compiled again.
    assert all(name.startswith("src/") and name.endswith(".cc") for name in mutation.files)


def test_one_that_does_not_apply_is_noticed(tmp_path):
    (tmp_path / "a.cc").write_text("int a;\n")
    patch = tmp_path / "one.patch"
    patch.write_text("Something.\n\n--- a/a.cc\n+++ b/a.cc\n@@ -1 +1 @@\n-int b;\n+int c;\n")
    assert "a.cc" in mutations.apply(patch, tmp_path, "--check")
    patch.write_text(patch.read_text().replace("int b", "int a"))
    assert mutations.apply(patch, tmp_path) == ""
    assert (tmp_path / "a.cc").read_text() == "int c;\n"


def test_the_list_names_them():
    listed = subprocess.run([MUTATE, "--list"], capture_output=True, text=True, check=True,
                            timeout=60).stdout
    assert all(one.name in listed and one.sentence in listed for one in mutations.every())


@pytest.mark.parametrize(("said", "checker"), [
    ("seed=7 commit=ab: invariant 1: token-00003-end to a, b@x.test was answered 250 and is lost",
     "invariant 1: … a, … was answered n and is lost"),
    ("seed=7 commit=ab: token-00003-end to token-00003-end.a@near.test was tried again 7s after it "
     "was put off", "… was tried again n after it was put off"),
    ("seed=7 commit=ab: invariant 6: a bare CR or LF is taken: 250 2.0.0 Message n is safe",
     "invariant 6: a bare CR or LF is taken"),
    ("CHECK failed at a/b.cc:7: found != end() (a message ends once)",
     "a CHECK: a message ends once"),
    ("==1==ERROR: AddressSanitizer: heap-use-after-free on address 0x1",
     "a CHECK: AddressSanitizer: heap-use-after-free"),
])
def test_what_was_seen_is_named(said, checker):
    assert mutations.checker_of(f"x\n{said}\ny") == checker
