// config/check.h: what is wrong with settings taken together.
//
// What:    finds what is missing and what contradicts itself, after every value alone is good.
// In/Out:  Config and the lines of what the file sets → problems.
// Errors:  none: a Problem per mistake, with its remedy.
// Limits:  none.
// Not here: single values (codec.h), the world: ports, files, DNS (`stagepost doctor`).
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "config/config.h"

namespace config {

struct Problem {
  int line = 0;       // 0: of no line
  std::string key;    // "listener[2].address"
  std::string words;  // what is wrong; the remedy
};

// "listener[2].address" → 12; sections, too: "listener[2]".
using Lines = std::map<std::string, int, std::less<>>;

[[nodiscard]] std::vector<Problem> check(const Config& config, const Lines& lines);

}  // namespace config
