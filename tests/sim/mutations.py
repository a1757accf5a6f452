"""tests/sim/mutations.py: deliberately broken copies of the server, and how soon a story shows it.

Each tests/sim/mutations/NAME.patch begins with a sentence that says what it breaks; then comes a
unified diff of src/*.cc. Only the files that it changes are copied, compiled again with the command
of the debug build and linked in front of the rooms' libraries, which takes seconds: a copy of the
whole tree would be compiled as a whole.
"""

import json
import os
import re
import shlex
import statistics
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(__file__).with_name("mutations")
BUILD = ROOT / "build" / "debug"
MUTANTS = ROOT / "build" / "mutants"
STORIES_AT_ONCE_SECONDS_MAX = 3600
# Far from each other, so that the tries tell different stories.
FIRST_SEEDS = [1_000_000 * n for n in range(1, 100)]


@dataclass
class Mutation:
    name: str
    sentence: str
    patch: Path | None  # None: the server as it is

    @property
    def files(self) -> list[str]:
        return re.findall(r"^\+\+\+ b/(\S+)", self.patch.read_text(), re.M) if self.patch else []


@dataclass
class Try:
    seeds: int
    caught_by: str  # "" when nothing was seen
    seconds: float


@dataclass
class Result:
    mutation: Mutation
    tries: list[Try] = field(default_factory=list)

    @property
    def caught(self) -> bool:
        return all(one.caught_by for one in self.tries)

    @property
    def as_it_should_be(self) -> bool:
        if self.mutation.patch is None:
            return not any(one.caught_by for one in self.tries)
        return self.caught

    @property
    def seeds(self) -> float:
        return statistics.median(one.seeds for one in self.tries)

    @property
    def seconds(self) -> float:
        return statistics.median(one.seconds for one in self.tries)

    def checkers(self) -> str:
        names = sorted({one.caught_by for one in self.tries if one.caught_by})
        return "; ".join(names) or "nothing"


CONTROL = Mutation("(none)", "The server as it is.", None)


def read(patch: Path) -> Mutation:
    return Mutation(patch.stem, patch.read_text().split("\n", 1)[0], patch)


def every() -> list[Mutation]:
    return [read(patch) for patch in sorted(FOLDER.glob("*.patch"))]


def apply(patch: Path, folder: Path, *options: str) -> str:
    """Empty, or why the patch does not apply to the files in `folder`."""
    # Not as part of a repository: there git would leave out what it ignores.
    outside = {**os.environ, "GIT_CEILING_DIRECTORIES": str(folder.parent), "GIT_DIR": "/nowhere"}
    done = subprocess.run(["git", "apply", *options, patch], cwd=folder, env=outside, check=False,
                          capture_output=True, text=True, timeout=60)
    return done.stderr if done.returncode else ""


def text_of(path: Path) -> str:
    return path.read_text() if path.exists() else ""


class Builder:
    """Makes sim_test with some files replaced."""

    def __init__(self) -> None:
        if not (BUILD / "build.ninja").exists():
            subprocess.run(["cmake", "--preset", "debug"], cwd=ROOT, check=True, timeout=600)
        subprocess.run(["cmake", "--build", BUILD, "--target", "sim_test"], check=True,
                       timeout=7200)
        entries = json.loads((BUILD / "compile_commands.json").read_text())
        self.commands = {entry["file"]: entry["command"] for entry in entries}
        said = subprocess.run(["ninja", "-C", BUILD, "-t", "commands", "sim_test"], check=True,
                              capture_output=True, text=True, timeout=60).stdout
        self.link = next(line for line in reversed(said.splitlines())
                         if " -o tests/sim_test " in line)

    def make(self, mutation: Mutation) -> Path:
        if not mutation.files:
            return BUILD / "tests" / "sim_test"
        folder = MUTANTS / mutation.name
        objects = []
        before = {name: text_of(folder / name) for name in mutation.files}
        for name in mutation.files:
            copy = folder / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes((ROOT / name).read_bytes())
        if why := apply(mutation.patch, folder):
            raise SystemExit(f"{mutation.patch}: does not apply to src/ any more:\n{why}")
        for name in mutation.files:
            target = folder / (name + ".o")
            if before[name] != text_of(folder / name) or not self.is_newer(target, ROOT / name):
                self.run(self.compile_command(ROOT / name, folder / name, target))
            objects.append(str(target))
        program = folder / "sim_test"
        self.run(self.link.replace(" -o tests/sim_test ",
                                   f" {shlex.join(objects)} -o {shlex.quote(str(program))} "))
        return program

    def is_newer(self, target: Path, source: Path) -> bool:
        """Than the object of the server as it is, which ninja made again if a header changed."""
        words = shlex.split(self.commands[str(source)])
        original = BUILD / words[words.index("-o") + 1]
        return target.exists() and target.stat().st_mtime > original.stat().st_mtime

    def compile_command(self, source: Path, copy: Path, target: Path) -> str:
        words = shlex.split(self.commands[str(source)])
        words[words.index("-o") + 1] = str(target)
        words[words.index("-c") + 1] = str(copy)
        return shlex.join([*words, "-Wno-error"])

    @staticmethod
    def run(command: str) -> None:
        done = subprocess.run(command, shell=True, cwd=BUILD, check=False, capture_output=True,
                              text=True, timeout=1800)
        if done.returncode:
            raise SystemExit(f"{command}\n{done.stdout}{done.stderr}")


def checker_of(output: str) -> str:
    """In few words what was seen, without what differs from story to story."""
    violation = re.search(r"^seed=\d+ commit=.*?: (.*)$", output, re.M)
    if violation is None:
        died = re.search(r"(?:CHECK failed at .* \(|ERROR: )(.*?)(?:\)| on .*)?$", output, re.M)
        return f"a CHECK: {died.group(1)[:90]}" if died else "the program ended"
    invariant, words = re.match(r"(invariant \d: )?(.*)", violation.group(1)).groups()
    return (invariant or "") + kind_of(words.split(": ")[0])


def kind_of(words: str) -> str:
    words = re.sub(r"token-\d+-end(\.\w+)?(@\S+)?|\w+@\w+\.test", "…", words)
    words = re.sub(r"(…,? ?(to )?)+", "… ", words)
    return re.sub(r"\d[\dms]*", "n", words).strip()


def hunt(program: Path, first: int, count: int) -> Try:
    begin = time.monotonic()
    environment = {**os.environ, "STAGEPOST_SIM_HUNT": f"{first} {count}",
                   "STAGEPOST_COMMIT": "mutant"}
    done = subprocess.run([program, "--gtest_filter=Invariants.*", "--gtest_brief=1"], cwd=ROOT,
                          env=environment, check=False, capture_output=True, text=True,
                          errors="replace", timeout=STORIES_AT_ONCE_SECONDS_MAX)
    output = done.stdout + "\n" + done.stderr
    told = re.findall(r"\b\d{7,}\b", done.stdout.split("seed=")[0])
    seen = checker_of(output) if done.returncode else ""
    return Try(max(1, len(told)), seen, time.monotonic() - begin)


def table(results: list[Result], seeds_max: int) -> str:
    lines = ["| mutation | what it breaks | caught by | stories | seconds |",
             "|---|---|---|--:|--:|"]
    for result in results:
        caught = result.caught
        stories = f"{result.seeds:g}" if caught else f"not within {seeds_max}"
        lines.append(f"| {result.mutation.name} | {result.mutation.sentence} | {result.checkers()} "
                     f"| {stories} | {result.seconds:.0f} |")
    return "\n".join(lines)
