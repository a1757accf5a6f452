"""The web interface in Debian's Chromium, against a real server: pages, actions, keys, cost.

Pictures of every page are kept in build/web-tests/shots, for people to look at.
"""

import os
import shutil
import tempfile
from pathlib import Path

import browser
import pytest
from peers.netns import Netns
from web_world import ADDRESSES, DNS, MANY_SENDER, SERVER, WebWorld

MANY = int(os.environ.get("STAGEPOST_MANY", "1000000"))


@pytest.fixture(name="world", scope="module")
def make_world():
    folder = Path(tempfile.mkdtemp(prefix="stagepost-web-"))
    folder.chmod(0o755)
    try:
        with Netns(SERVER, DNS, *ADDRESSES.values(), dns=DNS) as net:
            world = WebWorld(net, folder)
            try:
                yield world.start()
            finally:
                world.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_the_sources_are_well_formed():
    """Types, lint and layout, and the tests of the modules that touch no page."""
    folder = browser.prepare()
    tests = folder / "tests/web"
    browser.call("node_modules/.bin/tsc", "--noEmit", cwd=folder / "web")
    browser.call("node_modules/.bin/biome", "ci", "--config-path", ".", ".", "../../web/src",
                 "../../web/vite.config.ts", cwd=tests)
    out = folder / "unit"
    shutil.rmtree(out, ignore_errors=True)
    units = sorted((tests / "unit").glob("*.test.ts"))
    browser.call(folder / "web/node_modules/.bin/esbuild", *units, "--bundle", "--platform=node",
                 "--format=esm", "--out-extension:.js=.mjs", f"--outdir={out}",
                 "--log-level=warning", cwd=tests)
    told = browser.call("node", "--test", *sorted(out.glob("*.mjs")), cwd=tests)
    assert "# fail 0" in told, told


def test_nothing_of_another_registry_is_in_the_lock_files():
    for part in browser.PARTS:
        text = (browser.ROOT / part / "package-lock.json").read_text()
        for line in text.splitlines():
            if '"resolved"' in line:
                assert "https://registry.npmjs.org/" in line, line


def test_every_page_in_every_size_and_colour(world):
    browser.run("walk", world.net, **world.told())


def test_the_first_view_is_small(world):
    browser.run("budget", world.net, **world.told())


@pytest.mark.long
def test_a_million_messages(world):
    """Pages and searches are shown within a second however much waits; what they cost is told."""
    world.fill(MANY)
    told = world.told()
    before = world.processor_seconds()
    browser.run("million", world.net, many_sender=MANY_SENDER, **told)
    print(f"the server: {world.processor_seconds() - before:.1f} s of the processor for it all")


def test_the_main_actions_by_keyboard(world):
    told = world.told()
    browser.run("keyboard", world.net, **told)
    held = [one for one in world.queued() if one["id"] == world.held["id"] and one["hold"]]
    assert not held, "what was released in the browser is released in the queue"
    assert "api.changed" in world.server.log_text(None)


def test_what_is_done_by_hand(world):
    """Last: it turns the second factor on."""
    browser.run("actions", world.net, **world.told())
    people = world.server.cli("user", "list")
    assert "helper@example.org" in people
    assert "198.51.100.0/24" not in world.server.cli("ban", "list")
