// See shown_text.h.
#include "lib/message/shown_text.h"

#include <optional>

#include "lib/base/text.h"
#include "lib/message/utf8.h"

namespace message {
namespace {

struct Word {
  std::string_view charset;
  char encoding = 0;  // 'b' or 'q'
  std::string_view text;
  std::size_t size = 0;  // octets of all of it
};

// "=?charset?encoding?text?=" at the front (§2).
std::optional<Word> word_at(std::string_view text) {
  if (!text.starts_with("=?")) return std::nullopt;
  const std::size_t charset = text.find('?', 2);
  if (charset == std::string_view::npos || charset == 2) return std::nullopt;
  if (charset + 2 >= text.size() || text[charset + 2] != '?') return std::nullopt;
  const char encoding = base::to_lower(text[charset + 1]);
  if (encoding != 'b' && encoding != 'q') return std::nullopt;
  // Spaces in the text are let through: many write them, and readers take them.
  const std::size_t begin = charset + 3;
  const std::size_t end = text.find_first_of("?\r\n", begin);
  if (end == std::string_view::npos || !text.substr(end).starts_with("?=")) return std::nullopt;
  const std::string_view named = text.substr(2, charset - 2);
  if (named.find_first_of(" \t\"<>@") != std::string_view::npos) return std::nullopt;
  // RFC 2231 §5: "*" and a language may follow the character set.
  return Word{.charset = named.substr(0, named.find('*')),
              .encoding = encoding,
              .text = text.substr(begin, end - begin),
              .size = end + 2};
}

// §4.2.
std::string decode_q(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escaped = text[i] == '=' && i + 2 < text.size();
    if (const auto octet = escaped ? base::unhex(text.substr(i + 1, 2)) : std::nullopt) {
      out += *octet;
      i += 2;
    } else {
      out += text[i] == '_' ? ' ' : text[i];
    }
  }
  return out;
}

// Padding may be missing, as it is with many who write these.
std::optional<std::string> decode_b(std::string_view text) {
  std::string padded;
  for (const char c : text) {
    if (c != '=' && !base::is_space(c)) padded += c;
  }
  if (padded.size() % 4 == 1) padded.pop_back();
  while (padded.size() % 4 != 0) padded += '=';
  return base::unbase64(padded);
}

std::string latin1(std::string_view octets) {
  std::string out;
  for (const char c : octets) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet < 0x80) {
      out += c;
    } else {
      out += static_cast<char>(0xc0U | (octet >> 6U));
      out += static_cast<char>(0x80U | (octet & 0x3fU));
    }
  }
  return out;
}

std::string ascii_of(std::string_view octets) {
  std::string out;
  for (const char c : octets) out += static_cast<unsigned char>(c) < 0x80 ? c : '?';
  return out;
}

std::optional<std::string> decode(const Word& word) {
  auto octets = word.encoding == 'q' ? decode_q(word.text) : decode_b(word.text);
  if (!octets || is_ascii(*octets)) return octets;
  if (base::iequals(word.charset, "utf-8") || base::iequals(word.charset, "utf8")) return octets;
  for (const std::string_view name : {"iso-8859-1", "iso-8859-15", "windows-1252", "latin1"}) {
    if (base::iequals(word.charset, name)) return latin1(*octets);
  }
  return ascii_of(*octets);
}

bool is_space_only(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace

bool has_encoded_word(std::string_view text) {
  for (std::size_t at = text.find("=?"); at != std::string_view::npos;
       at = text.find("=?", at + 1)) {
    if (word_at(text.substr(at))) return true;
  }
  return false;
}

std::string shown_text(std::string_view text) {
  std::string out;
  std::size_t words = 0;
  std::size_t from = 0;  // what is before it has been written
  for (std::size_t at = text.find("=?"); at != std::string_view::npos;) {
    const auto word = words < encoded_words_max ? word_at(text.substr(at)) : std::nullopt;
    const auto decoded = word ? decode(*word) : std::nullopt;
    if (!decoded) {
      at = text.find("=?", at + 1);
      continue;
    }
    const std::string_view between = text.substr(from, at - from);
    if (words == 0 || !is_space_only(between)) out += between;
    out += *decoded;
    ++words;
    from = at + word->size;
    at = text.find("=?", from);
  }
  out += text.substr(from);
  return out;
}

}  // namespace message
