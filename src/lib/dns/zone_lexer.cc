// See zone_lexer.h.
#include "lib/dns/zone_lexer.h"

#include <fmt/format.h>

#include "lib/base/text.h"

namespace dns {
namespace {

using base::Result;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

// Whether a bare word ends before this octet.
bool ends_word(char c) {
  return is_blank(c) || c == '\n' || c == ';' || c == '(' || c == ')' || c == '"';
}

}  // namespace

std::unexpected<base::Error> zone_error(std::size_t line, std::string_view text) {
  return base::fail(base::ErrorKind::invalid, fmt::format("line {}: {}", line, text));
}

std::optional<std::string> zone_octets(std::string_view raw) {
  std::string out;
  out.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '\\') {
      out += raw[i];
      continue;
    }
    if (++i == raw.size()) return std::nullopt;
    if (!base::is_digit(raw[i])) {
      out += raw[i];
      continue;
    }
    const auto octet = base::parse_number(raw.substr(i, 3));
    if (i + 3 > raw.size() || !octet || *octet > 255) return std::nullopt;
    out += static_cast<char>(*octet);
    i += 2;
  }
  return out;
}

Result<std::optional<ZoneEntry>> ZoneLexer::next() {
  while (!at_end()) {
    ZoneEntry entry{.line = line_, .owner_left_out = is_blank(text_[at_]), .words = {}};
    if (auto read = read_line(entry); !read) return std::unexpected(read.error());
    if (!entry.words.empty() || !entry.comment.empty()) return entry;
  }
  return std::nullopt;
}

// To the end of the line, or of the lines that parentheses make one.
Result<> ZoneLexer::read_line(ZoneEntry& entry) {
  unsigned depth = 0;
  while (!at_end()) {
    const char c = text_[at_];
    if (c == '\n') {
      ++at_;
      ++line_;
      if (depth == 0) return {};
    } else if (is_blank(c)) {
      ++at_;
    } else if (c == ';') {
      const std::string_view said = comment();
      if (entry.words.empty() && depth == 0 && said.starts_with('!')) {
        entry.comment = base::trim(said.substr(1));
      }
    } else if (c == '(' || c == ')') {
      if (c == ')' && depth == 0) {
        return zone_error(line_, "\")\" closes nothing; remedy: take it away or open it before");
      }
      depth = c == '(' ? depth + 1 : depth - 1;
      ++at_;
    } else if (entry.words.size() == words_max) {
      return zone_error(line_, "too many words in one record; remedy: split it");
    } else if (c == '"') {
      auto word = quoted();
      if (!word) return std::unexpected(word.error());
      entry.words.push_back(*word);
    } else {
      entry.words.push_back(bare());
    }
  }
  if (depth == 0) return {};
  return zone_error(entry.line, "\"(\" is never closed; remedy: put \")\" after the last word");
}

Result<ZoneWord> ZoneLexer::quoted() {
  const std::size_t begin = ++at_;
  for (; !at_end() && text_[at_] != '\n'; ++at_) {
    if (text_[at_] == '"') {
      const ZoneWord word{.raw = text_.substr(begin, at_ - begin), .quoted = true};
      ++at_;
      return word;
    }
    if (text_[at_] == '\\') ++at_;
  }
  return zone_error(line_, "a quoted string does not end on its line; remedy: close it with \"");
}

ZoneWord ZoneLexer::bare() {
  const std::size_t begin = at_;
  while (!at_end() && !ends_word(text_[at_])) at_ += text_[at_] == '\\' ? 2 : 1;
  at_ = std::min(at_, text_.size());
  return {.raw = text_.substr(begin, at_ - begin)};
}

// Up to the line's end, which it leaves.
std::string_view ZoneLexer::comment() {
  const std::size_t begin = at_ + 1;
  at_ = std::min(text_.find('\n', at_), text_.size());
  return base::trim(text_.substr(begin, at_ - begin));
}

}  // namespace dns
