// See compose_field.h.
#include "lib/message/compose_field.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/base/text.h"
#include "lib/message/submission.h"
#include "lib/message/utf8.h"

namespace message {
namespace {

constexpr std::size_t line_bytes_wanted = 78;   // RFC 5322 §2.1.1
constexpr std::size_t encoded_octets_max = 42;  // base64 makes 56 of them; the word has 68
constexpr std::string_view replacement = "\xEF\xBF\xBD";

// How many octets the code point has that `text` begins with; 0: none begins here.
std::size_t code_point_bytes(std::string_view text) {
  for (std::size_t bytes = 1; bytes <= std::min<std::size_t>(4, text.size()); ++bytes) {
    if (is_utf8(text.substr(0, bytes))) return bytes;
  }
  return 0;
}

std::string on_one_line(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto octet = static_cast<unsigned char>(text[at]);
    const std::size_t bytes = code_point_bytes(text.substr(at));
    if (octet < ' ' || octet == 0x7f) {
      if (!out.ends_with(' ')) out += ' ';
      ++at;
    } else if (bytes == 0) {
      out += replacement;
      ++at;
    } else {
      out += text.substr(at, bytes);
      at += bytes;
    }
  }
  return std::string(base::trim(out));
}

// RFC 2047 §5: no character is divided between two words.
std::vector<std::string> encoded_words(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    std::size_t bytes = 0;
    while (bytes < text.size()) {
      const std::size_t next = code_point_bytes(text.substr(bytes));
      if (bytes + next > encoded_octets_max) break;
      bytes += next;
    }
    out.push_back(fmt::format("=?utf-8?b?{}?=", base::base64(text.substr(0, bytes))));
    text.remove_prefix(bytes);
  }
  return out;
}

class Folder {
 public:
  explicit Folder(std::string_view name) : out_(fmt::format("{}:", name)), column_(out_.size()) {}

  // With a space before it, on a new line when this one would become too long.
  void word(std::string_view word) {
    if (column_ + 1 + word.size() > line_bytes_wanted && !first_) {
      out_ += "\r\n";
      column_ = 0;
    }
    out_ += ' ';
    out_ += word;
    column_ += 1 + word.size();
    first_ = false;
  }
  void stick(std::string_view more) {
    out_ += more;
    column_ += more.size();
  }
  [[nodiscard]] std::string take() { return std::move(out_) + "\r\n"; }

 private:
  std::string out_;
  std::size_t column_;
  bool first_ = true;  // after the name: a line of nothing but a name would be an empty field
};

bool needs_encoding(std::string_view text) {
  if (!is_ascii(text) || text.contains("=?")) return true;
  // A run of spaces, or a word that no line can hold, would not come out as it went in.
  if (text.contains("  ")) return true;
  return std::ranges::any_of(base::words(text), [](std::string_view word) {
    return word.size() > text_line_bytes_max / 2;
  });
}

// RFC 5322 §3.2.3
bool is_atoms(std::string_view text) {
  constexpr std::string_view others = "!#$%&'*+-/=?^_`{|}~ ";
  return std::ranges::all_of(
      text, [&](char c) { return base::is_alpha(c) || base::is_digit(c) || others.contains(c); });
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

void write_name(Folder& folder, std::string_view name) {
  if (needs_encoding(name)) {
    for (const std::string& word : encoded_words(name)) folder.word(word);
  } else if (is_atoms(name)) {
    for (const std::string_view word : base::words(name)) folder.word(word);
  } else {
    for (const std::string_view word : base::split(quoted(name), ' ')) folder.word(word);
  }
}

std::string percent_octets(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = base::is_alpha(c) || base::is_digit(c) || c == '.' || c == '-' || c == '_';
    out += plain ? std::string(1, c)
                 : fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
  }
  return out;
}

}  // namespace

std::string text_field(std::string_view name, std::string_view text) {
  const std::string line = on_one_line(text);
  Folder folder(name);
  if (needs_encoding(line)) {
    for (const std::string& word : encoded_words(line)) folder.word(word);
  } else {
    for (const std::string_view word : base::words(line)) folder.word(word);
  }
  return folder.take();
}

std::string address_field(std::string_view name, const std::vector<NamedAddress>& addresses) {
  Folder folder(name);
  for (std::size_t at = 0; at < addresses.size(); ++at) {
    const NamedAddress& one = addresses[at];
    const std::string shown = on_one_line(one.name);
    if (shown.empty()) {
      folder.word(one.address.text());
    } else {
      write_name(folder, shown);
      folder.word(fmt::format("<{}>", one.address.text()));
    }
    if (at + 1 < addresses.size()) folder.stick(",");
  }
  return folder.take();
}

std::string file_name_parameter(std::string_view file_name) {
  const std::string name = on_one_line(file_name);
  if (name.empty()) return {};
  if (is_ascii(name) && name.size() <= line_bytes_wanted - 20) {
    return fmt::format(";\r\n filename={}", quoted(name));
  }
  // RFC 2231 §3: in pieces, for a long one may not stand on one line.
  constexpr std::size_t piece_bytes = 54;
  const std::string encoded = percent_octets(name);
  std::string out;
  std::size_t number = 0;
  for (std::size_t at = 0; at < encoded.size();) {
    std::size_t bytes = std::min(piece_bytes, encoded.size() - at);
    // "%C3" is not divided.
    const std::size_t percent = encoded.rfind('%', at + bytes - 1);
    if (at + bytes < encoded.size() && percent != std::string::npos && percent > at &&
        percent + 3 > at + bytes) {
      bytes = percent - at;
    }
    out += fmt::format(";\r\n filename*{}*={}{}", number, number == 0 ? "utf-8''" : "",
                       std::string_view(encoded).substr(at, bytes));
    at += bytes;
    ++number;
  }
  return out;
}

}  // namespace message
