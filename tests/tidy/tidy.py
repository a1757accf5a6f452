"""tests/tidy/tidy.py: the rules of STYLE.md that a program can check, over the whole tree.

Run it: tests/tidy/tidy.py [ROOT]. Prints "file:line: what: remedy" and exits 1 when there is any.
Each rule is a generator function listed in RULES; tidy_test.py shows that each one bites.
"""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import cpp

# What a test that starts threads names.
THREADS = re.compile(r"\bstd::j?thread\b|\bThreadPool\b|\bEventLoop\b|\bUnboundEngine\b|\bLoops\b")
FILE_LINES_MAX = 600
FUNCTION_LINES_MAX = 70
COLUMNS_MAX = 100
HEADINGS = ("What:", "In/Out:", "Errors:", "Limits:", "Not here:")
# Written so that this file does not find itself.
WORKPLACE = re.compile("/" + r"work/|/tmp/" + r"w\b|bash_" + "jobs")
UNFINISHED = re.compile(r"\bTODO" + r"\(now\)|\bFIX" + r"ME\b")
SKIPPED = re.compile(
    "GTEST_" + r"SKIP|\bDISABLED" + r"_\w|pytest\." + r"skip|mark\." + r"skip|mark\." + "xfail|"
    r"pytest\." + "xfail|import" + r"orskip|unittest\." + "skip")


@dataclass(frozen=True)
class Door:
    """What only some folders may write: everybody else gets it through their interface."""

    pattern: re.Pattern
    folders: tuple[str, ...]
    remedy: str


def door(pattern: str, folders: str, remedy: str) -> Door:
    return Door(re.compile(pattern), tuple(folders.split()), remedy)


def header(names: str) -> str:
    return rf"^\s*#\s*include\s*<(?:{names})>"


DOORS = (
    door(r"\b\w*_clock::now\b", "lib/io", "take the time from io::Clock or as an argument"),
    door(header("random"), "lib/io", "use io::Random"),
    door(header("fstream|filesystem|fcntl\\.h"), "lib/io", "use io::Files"),
    door(header("iostream"), "lib/io", "return text, or report by base::EventSink"),
    door(header("sys/socket\\.h"), "lib/io", "use io::Network"),
    door(r"(?<![\w>:])::open\s*\(", "lib/io", "use io::Files"),
    door(r"(?<![\w>:])::connect\s*\(", "lib/io", "use io::Network"),
    door(header("boost/asio.*|boost/beast.*|openssl/ssl\\.h"), "lib/io lib/http",
         "use io::Network, io::Task, lib/http"),
    door(header("unbound(?:-event)?\\.h"), "lib/dns", "use dns::Resolver"),
)


@dataclass(frozen=True)
class Finding:
    file: str
    line: int
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}: {self.remedy}"


@dataclass
class Source:
    root: Path
    name: str  # from the root, with /

    @cached_property
    def text(self) -> str:
        try:
            return (self.root / self.name).read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError):
            return ""  # binary, or deleted and not yet committed

    @cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @cached_property
    def code_lines(self) -> list[str]:
        """Without comments; literals stay (an #include is one)."""
        return cpp.blank(self.text, ("line", "block")).splitlines()

    @property
    def in_src(self) -> str:
        return self.name.removeprefix("src/")

    def is_test(self) -> bool:
        return not self.name.startswith("src/") or self.name.endswith(("_test.cc", "_fuzz.cc"))

    def find(self, pattern: re.Pattern) -> Iterator[int]:
        return (n for n, line in enumerate(self.lines, 1) if pattern.search(line))


@dataclass
class Tree:
    root: Path
    files: list[Source] = field(default_factory=list)

    def __post_init__(self) -> None:
        # The tree may belong to another user than the one who tests, as in a container.
        git = subprocess.run(["git", "-c", "safe.directory=*", "-C", self.root, "ls-files", "-co",
                              "--exclude-standard"],
                             capture_output=True, text=True, check=False, timeout=60)
        if git.returncode == 0:
            names = sorted(set(git.stdout.splitlines()))
        else:
            names = sorted(p.relative_to(self.root).as_posix() for p in self.root.rglob("*")
                           if p.is_file() and p.relative_to(self.root).parts[0] not in
                           (".git", "build", "var"))
        self.files = [Source(self.root, name) for name in names]

    def cpp(self) -> Iterator[Source]:
        """Ours: src and tests, without data."""
        for file in self.files:
            if (file.name.startswith(("src/", "tests/")) and file.name.endswith((".cc", ".h"))
                    and not file.name.startswith("tests/data/")):
                yield file

    def headers_and_sources(self) -> Iterator[Source]:
        return (f for f in self.cpp() if f.name.startswith("src/"))

    def python(self) -> Iterator[Source]:
        return (f for f in self.files if f.name.startswith("tests/") and f.name.endswith(".py"))

    @cached_property
    def layers(self) -> dict[str, list[str]]:
        rooms: dict[str, list[str]] = {}
        for line in (self.root / "layers.txt").read_text().splitlines():
            if line.strip() and not line.startswith("#"):
                room, may = line.split(":", 1)
                rooms[room.strip()] = may.split()
        return rooms

    def room(self, in_src: str) -> str | None:
        parts = in_src.split("/")[:-1]
        if not parts:
            return "."
        for depth in range(len(parts), 0, -1):
            if "/".join(parts[:depth]) in self.layers:
                return "/".join(parts[:depth])
        return None


def layers(tree: Tree) -> Iterator[Finding]:
    for file in tree.headers_and_sources():
        room = tree.room(file.in_src)
        if room is None:
            yield Finding(file.name, 1, "folder is not in layers.txt", "add what it may include")
            continue
        if file.is_test():
            continue
        may = tree.layers[room]
        for number, line in enumerate(file.code_lines, 1):
            found = re.match(r'\s*#\s*include\s*"([^"]+)"', line)
            if not found:
                continue
            target = found.group(1)
            if not (tree.root / "src" / target).exists():
                yield Finding(file.name, number, f'include "{target}" is not a file under src/',
                              "write the path from src/")
                continue
            other = tree.room(target)
            if other != room and "*" not in may and other not in may and target not in may:
                yield Finding(file.name, number, f"{room} may not include {target}",
                              "move the shared part down, or pass an interface (layers.txt)")


def manuals(tree: Tree) -> Iterator[Finding]:
    for file in tree.headers_and_sources():
        first = file.lines[0] if file.lines else ""
        if file.name.endswith(".cc"):
            if not re.match(r"// \S.*\w", first):
                yield Finding(file.name, 1, "does not begin with a comment",
                              'begin with "// See x.h." or with what it is')
            continue
        if not re.match(rf"// {re.escape(file.in_src)}: \S", first):
            yield Finding(file.name, 1, "does not begin with its manual",
                          f'begin with "// {file.in_src}: what it is"')
        manual = []
        for line in file.lines:
            if not line.startswith("//"):
                break
            manual.append(line)
        for heading in HEADINGS:
            if not any(re.match(rf"// {heading}\s+\S", line) for line in manual):
                yield Finding(file.name, 1, f"manual lacks {heading}",
                              f'add "// {heading} …" to the comment at the top')
        if "#pragma once" not in file.lines:
            yield Finding(file.name, 1, "no include guard", "add #pragma once after the manual")


def python_functions(file: Source) -> Iterator[cpp.Function]:
    for node in ast.walk(ast.parse(file.text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield cpp.Function(node.name, node.lineno, (node.end_lineno or 0) - node.lineno + 1)


def measured(tree: Tree) -> Iterator[tuple[str, int, int, int]]:
    """(name, line, size, limit) of every file and function; names as in long.txt."""
    for file in [*tree.cpp(), *tree.python()]:
        yield f"{file.name}", 1, len(file.lines), FILE_LINES_MAX
        found = (python_functions(file) if file.name.endswith(".py") else cpp.functions(file.text))
        for function in found:
            name = f"{file.name} {function.name}"
            yield name, function.line, function.lines, FUNCTION_LINES_MAX


def ratchet(tree: Tree) -> dict[str, int]:
    """long.txt: "SIZE NAME" a line; a name is a file, or a file and a function."""
    path = tree.root / "tests/tidy/long.txt"
    lines = path.read_text().splitlines() if path.exists() else []
    listed = {}
    for line in lines:
        if line and not line.startswith("#"):
            size, name = line.split(maxsplit=1)
            listed[name] = int(size)
    return listed


def sizes(tree: Tree) -> Iterator[Finding]:
    listed = ratchet(tree)
    seen: dict[str, int] = {}
    for name, line, size, limit in measured(tree):
        if size <= limit:
            continue
        seen[name] = max(size, seen.get(name, 0))
        if size > listed.get(name, limit):
            may = f"may have {listed.get(name, limit)}"
            yield Finding(name.split()[0], line, f"{name.split()[-1]} has {size} lines, {may}",
                          "cut it into named steps or into two files")
    for name, size in listed.items():
        if seen.get(name, 0) < size:
            now = f"write {seen[name]}" if name in seen else "take its line out"
            yield Finding("tests/tidy/long.txt", 1, f"{name} is shorter than {size} lines now", now)


def columns(tree: Tree) -> Iterator[Finding]:
    scripts = (f for f in tree.files if f.name in ("run", "test"))
    for file in [*tree.cpp(), *tree.python(), *scripts]:
        raw = cpp.raw_string_lines(file.text) if file.name.endswith((".cc", ".h")) else set()
        for number, line in enumerate(file.lines, 1):
            if len(line) > COLUMNS_MAX and number not in raw and not line.startswith("#include"):
                yield Finding(file.name, number, f"{len(line)} columns",
                              f"break the line before column {COLUMNS_MAX + 1}")


def doors(tree: Tree) -> Iterator[Finding]:
    for file in tree.headers_and_sources():
        if file.is_test() or file.name == "src/main.cc":
            continue
        room = tree.room(file.in_src)
        lines = cpp.code_only(file.text).splitlines()
        for number, line in enumerate(lines, 1):
            for one in DOORS:
                if room not in one.folders and one.pattern.search(line):
                    yield Finding(file.name, number, f"{line.strip()} outside "
                                  f"{' and '.join(one.folders)}", one.remedy)


def unfinished(tree: Tree) -> Iterator[Finding]:
    for file in [*tree.cpp(), *tree.python()]:
        for number in file.find(UNFINISHED):
            yield Finding(file.name, number, "unfinished", "do it, or say in docs what lacks")


def skipped(tree: Tree) -> Iterator[Finding]:
    for file in [*tree.cpp(), *tree.python()]:
        for number in file.find(SKIPPED):
            # Only a corpus that is not there may be missed, and then loudly: ./test repeats it.
            if "NOT RUN: " in "".join(file.lines[max(0, number - 4):number]):
                continue
            yield Finding(file.name, number, "a skipped test is a missing one",
                          "let it run (tests/peers unpacks servers), or take it out")


def workplace(tree: Tree) -> Iterator[Finding]:
    for file in tree.files:
        if file.name.startswith("tests/data/"):
            continue
        for number in file.find(WORKPLACE):
            yield Finding(file.name, number, "path of somebody's workplace",
                          "use a path from the top of the tree")


def threads(tree: Tree) -> Iterator[Finding]:
    """Tests that start threads are built for ThreadSanitizer, too."""
    presets = tree.root / "CMakePresets.json"
    if not presets.exists():
        return
    rooms = next((preset["cacheVariables"]["STAGEPOST_TEST_ROOMS"].split(";")
                  for preset in json.loads(presets.read_text())["configurePresets"]
                  if preset["name"] == "tsan"), [])
    for file in tree.headers_and_sources():
        room = tree.room(file.in_src)
        if not file.name.endswith("_test.cc") or room in rooms:
            continue
        for number in file.find(THREADS):
            yield Finding(file.name, number, f"{room} is not built for ThreadSanitizer",
                          "add it to STAGEPOST_TEST_ROOMS in CMakePresets.json")


RULES = (layers, manuals, sizes, columns, doors, unfinished, skipped, workplace, threads)


def main(arguments: list[str]) -> int:
    tree = Tree(Path(arguments[0] if arguments else Path(__file__).parents[2]).resolve())
    findings = [finding for rule in RULES for finding in rule(tree)]
    for finding in findings:
        print(finding)
    print(f"{len(list(tree.cpp()))} C++ files, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
