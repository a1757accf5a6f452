"""The plugin of clang_tidy.py takes no finding away, in a file of ours or in its header."""

import json
import subprocess
from pathlib import Path

import clang_tidy

HEADER = """#pragma once
#include <string>
#include <utility>
inline std::string moved(std::string a) {
  std::string b = std::move(a);
  return a + b;
}
"""
SOURCE = """#include "own/faults.h"

#include <map>
#include <vector>
namespace {
struct Pair { std::string word; };
}  // namespace
int faults(const std::map<std::string, int>& words) {
  std::vector<int> all;
  for (const auto& [word, count] : words) all.push_back(count);
  Pair pair;
  __builtin_memset(&pair, 0, sizeof(pair));
  if (words.size() == 1) return 2; else return 2;
}
"""


def findings(folder: Path, *options: str) -> list[str]:
    out = subprocess.run(["clang-tidy-19", *options, "-p", folder, "--quiet",
                          f"--config-file={clang_tidy.ROOT}/.clang-tidy", "--header-filter=own/.*",
                          folder / "own" / "faults.cc"],
                         capture_output=True, text=True, check=False, timeout=120).stdout
    return sorted(line for line in out.splitlines() if ": error: " in line)


def test_the_plugin_keeps_every_finding(tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    (own / "faults.h").write_text(HEADER)
    (own / "faults.cc").write_text(SOURCE)
    (tmp_path / "compile_commands.json").write_text(json.dumps([{
        "directory": str(tmp_path), "file": str(own / "faults.cc"),
        "command": f"clang++-19 -std=c++23 -I{tmp_path} -c {own}/faults.cc"}]))
    plugin = clang_tidy.make_plugin(tmp_path / "plugin", "/own/")
    every = findings(tmp_path)
    assert any("faults.h" in line and "use-after-move" in line for line in every), every
    assert any("faults.cc" in line and "inefficient-vector" in line for line in every), every
    assert findings(tmp_path, f"--load={plugin}") == every
