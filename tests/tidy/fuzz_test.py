"""The fuzz targets and what lies beside them belong together (tests/fuzz)."""

import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fuzz"))

import targets  # noqa: E402

WORD = re.compile(r'"(?:[^"\\]|\\\\|\\"|\\x[0-9a-fA-F]{2})+"')  # as libFuzzer reads them


@pytest.mark.parametrize("name", targets.names())
def test_a_target_has_kept_inputs(name: str) -> None:
    assert any((targets.SEEDS / name).glob("*")), f"tests/fuzz/run --only {name} --own, then --keep"


def test_kept_inputs_have_a_target() -> None:
    assert sorted(path.name for path in targets.SEEDS.iterdir()) == targets.names()


def test_dictionaries_are_there_and_can_be_read() -> None:
    wanted = {targets.dictionary(name) for name in targets.names()} - {None}
    assert wanted == set(targets.DICTIONARIES.glob("*.dict"))
    for path in wanted:
        for line in path.read_text(encoding="utf-8").splitlines():
            assert line.startswith("#") or WORD.fullmatch(line), f"{path.name}: {line}"


def test_parsers_are_files() -> None:
    lines = (targets.HERE / "parsers.txt").read_text(encoding="utf-8").splitlines()
    names = [line.split(" ")[0] for line in lines if line and not line.startswith("#")]
    assert len(names) == len(set(names))
    for name in names:
        assert (targets.ROOT / name).is_file(), f"tests/fuzz/parsers.txt: {name}"


@pytest.mark.parametrize(("text", "octets"), [("a\\r\\n", b"a\r\n"), ("\\0\\\\", b"\0\\"),
                                              ("\\xff", b"\xff")])
def test_lines_of_dialogues_are_octets(text: str, octets: bytes) -> None:
    assert targets.unescape(text) == octets
