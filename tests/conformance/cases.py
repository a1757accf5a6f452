"""tests/conformance/cases.py: the text of cases/ → Case; README.md has its form.

Errors:  CaseError with file and line for what cannot be read.
"""

import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "cases"
LEVELS = ("MUST", "SHOULD", "OPEN")
HEAD = re.compile(r"\[([a-z0-9-]+)\]")
SECTION = re.compile(r"RFC (\d+) (§[\w.]+(?:, §[\w.]+)*): (\S.*)")
STEP = re.compile(r"(TLS|(?:C|X|S|NEEDS|MUST|SHOULD|OPEN)(?=[:*]))(?:\*(\d+))?(?:: ?(.*))?")


class CaseError(ValueError):
    pass


@dataclass(frozen=True)
class Step:
    kind: str
    text: str = ""
    times: int = 1

    @property
    def judged(self) -> bool:
        return self.kind in LEVELS


@dataclass(frozen=True)
class Case:
    name: str
    chapter: str  # of its file
    section: str  # "5321 §2.4"
    says: str
    port: str
    steps: tuple[Step, ...]

    @property
    def level(self) -> str:
        """The strictest of its lines."""
        return next(level for level in LEVELS if any(step.kind == level for step in self.steps))


def read(text: str) -> list[Step]:
    return [step_of(line) for line in text.strip().splitlines()]


def step_of(line: str) -> Step:
    found = STEP.fullmatch(line)
    if not found or (found.group(1) == "TLS") != (found.group(3) is None):
        raise CaseError(f"this is no step: {line}")
    return Step(found.group(1), found.group(3) or "", int(found.group(2) or 1))


GREETING = "S: 220\n"
EHLO = GREETING + "C: EHLO client.test\nS: 250\n"
MAIL = EHLO + "C: MAIL FROM:<{sender}>\nS: 250\n"
RCPT = MAIL + "C: RCPT TO:<{rcpt}>\nS: 250\n"
TLS = EHLO + "NEEDS: STARTTLS\nC: STARTTLS\nS: 220\nTLS\nC: EHLO client.test\nS: 250\n"
BEGINNINGS = {
    "nothing": [],
    "greeting": read(GREETING),
    "EHLO": read(EHLO),
    "MAIL": read(MAIL),
    "RCPT": read(RCPT),
    "DATA": read(RCPT + "C: DATA\nS: 354\n"),
    "TLS": read(TLS),
    "AUTH": read(TLS + "NEEDS: AUTH\nC: AUTH PLAIN {login}\nS: 235\n"),
}


def beginning(after: str, port: str) -> list[Step]:
    """LMTP says LHLO in EHLO's place (RFC 2033 §4.1)."""
    steps = BEGINNINGS[after]
    if port != "lmtp":
        return steps
    return [Step(one.kind, one.text.replace("EHLO ", "LHLO "), one.times) for one in steps]


class Reader:
    """The cases of one file, line by line."""

    def __init__(self, path: Path):
        self.path = path
        self.chapter = ""
        self.cases: list[Case] = []
        self.begin("")

    def begin(self, name: str) -> None:
        self.name, self.section, self.says = name, "", ""
        self.port, self.after = "smtp", "greeting"
        self.steps: list[Step] = []

    def read(self) -> list[Case]:
        for number, line in enumerate(self.path.read_text(encoding="utf-8").splitlines(), 1):
            try:
                self.take(line)
            except (CaseError, KeyError) as error:
                raise CaseError(f"{self.path.name}:{number}: {error}") from None
        self.end()
        return self.cases

    def take(self, line: str) -> None:
        if not line or line.startswith("#"):
            # The first comment is the chapter's title.
            self.chapter = self.chapter or line.lstrip("# ")
        elif head := HEAD.fullmatch(line):
            self.end()
            self.begin(head.group(1))
        elif not self.name:
            raise CaseError("a case begins with [its-name]")
        elif section := SECTION.fullmatch(line):
            self.section = f"{section.group(1)} {section.group(2)}"
            self.says = section.group(3)
        elif line.startswith("port: "):
            self.port = {"submission": "submission", "lmtp": "lmtp"}[line[6:]]
        elif line.startswith("after: "):
            self.after = line[7:]
            BEGINNINGS[self.after]
        else:
            self.steps.append(step_of(line))

    def end(self) -> None:
        if not self.name:
            return
        if not self.section or not any(step.judged for step in self.steps):
            raise CaseError(f"{self.path.name}: [{self.name}] needs a section and a judged line")
        self.cases.append(Case(self.name, self.chapter, self.section, self.says, self.port,
                               (*beginning(self.after, self.port), *self.steps)))


def all_cases(folder: Path = FOLDER) -> list[Case]:
    cases = [case for path in sorted(folder.glob("*.txt")) for case in Reader(path).read()]
    names = [case.name for case in cases]
    for name in names:
        if names.count(name) > 1:
            raise CaseError(f"[{name}] is there twice")
    return cases
