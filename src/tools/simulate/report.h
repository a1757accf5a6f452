// tools/simulate/report.h: what came of it, for people and for programs.
//
// What:    tables in words; or one JSON object (docs/simulate.md has its members).
// In/Out:  Counts, what was asked and what was wrong → text with its line end; with octets a
//          ByteResult, too. Nothing but its Machine depends on the machine: the same seed gives the
//          same text.
// Errors:  none.
// Limits:  none.
// Not here: counting (counts.h), pictures (pictures.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/simulate/counts.h"
#include "tools/simulate/figures.h"
#include "tools/simulate/scenario.h"

namespace simulate {

struct Asked {
  std::string scenario;  // the file, or "the default scenario"
  std::string settings;  // the file, or "default settings"
  Mail mail = {};
  std::uint64_t seed = 1;
  bool cut = false;
};

[[nodiscard]] std::string result_text(const Asked& asked, const Counts& counts,
                                      const std::vector<std::string>& wrong,
                                      const ByteResult* bytes = nullptr);
[[nodiscard]] std::string result_json(const Asked& asked, const Counts& counts,
                                      const std::vector<std::string>& wrong,
                                      const ByteResult* bytes = nullptr);
// The part of result_text() that only a run with octets has (report_bytes.cc).
[[nodiscard]] std::string bytes_text(const Counts& counts, const ByteResult& bytes);
// "1,000,000 messages to 5,000 domains in 7 days, seed 1".
[[nodiscard]] std::string title(const Asked& asked);

}  // namespace simulate
