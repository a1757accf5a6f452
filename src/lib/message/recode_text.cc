// See recode.h: the encodings.
#include <fmt/format.h>

#include <algorithm>

#include "lib/base/text.h"
#include "lib/message/recode.h"
#include "lib/message/utf8.h"

namespace message {
namespace {

constexpr std::size_t encoded_line_bytes_max = 76;  // RFC 2045 §6.7 (5) and §6.8

class QuotedWriter {
 public:
  explicit QuotedWriter(std::size_t text_bytes) { out_.reserve(text_bytes + text_bytes / 16); }

  void line_end() {
    out_ += "\r\n";
    column_ = 0;
  }

  // `last`: a line end, or the end of all, follows.
  void octet(char c, bool last) {
    const bool space = base::is_space(c);
    const bool plain = (c > ' ' && c <= '~' && c != '=') || (space && !last);
    const std::size_t bytes = plain ? 1 : 3;
    // A soft line break takes a column itself, except where the line ends anyway.
    if (column_ + bytes > encoded_line_bytes_max - (last ? 0 : 1)) {
      out_ += "=";
      line_end();
    }
    // "--" could be a boundary, "From " is quoted by those who write mailbox files.
    const bool odd = column_ == 0 && (c == '-' || c == 'F');
    if (plain && !odd) {
      out_ += c;
      ++column_;
    } else {
      constexpr std::string_view digits = "0123456789ABCDEF";
      const auto value = static_cast<unsigned char>(c);
      out_ += '=';
      out_ += digits[value >> 4U];
      out_ += digits[value & 0xfU];
      column_ += 3;
    }
  }

  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  std::string out_;
  std::size_t column_ = 0;
};

}  // namespace

std::string quoted_printable(std::string_view text) {
  QuotedWriter writer(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text.substr(at).starts_with("\r\n")) {
      writer.line_end();
      ++at;
      continue;
    }
    const std::string_view rest = text.substr(at + 1, 2);
    writer.octet(text[at], rest.empty() || rest == "\r\n");
  }
  return writer.take();
}

std::string base64_lines(std::string_view bytes) {
  constexpr std::size_t bytes_per_line = encoded_line_bytes_max / 4 * 3;
  std::string out;
  out.reserve(bytes.size() / 3 * 4 + bytes.size() / bytes_per_line * 2 + 8);
  for (std::size_t at = 0; at < bytes.size(); at += bytes_per_line) {
    if (at > 0) out += "\r\n";
    out += base::base64(bytes.substr(at, bytes_per_line));
  }
  return out;
}

std::string_view guess_charset(std::string_view text) {
  if (is_utf8(text)) return "utf-8";
  // Programs that do not say what they write are old and western: Latin 1, or what Windows made of
  // it with letters where Latin 1 has control characters. Neither can be wrong octet by octet, and
  // a reader shows something, which "unknown-8bit" (RFC 1428) would not let it.
  const bool windows = std::ranges::any_of(text, [](char c) {
    const auto value = static_cast<unsigned char>(c);
    return value >= 0x80 && value < 0xa0;
  });
  return windows ? "windows-1252" : "iso-8859-1";
}

}  // namespace message
