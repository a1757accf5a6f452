// See encoded_word.h.
#include "lib/message/encoded_word.h"

#include <array>
#include <optional>

#include "lib/base/text.h"
#include "lib/message/utf8.h"

namespace message {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

struct Word {
  std::string charset;  // lower case
  std::string octets;
  std::size_t length = 0;  // as it is written
};

void append_code_point(std::string& out, char32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0U | (c >> 6U));
    out += static_cast<char>(0x80U | (c & 0x3FU));
  } else {
    out += static_cast<char>(0xE0U | (c >> 12U));
    out += static_cast<char>(0x80U | ((c >> 6U) & 0x3FU));
    out += static_cast<char>(0x80U | (c & 0x3FU));
  }
}

// RFC 2047 §4.2
std::optional<std::string> decode_q(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '_') {
      out += ' ';
    } else if (text[i] == '=') {
      const auto octet = base::unhex(text.substr(i + 1, 2));
      if (!octet || octet->size() != 1) return std::nullopt;
      out += *octet;
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

// RFC 2047 §4.1; padding is often missing.
std::optional<std::string> decode_b(std::string_view text) {
  std::string padded(text);
  while (padded.size() % 4 != 0) padded += '=';
  return base::unbase64(padded);
}

// RFC 2047 §2: "=?" charset ["*" language] "?" encoding "?" text "?=". Spaces in the text are
// against the rules, and readers let them through.
std::optional<Word> read_word(std::string_view text) {
  if (!text.starts_with("=?")) return std::nullopt;
  const std::size_t charset_end = text.find('?', 2);
  if (charset_end == std::string_view::npos || charset_end + 2 >= text.size()) return std::nullopt;
  if (text[charset_end + 2] != '?') return std::nullopt;
  const char encoding = base::to_lower(text[charset_end + 1]);
  const std::size_t begin = charset_end + 3;
  const std::size_t end = text.find("?=", begin);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view body = text.substr(begin, end - begin);
  std::optional<std::string> octets;
  if (encoding == 'q') octets = decode_q(body);
  if (encoding == 'b') octets = decode_b(body);
  if (!octets) return std::nullopt;
  std::string charset = base::lower(text.substr(2, charset_end - 2));
  charset.resize(std::min(charset.find('*'), charset.size()));  // RFC 2231 §5
  return Word{.charset = std::move(charset), .octets = std::move(*octets), .length = end + 2};
}

// windows-1252 where it differs from ISO-8859-1: 0x80 to 0x9F; 0: not used.
constexpr std::array<char32_t, 32> windows_1252 = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

// Octets of a charset of one octet per character; mail of ISO-8859-1 is windows-1252 in truth.
void append_single(std::string& out, std::string_view octets, bool latin_9) {
  for (const char c : octets) {
    const auto octet = static_cast<unsigned char>(c);
    char32_t point = octet;
    if (octet >= 0x80 && octet < 0xA0) point = windows_1252.at(octet - 0x80U);
    if (latin_9 && octet == 0xA4) point = 0x20AC;
    if (point == 0) {
      out += replacement;
    } else {
      append_code_point(out, point);
    }
  }
}

void append_utf8(std::string& out, std::string_view octets) {
  if (is_utf8(octets)) {
    out += octets;
    return;
  }
  for (const char c : octets) {
    if (static_cast<unsigned char>(c) < 0x80) {
      out += c;
    } else {
      out += replacement;
    }
  }
}

bool append_decoded(std::string& out, const std::string& charset, std::string_view octets) {
  if (charset == "utf-8" || charset == "utf8" || charset == "us-ascii" || charset == "ascii") {
    append_utf8(out, octets);
  } else if (charset == "iso-8859-1" || charset == "windows-1252" || charset == "cp1252") {
    append_single(out, octets, false);
  } else if (charset == "iso-8859-15") {
    append_single(out, octets, true);
  } else {
    return false;
  }
  return true;
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

// Line ends go (folds); other control characters become spaces.
std::string without_controls(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\r' || c == '\n') continue;
    out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
  }
  return out;
}

}  // namespace

std::string decode_words(std::string_view text) {
  text = text.substr(0, encoded_text_bytes_max);
  std::string out;
  // A character may be split over two words of one charset, as some senders do against §5: their
  // octets are joined first.
  std::string charset;
  std::string octets;
  const auto flush = [&] {
    append_decoded(out, charset, octets);
    octets.clear();
    charset.clear();
  };
  while (!text.empty()) {
    const std::size_t at = text.find("=?");
    const std::string_view plain = text.substr(0, at);
    const auto word = at == std::string_view::npos ? std::nullopt : read_word(text.substr(at));
    std::string probe;
    const bool known = word && append_decoded(probe, word->charset, "");
    if (known && !charset.empty() && is_blank(plain)) {
      // RFC 2047 §6.2: space between two encoded words is not shown.
      if (word->charset != charset) flush();
    } else {
      flush();
      append_utf8(out, plain);
    }
    if (at == std::string_view::npos) break;
    if (known) {
      charset = word->charset;
      octets += word->octets;
      text.remove_prefix(at + word->length);
    } else {
      out += "=?";
      text.remove_prefix(at + 2);
    }
  }
  flush();
  return without_controls(out);
}

}  // namespace message
