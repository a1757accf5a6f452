"""Fixtures of the tests against other people's SPF, DKIM and DMARC (tests/interop)."""

import os
import sys
import tempfile
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(HERE)]
CORPORA = Path(os.environ.get("STAGEPOST_CORPORA") or ROOT.parent / "shared" / "corpora")
not_run: list[str] = []
WORKER_KEY = "not_run_interop"


def pytest_configure(config):
    config.addinivalue_line("markers", "corpus(name): needs this folder of STAGEPOST_CORPORA")
    config.addinivalue_line("markers", "long: only with STAGEPOST_LONG=1 (./test --all)")


def pytest_collection_modifyitems(config, items):
    """Tests whose corpus is not there are left out and named; long ones wait for STAGEPOST_LONG."""
    left = []
    for item in items:
        corpus = item.get_closest_marker("corpus")
        if HERE in item.path.parents and corpus and not (CORPORA / corpus.args[0]).is_dir():
            not_run.append(f"{item.nodeid}: {CORPORA / corpus.args[0]} is not there; "
                           "set STAGEPOST_CORPORA")
            left.append(item)
        elif (HERE in item.path.parents and item.get_closest_marker("long")
              and not os.environ.get("STAGEPOST_LONG")):
            left.append(item)
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]


def pytest_sessionfinish(session):
    """With several workers (pytest-xdist) the main process tells what they know."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput[WORKER_KEY] = not_run


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    for line in getattr(node, "workeroutput", {}).get(WORKER_KEY, []):
        if line not in not_run:
            not_run.append(line)


def pytest_terminal_summary(terminalreporter):
    for line in not_run:  # tests/tally.py looks for these
        terminalreporter.write_line(f"NOT RUN: {line}")


@pytest.fixture(name="tell_not_run")
def make_tell_not_run(request):
    def tell(why: str) -> None:
        not_run.append(f"{request.node.nodeid}: {why}")
    return tell


@pytest.fixture(scope="session", name="work")
def make_work():
    with tempfile.TemporaryDirectory(prefix="stagepost-interop-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session", name="corpora")
def find_corpora() -> Path:
    return CORPORA
