"""Fixtures of the end-to-end tests: folders, Stagepost itself (stagepost.py), corpora."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))  # for the package peers
CORPORA = Path(os.environ.get("STAGEPOST_CORPORA") or ROOT.parent / "shared" / "corpora")
not_run: list[str] = []
WORKER_KEY = "not_run_e2e"


def pytest_configure(config):
    config.addinivalue_line("markers", "sanitized: runs against the sanitized binary as well")
    config.addinivalue_line("markers", "threads: runs against the one of ThreadSanitizer as well")
    config.addinivalue_line("markers", "alone: measures; no other test runs beside it")
    config.addinivalue_line("markers", "corpus(name): needs this folder of STAGEPOST_CORPORA")
    config.addinivalue_line("markers", "long: only with STAGEPOST_LONG=1 (./test --all)")


def pytest_collection_modifyitems(config, items):
    """Tests whose corpus is not there are left out and named; long ones wait for STAGEPOST_LONG."""
    kept, left = [], []
    for item in items:
        corpus = item.get_closest_marker("corpus")
        if corpus and not (CORPORA / corpus.args[0]).is_dir():
            not_run.append(f"{item.nodeid}: {CORPORA / corpus.args[0]} is not there; "
                           "set STAGEPOST_CORPORA")
            left.append(item)
        elif item.get_closest_marker("long") and not os.environ.get("STAGEPOST_LONG"):
            left.append(item)
        else:
            kept.append(item)
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = kept


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


@pytest.fixture(name="folder")
def make_folder():
    """Like tmp_path, but other users may pass through it, as the servers' own users must."""
    path = Path(tempfile.mkdtemp(prefix="stagepost-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(name="new_server")
def make_servers(folder):
    """new_server(domain, **where): a home after init, not yet started; ended after the test."""
    from stagepost import Stagepost

    servers = []

    def make(domain: str = "example.test", **where) -> Stagepost:
        home = folder / f"home-{len(servers)}"
        home.mkdir()
        servers.append(Stagepost(home, domain, **where).init())
        return servers[-1]

    yield make
    try:
        for server in servers:
            server.finish()
    finally:
        for server in servers:
            server.kill()


@pytest.fixture(name="server")
def make_server(new_server):
    """A server for example.test with the mailbox you@example.test."""
    return new_server().start()


@pytest.fixture(name="corpora")
def find_corpora() -> Path:
    return CORPORA
