// lib/dns/zone_lexer.h: zone-file text as entries of words (RFC 1035 §5.1).
//
// What:    joins lines within parentheses, takes comments away, tells quoted words from bare ones,
//          and keeps comment lines that begin with "; !".
// In/Out:  text → one ZoneEntry after the other, with the line that it begins on.
// Errors:  invalid, with line and remedy: a quote or a parenthesis that is not closed.
// Limits:  words_max words in one entry.
// Not here: what the words mean (zone_reader.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace dns {

struct ZoneWord {
  std::string_view raw;  // with its escapes, without its quotes
  bool quoted = false;
};

struct ZoneEntry {
  std::size_t line = 0;
  bool owner_left_out = false;    // the line begins with a blank
  std::vector<ZoneWord> words;    // empty: a comment line
  std::string_view comment = {};  // what follows "; !"
};

// "line 12: TEXT".
[[nodiscard]] std::unexpected<base::Error> zone_error(std::size_t line, std::string_view text);
// Octets: \DDD is that octet, \X is X (RFC 1035 §5.1). nullopt: \DDD beyond 255, a lone backslash.
[[nodiscard]] std::optional<std::string> zone_octets(std::string_view raw);

class ZoneLexer {
 public:
  static constexpr std::size_t words_max = 10'000;

  // The text outlives lexer and entries.
  explicit ZoneLexer(std::string_view text) : text_(text) {}
  // The next entry that says something; nothing at the end.
  [[nodiscard]] base::Result<std::optional<ZoneEntry>> next();

 private:
  [[nodiscard]] base::Result<> read_line(ZoneEntry& entry);
  [[nodiscard]] base::Result<ZoneWord> quoted();
  [[nodiscard]] ZoneWord bare();
  [[nodiscard]] std::string_view comment();
  [[nodiscard]] bool at_end() const { return at_ >= text_.size(); }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

}  // namespace dns
