"""What docs/ tells people to type is real: command lines, settings, links, topics of `help`."""

import re
import shlex
import subprocess
from functools import lru_cache
from pathlib import Path

import pytest
from stagepost import ROOT, binary

PAGES = sorted((ROOT / "docs").glob("*.md")) + [ROOT / "README.md"]
LINK = re.compile(r"(?<!`)\[[^\]\n]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
# Of the program itself; --help prints them for every verb's program, not for each verb.
GLOBAL = {"--home", "--config", "--help", "--version"}


def name_of(page: Path) -> str:
    return page.name


def blocks(text: str) -> list[str]:
    """Indented and fenced blocks, without their margin."""
    found = [block.group(0).split("\n", 1)[1].rsplit("\n", 1)[0] for block in FENCE.finditer(text)]
    lines: list[str] = []
    for line in [*FENCE.sub("", text).split("\n"), "end"]:
        if line.startswith("    ") or (not line.strip() and lines):
            lines.append(line[4:])
        elif lines:
            found.append("\n".join(lines).strip("\n"))
            lines = []
    return found


def command_lines(text: str) -> list[str]:
    inline = re.findall(r"`(stagepost [^`\n]+)`", text)
    in_blocks = [line for block in blocks(text) for line in block.split("\n")]
    out = []
    for line in [*inline, *in_blocks]:
        for part in re.split(r"\s\|\s|\s&&\s|;\s", line):
            words = re.sub(r"(^|\s)#.*", "", part).strip()
            words = re.sub(r"^(sudo|\./build/release/)\s*", "", words)
            if re.match(r"stagepost [^\d]", words):
                out.append(words)
    return out


@lru_cache(maxsize=None)
def help_of(*verbs: str) -> str:
    done = subprocess.run([binary(), *verbs, "--help"], capture_output=True, text=True,
                          check=False, timeout=60)
    return done.stdout


@lru_cache(maxsize=None)
def is_verb(*verbs: str) -> bool:
    """Its usage line names all of it: what is no verb leaves only what is above it."""
    usage = re.search(r"^Usage: (.*)$", help_of(*verbs), re.MULTILINE)
    return bool(usage) and usage.group(1).split()[1:1 + len(verbs)] == list(verbs)


def complaint(line: str) -> str:
    """Why the program would not take this line; empty: it would."""
    words = shlex.split(line.replace("…", "x"))[1:]
    verbs: list[str] = []
    options: list[str] = []
    for word in words:
        if word in {">", "<", "2>"}:
            break
        if word.startswith("-") and word != "-":
            options.append(word.partition("=")[0])
        elif not options and word.islower() and is_verb(*verbs, word):
            verbs.append(word)
    if not verbs and not options and words[0] not in {"VERB"}:
        return "there is no such verb"
    text = help_of(*verbs)
    for option in options:
        if option not in GLOBAL and not re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", text):
            return f"`{' '.join(verbs)}` has no {option}"
    has_verbs = re.search(r"^(Subcommands|SUBCOMMANDS):", text, re.MULTILINE)
    if has_verbs and not options and len(words) > len(verbs) and words[len(verbs)].islower():
        return f"`{' '.join(verbs)}` has no {words[len(verbs)]}"
    return ""


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_command_lines_parse(page):
    wrong = [f"{line}: {why}" for line in command_lines(page.read_text())
             if (why := complaint(line))]
    assert not wrong, "\n".join(wrong)


def test_the_test_itself():
    assert complaint("stagepost queue list --limit 3") == ""
    assert complaint("stagepost queue lst") == "`queue` has no lst"
    assert complaint("stagepost queue list --limits 3") == "`queue list` has no --limits"
    assert complaint("stagepost quue list") == "there is no such verb"


def snippets(text: str) -> list[str]:
    """Blocks that are settings of ours: sections or keys, and not those of others' files."""
    sections = set(re.findall(r"^## `\[+([a-z]+)\]+`", (ROOT / "docs/settings.md").read_text(),
                              re.MULTILINE))
    out = []
    for whole in blocks(text):
        # Commands may stand below settings, after an empty line.
        parts = [part for part in whole.split("\n\n")
                 if re.match(r"(?:\s*#.*\n)*\s*(\[|[\w.]+ *=)", part)]
        block = "\n\n".join(parts)
        named = re.findall(r"^\[+([A-Za-z]+)\]+", block, re.MULTILINE)
        if named and set(named) <= sections:
            out.append(block)
    return out


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_settings_are_taken(page, tmp_path):
    """Each snippet in a configuration of its own; files that it names need not be there."""
    for block in snippets(page.read_text()):
        front = "" if re.search(r"^hostname", block, re.MULTILINE) else \
            'hostname = "mail.example.org"\n'
        rest = "" if re.search(r"^\[\[listener\]\]", block, re.MULTILINE) else \
            '\n[[listener]]\naddress = "127.0.0.1:2525"\n'
        (tmp_path / "stagepost.toml").write_text(f"{front}{block}\n{rest}")
        done = subprocess.run([binary(), "check", "--home", tmp_path], capture_output=True,
                              text=True, check=False, timeout=60)
        said = done.stdout + done.stderr
        files_only = all("No such file" in line or "no such file" in line or "not_found" in line
                         for line in said.strip().split("\n"))
        assert done.returncode == 0 or files_only, f"{block}\n→ {said}"


def anchors(page: Path) -> set[str]:
    text = FENCE.sub("", page.read_text())
    heads = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page):
    for target in LINK.findall(FENCE.sub("", page.read_text())):
        if target.startswith(("http:", "https:", "mailto:")):
            continue
        name, _, anchor = target.partition("#")
        goal = (page.parent / name).resolve() if name else page
        assert goal.exists(), f"{page.name}: {target}"
        if anchor:
            assert anchor in anchors(goal), f"{page.name}: {target}"


def run_help(*topic: str, code: int = 0) -> str:
    done = subprocess.run([binary(), "help", *topic], capture_output=True, text=True, check=False,
                          timeout=60)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_help_has_every_page():
    topics = re.findall(r"^  ([\w-]+)  ", run_help(), re.MULTILINE)
    assert topics == sorted(page.stem for page in (ROOT / "docs").glob("*.md"))
    for topic in topics:
        text = run_help(topic)
        title = (ROOT / "docs" / f"{topic}.md").read_text().split("\n")[0].lstrip("# ")
        assert text.split("\n")[0] == title.replace("`", "`")
        for other in re.findall(r"`stagepost help ([\w-]+)`", text):
            assert other in topics, f"{topic} leads to {other}"


def test_help_of_what_is_no_topic():
    assert "did you mean senders?" in run_help("sender", code=1)
    assert "stagepost queue --help" in run_help("queue", code=1)
    assert "lists them" in run_help("x" * 100, code=1)


def test_the_readme_names_every_page():
    text = (ROOT / "README.md").read_text()
    for page in (ROOT / "docs").glob("*.md"):
        assert f"docs/{page.name}" in text, f"README.md does not name {page.name}"
