"""Tests of tests/tidy: each rule bites on a bad example and leaves a good one alone; our tree is
tidy."""

from pathlib import Path

import cpp
import pytest
import tidy

LAYERS = "lib/base :\nlib/io : lib/base\nlib/http: lib/io\nlib/dns: lib/io\n" \
         "queue : lib/io lib/base\nconfig : lib/base queue/settings.h\ntools : *\n. : *\n"
MANUAL = "".join(f"// {heading}  words\n" for heading in tidy.HEADINGS)


def header(name: str, body: str = "") -> str:
    return f"// {name}: what it is.\n//\n{MANUAL}#pragma once\n{body}"


def findings(root: Path, rule, files: dict[str, str]) -> list[str]:
    for name, text in {"layers.txt": LAYERS, **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return [str(finding) for finding in rule(tidy.Tree(root))]


@pytest.mark.parametrize("rule", tidy.RULES, ids=lambda rule: rule.__name__)
def test_our_tree(rule):
    root = Path(tidy.__file__).parents[2]
    found = [str(finding) for finding in rule(tidy.Tree(root))]
    if found:
        pytest.fail("\n" + "\n".join(found), pytrace=False)


BASE = {"src/lib/base/a.h": header("lib/base/a.h"), "src/queue/settings.h":
        header("queue/settings.h"), "src/queue/store.h": header("queue/store.h")}


@pytest.mark.parametrize(("file", "include", "wrong"), [
    ("src/queue/q.cc", "lib/base/a.h", False),
    ("src/queue/q.cc", "queue/store.h", False),
    ("src/lib/base/b.cc", "queue/store.h", True),
    ("src/config/read.cc", "queue/settings.h", False),
    ("src/config/read.cc", "queue/store.h", True),
    ("src/lib/http/h.cc", "lib/base/a.h", True),  # allowed is what is listed, not what that has
    ("src/tools/t.cc", "queue/store.h", False),
    ("src/main.cc", "queue/store.h", False),
    ("src/lib/base/b_test.cc", "queue/store.h", False),
    ("src/queue/q.cc", "store.h", True),  # not from src/
    ("src/nobody/q.cc", "lib/base/a.h", True),  # a folder without a line in layers.txt
])
def test_layers(tmp_path, file, include, wrong):
    found = findings(tmp_path, tidy.layers, {**BASE, file: f'// See.\n#include "{include}"\n'})
    assert len(found) == wrong, found


def test_layers_name_file_and_line(tmp_path):
    text = '// See b.h.\n// #include "queue/store.h"\n#include "queue/store.h"\n'
    found = findings(tmp_path, tidy.layers, {**BASE, "src/lib/base/b.cc": text})
    assert found[0].startswith("src/lib/base/b.cc:3: lib/base may not include queue/store.h: ")


@pytest.mark.parametrize(("name", "text", "wrong"), [
    ("src/queue/a.h", header("queue/a.h"), 0),
    ("src/queue/a.h", header("queue/b.h"), 1),
    ("src/queue/a.h", header("queue/a.h").replace("// Limits:  words\n", ""), 1),
    ("src/queue/a.h", header("queue/a.h").replace("// Errors:  words", "// Errors:"), 1),
    ("src/queue/a.h", header("queue/a.h").replace("#pragma once\n", ""), 1),
    ("src/queue/a.cc", "// See a.h.\n", 0),
    ("src/queue/a.cc", '#include "queue/a.h"\n', 1),
    ("src/queue/a.cc", "", 1),
])
def test_manuals(tmp_path, name, text, wrong):
    assert len(findings(tmp_path, tidy.manuals, {name: text})) == wrong


def function_text(lines: int, head: str = "int f(int a)") -> str:
    return f"{head} {{\n" + "  g();\n" * (lines - 2) + "}\n"


@pytest.mark.parametrize(("text", "wrong"), [
    ("// a\n" * tidy.FILE_LINES_MAX, 0),
    ("// a\n" * (tidy.FILE_LINES_MAX + 1), 1),
    (function_text(tidy.FUNCTION_LINES_MAX), 0),
    (function_text(tidy.FUNCTION_LINES_MAX + 1), 1),
    (f"namespace a {{\nclass B {{\n public:\n{function_text(71)}}};\n}}\n", 1),
    (function_text(71, "TEST(Suite, Case)"), 1),
    (function_text(71, "A::A(int b) : b_{b}, c_(b)"), 1),
    ("const int rows[] = {\n" + "  1,\n" * 100 + "};\n", 0),
])
def test_sizes(tmp_path, text, wrong):
    assert len(findings(tmp_path, tidy.sizes, {"src/queue/a.cc": text})) == wrong


def test_sizes_of_python(tmp_path):
    text = "def f():\n" + "    g()\n" * tidy.FUNCTION_LINES_MAX
    assert len(findings(tmp_path, tidy.sizes, {"tests/a.py": text})) == 1


@pytest.mark.parametrize(("listed", "lines", "wrong"), [
    ("80 src/queue/a.cc f", 80, 0),
    ("80 src/queue/a.cc f", 81, 1),  # grew
    ("80 src/queue/a.cc f", 75, 1),  # shrank: the list must say so
    ("80 src/queue/a.cc f", 60, 1),  # no longer long
])
def test_the_list_of_long_ones_only_shrinks(tmp_path, listed, lines, wrong):
    files = {"src/queue/a.cc": function_text(lines), "tests/tidy/long.txt": listed + "\n"}
    assert len(findings(tmp_path, tidy.sizes, files)) == wrong


def test_functions_are_found():
    text = '''// { not code
#define MACRO(x) \\
  if (x) {
template <typename T, typename U = std::vector<T>>
[[nodiscard]] std::optional<T> first(const U& list) noexcept {
  for (const auto& one : list) { return one; }
  return R"({ " )";
}
struct Options { int a = 1; std::string b{"}"}; };
class Reader final : public Base {
 public:
  explicit Reader(int size)
      : size_{size}, text_("{") {
    CHECK(size > 0);
  }
  bool operator==(const Reader& other) const { return size_ == other.size_; }
 private:
  int size_{0};
};
constexpr auto kLambda = [](char c) { return c == '{'; };
enum class Colour : int { red, green };
io::Task<void> run(Loop& loop) {
  co_return;
}
'''
    found = {function.name: function.lines for function in cpp.functions(text)}
    assert found["first"] == 5
    assert found["Reader"] == 4
    assert found["run"] == 3
    assert "Options" not in found and "Colour" not in found and "MACRO" not in found


@pytest.mark.parametrize(("text", "wrong"), [
    ("// " + "a" * 97 + "\n", 0),
    ("// " + "ä" * 97 + "\n", 0),  # columns, not octets
    ("// " + "a" * 98 + "\n", 1),
    ('auto x = R"(' + "a" * 200 + ')";\n', 0),
])
def test_columns(tmp_path, text, wrong):
    assert len(findings(tmp_path, tidy.columns, {"src/queue/a.cc": text})) == wrong


@pytest.mark.parametrize(("file", "line", "wrong"), [
    ("src/queue/a.cc", "auto t = std::chrono::steady_clock::now();", True),
    ("src/queue/a.cc", "auto t = system_clock::now();", True),
    ("src/lib/io/clock.cc", "auto t = std::chrono::steady_clock::now();", False),
    ("src/queue/a.cc", "auto t = clock.now();", False),
    ("src/queue/a.cc", "// std::chrono::steady_clock::now() is banned", False),
    ("src/queue/a.cc", "#include <random>", True),
    ("src/queue/a.cc", "#include <fstream>", True),
    ("src/queue/a.cc", "#include <iostream>", True),
    ("src/queue/a.cc", "#include <filesystem>", True),
    ("src/queue/a.cc", "#include <fcntl.h>", True),
    ("src/queue/a.cc", "#include <sys/socket.h>", True),
    ("src/queue/a_test.cc", "#include <sys/socket.h>", False),
    ("src/main.cc", "#include <iostream>", False),
    ("src/queue/a.cc", "const int fd = ::open(path, 0);", True),
    ("src/queue/a.cc", "auto j = Journal::open(path);", False),
    ("src/queue/a.cc", "::connect(fd, a, b);", True),
    ("src/queue/a.cc", "#include <boost/asio.hpp>", True),
    ("src/queue/a.cc", "#include <boost/asio/steady_timer.hpp>", True),
    ("src/lib/http/a.cc", "#include <boost/beast/http.hpp>", False),
    ("src/queue/a.cc", "#include <openssl/ssl.h>", True),
    ("src/queue/a.cc", "#include <openssl/evp.h>", False),
    ("src/queue/a.cc", "#include <unbound.h>", True),
    ("src/lib/io/a.cc", "#include <unbound.h>", True),
    ("src/lib/dns/a.cc", "#include <unbound.h>", False),
])
def test_doors(tmp_path, file, line, wrong):
    assert len(findings(tmp_path, tidy.doors, {file: f"// See.\n{line}\n"})) == wrong


@pytest.mark.parametrize(("rule", "text", "wrong"), [
    (tidy.unfinished, "// TODO" + "(now): limit", 1),
    (tidy.unfinished, "// FIX" + "ME", 1),
    (tidy.unfinished, "// TODO(someday): faster", 0),
    (tidy.skipped, "  GTEST_" + 'SKIP() << "no";', 1),
    (tidy.skipped, "TEST(A, DISABLED" + "_b) {", 1),
    (tidy.skipped, "// skip the spaces", 0),
    (tidy.skipped, 'puts("NOT RUN: no corpus");\n  GTEST_' + "SKIP();", 0),
    (tidy.workplace, "// see /" + "work/shared", 1),
    (tidy.workplace, "// see /tmp/" + "w/notes", 1),
    (tidy.workplace, "// see /tmp/words and a/working/day", 0),
])
def test_words(tmp_path, rule, text, wrong):
    assert len(findings(tmp_path, rule, {"src/queue/a_test.cc": text})) == wrong


def test_skips_in_python(tmp_path):
    text = "import pytest\n@pytest.mark." + "skip\ndef test_a():\n    pass\n"
    assert len(findings(tmp_path, tidy.skipped, {"tests/e2e/test_a.py": text})) == 1


@pytest.mark.parametrize(("file", "wrong"), [
    ("src/queue/a_test.cc", 1), ("src/lib/io/a_test.cc", 0),
])
def test_threads(tmp_path, file, wrong):
    presets = '{"configurePresets": [{"name": "tsan", "cacheVariables": ' \
              '{"STAGEPOST_TEST_ROOMS": "lib/io;lib/dns"}}]}'
    files = {"CMakePresets.json": presets, file: "// See a.h.\nstd::thread other([] {});\n"}
    assert len(findings(tmp_path, tidy.threads, files)) == wrong
