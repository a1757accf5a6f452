"""tests/tidy/cpp.py: just enough C++ reading for tidy.py: text without comments, functions.

It relies on clang-format: the brace of a body has a space before it, that of an initializer
(`name_{1}`, `return {…}` aside) has none. Nothing here compiles; odd code is passed over.
"""

import re
from dataclasses import dataclass

TOKEN = re.compile(
    r'(?P<raw>(?:u8|[uUL])?R"(?P<mark>[^()\\\s]{0,16})\((?:.|\n)*?\)(?P=mark)")'
    r'|(?P<text>"(?:\\.|[^"\\\n])*")'
    r"|(?P<char>(?<![0-9a-zA-Z_])'(?:\\.|[^'\\\n])+')"
    r"|(?P<line>//[^\n]*)"
    r"|(?P<block>/\*(?:.|\n)*?\*/)")
KEEP_LINES = re.compile(r"[^\n]")
SCOPE = re.compile(r"^(?:inline\s+)?namespace\b|^extern\s*$")
TYPE = re.compile(r"^(?:(?:static|constexpr|inline|const|typedef)\s+)*"
                  r"(?:class|struct|union|enum)\b")
TEMPLATE = re.compile(r"^template\s*<")
NAME = re.compile(r"((?:operator\s*(?:\(\)|[^\s\w(]+|\s\w+))|[\w:~]+)\s*\(")
TEST_NAME = re.compile(r"^(TEST\w*)\(\s*(\w+),\s*(\w+)\)")


@dataclass(frozen=True)
class Function:
    name: str
    line: int
    lines: int


def blank(text: str, kinds: tuple[str, ...]) -> str:
    """The text with tokens of these kinds (raw, text, char, line, block) turned into spaces."""

    def replace(found: re.Match) -> str:
        if found.lastgroup not in kinds and not (found.group("raw") and "raw" in kinds):
            return found.group()
        return KEEP_LINES.sub(" ", found.group())

    return TOKEN.sub(replace, text)


def code_only(text: str) -> str:
    """Without comments and literals; line numbers stay."""
    return blank(text, ("raw", "text", "char", "line", "block"))


def raw_string_lines(text: str) -> set[int]:
    """Numbers of the lines that a raw string touches."""
    lines: set[int] = set()
    for found in TOKEN.finditer(text):
        if found.group("raw"):
            first = text.count("\n", 0, found.start()) + 1
            lines.update(range(first, first + found.group().count("\n") + 1))
    return lines


def without_preprocessor(code: str) -> str:
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*",
                  lambda m: KEEP_LINES.sub(" ", m.group()), code, flags=re.MULTILINE)


def closing_brace(code: str, start: int) -> int:
    depth = 0
    for found in re.compile(r"[{}]").finditer(code, start):
        depth += 1 if found.group() == "{" else -1
        if depth == 0:
            return found.start()
    return len(code) - 1


def strip_template(head: str) -> str:
    """`template <…> requires (…)` taken off; the angle brackets are counted."""
    while TEMPLATE.match(head):
        depth = 0
        for index, char in enumerate(head):
            depth += {"<": 1, ">": -1}.get(char, 0)
            if char == ">" and depth == 0:
                head = head[index + 1:].lstrip()
                break
        else:
            return ""
    return re.sub(r"^\[\[[^\]]*\]\]\s*", "", head)


def function_name(head: str) -> str:
    test = TEST_NAME.match(head)
    if test:
        return f"{test.group(1)}({test.group(2)}, {test.group(3)})"
    found = NAME.search(head)
    return found.group(1) if found else ""


def functions(text: str) -> list[Function]:
    """Every function defined at namespace or class scope, with its lines from head to brace."""
    code = without_preprocessor(code_only(text))
    result = []
    head_start = index = 0
    while index < len(code):
        char = code[index]
        if char in ";}":
            head_start = index + 1
        elif char == ":" and re.search(r"\b(?:public|private|protected)\s*$", code[:index][-12:]):
            head_start = index + 1
        elif char == "{":
            if code[index - 1] not in " \n":  # an initializer inside a head: a_{a}
                index = closing_brace(code, index)
                index += 1
                continue
            raw_head = code[head_start:index]
            head = strip_template(raw_head.strip())
            if SCOPE.match(head) or TYPE.match(head):
                head_start = index + 1
            else:
                end = closing_brace(code, index)
                name = "" if head.endswith("=") else function_name(head)
                if name:
                    first = head_start + len(raw_head) - len(raw_head.lstrip())
                    line = code.count("\n", 0, first) + 1
                    result.append(Function(name, line, code.count("\n", first, end) + 1))
                index = end
                head_start = end + 1
        index += 1
    return result
