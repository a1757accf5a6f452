// See auth_results.h.
#include "lib/mailauth/auth_results.h"

#include <algorithm>
#include <optional>

#include "lib/base/text.h"
#include "lib/message/address.h"
#include "lib/message/header.h"

namespace mailauth {
namespace {

constexpr std::string_view field_name = "Authentication-Results";
constexpr std::size_t claim_bytes_max = 4096;  // of a value, where its authserv-id is looked for
constexpr std::size_t line_bytes_aim = 78;     // RFC 5322 §2.1.1

bool is_token_char(char c) {  // RFC 2045 §5.1
  return c > ' ' && c <= '~' && !std::string_view("()<>@,;:\\\"/[]?=").contains(c);
}

// pvalue (§2.2) lets [local@]domain stand unquoted, too.
bool is_plain(std::string_view value) {
  const std::size_t at = value.find('@');
  if (value.empty() || at != value.rfind('@')) return false;
  return std::ranges::all_of(value, [](char c) { return is_token_char(c) || c == '@'; });
}

std::string quoted(std::string_view value) {
  std::string out = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') out += '\\';
    out += c >= ' ' && c <= '~' ? c : '?';
  }
  return out + '"';
}

std::string written(std::string_view value) {
  value = value.substr(0, auth_value_bytes_max);
  return is_plain(value) ? std::string(value) : quoted(value);
}

// Folded before a word that would make the line too long.
class Folder {
 public:
  explicit Folder(std::string begin) : out_(std::move(begin)), column_(out_.size()) {}
  void word(const std::string& text) {
    if (column_ + 1 + text.size() > line_bytes_aim) {
      new_line();
    } else {
      out_ += ' ';
      ++column_;
    }
    out_ += text;
    column_ += text.size();
  }
  void new_line() {
    out_ += "\r\n\t";
    column_ = 1;
  }
  // The first word of a line needs no space in front.
  void first_word(const std::string& text) {
    out_ += text;
    column_ += text.size();
  }
  [[nodiscard]] std::string take() { return std::move(out_) + "\r\n"; }

 private:
  std::string out_;
  std::size_t column_;
};

// White space and comments, which may be nested (RFC 5322 §3.2.2); false when one never ends.
bool pass_over(std::string_view& text) {
  std::size_t depth = 0;
  while (!text.empty()) {
    const char c = text.front();
    if (depth > 0 && c == '\\' && text.size() > 1) {
      text.remove_prefix(2);
      continue;
    }
    if (c == '(') {
      ++depth;
    } else if (c == ')' && depth > 0) {
      --depth;
    } else if (depth == 0 && c != ' ' && c != '\t' && c != '\r' && c != '\n') {
      return true;
    }
    text.remove_prefix(1);
  }
  return depth == 0;
}

std::optional<std::string> take_quoted(std::string_view& text) {
  std::string out;
  text.remove_prefix(1);
  while (!text.empty() && text.front() != '"') {
    if (text.front() == '\\' && text.size() > 1) text.remove_prefix(1);
    // Folded white space inside quotes stands for nothing.
    if (text.front() != '\r' && text.front() != '\n') out += text.front();
    text.remove_prefix(1);
  }
  if (text.empty()) return std::nullopt;
  text.remove_prefix(1);
  return out;
}

// Without comments, which may be nested and hold anything.
std::string without_comments(std::string_view text) {
  std::string out;
  unsigned depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && i + 1 < text.size()) {
      ++i;
      if (depth == 0) out += text[i];
    } else if (c == '(') {
      ++depth;
    } else if (c == ')' && depth > 0) {
      --depth;
    } else if (depth == 0) {
      out += c;
    }
  }
  return out;
}

// U+FF01 to U+FF5E are ASCII in full width, U+3002 is a dot to IDNA: names that look like ours.
std::string narrow(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view three = text.substr(i, 3);
    const bool wide =
        three.size() == 3 && three[0] == '\xef' && (three[1] == '\xbc' || three[1] == '\xbd');
    if (wide) {
      const unsigned last = static_cast<unsigned char>(three[2]) - 0x80U;
      out += static_cast<char>(last + (three[1] == '\xbc' ? 0x20U : 0x60U));
      i += 2;
    } else if (three == "\xe3\x80\x82") {
      out += '.';
      i += 2;
    } else {
      out += text[i];
    }
  }
  return base::lower(out);
}

// Is one of the words our name, whatever stands between them?
bool has_word(std::string_view text, std::string_view id) {
  const auto is_name = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           static_cast<unsigned char>(c) >= 0x80;
  };
  while (!text.empty()) {
    std::size_t end = 0;
    while (end < text.size() && is_name(text[end])) ++end;
    std::string_view word = text.substr(0, end);
    while (word.ends_with('.')) word.remove_suffix(1);
    while (word.starts_with('.')) word.remove_prefix(1);
    if (!word.empty() && (word == id || message::domain_key(word) == id)) return true;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return false;
}

// Could any reader take it for ours? Comments, quotes, folds and wide letters are no disguise.
bool may_claim(std::string_view value, std::string_view authserv_id) {
  const std::string id = base::lower(authserv_id);
  const std::string read = authserv_id_of(value);
  if (read == id || (read.empty() && base::icontains(value, id))) return true;
  const std::string bare = without_comments(value.substr(0, claim_bytes_max));
  std::string spaced;
  std::string joined;
  for (const char c : std::string_view(bare).substr(0, bare.find(';'))) {
    if (c == '"') continue;
    spaced += c;
    if (c > ' ' || c < 0) joined += c;
  }
  return has_word(narrow(spaced), id) || has_word(narrow(joined), id);
}

}  // namespace

std::string auth_results_field(std::string_view authserv_id,
                               const std::vector<AuthResult>& results) {
  Folder field(std::string(field_name) + ":");
  field.word(written(authserv_id) + ";");
  if (results.empty()) {
    field.word("none");
    return field.take();
  }
  const std::size_t count = std::min(results.size(), auth_results_max);
  for (std::size_t i = 0; i < count; ++i) {
    const AuthResult& result = results[i];
    std::vector<std::string> words = {result.method + "=" + result.result};
    if (!result.reason.empty()) {
      words.push_back("reason=" +
                      quoted(std::string_view(result.reason).substr(0, auth_value_bytes_max)));
    }
    for (const auto& [name, value] : result.properties) {
      words.push_back(name + "=" + written(value));
    }
    if (i + 1 < count) words.back() += ';';
    field.new_line();
    field.first_word(words.front());
    for (std::size_t n = 1; n < words.size(); ++n) field.word(words[n]);
  }
  return field.take();
}

std::string authserv_id_of(std::string_view value) {
  if (!pass_over(value) || value.empty()) return {};
  if (value.front() == '"') return base::lower(take_quoted(value).value_or(""));
  std::size_t end = 0;
  while (end < value.size() && is_token_char(value[end])) ++end;
  return base::lower(value.substr(0, end));
}

std::vector<message::Edit> cut_forged_results(std::string_view header,
                                              std::string_view authserv_id) {
  std::vector<message::Edit> cuts;
  const std::string name = base::lower(field_name);
  const message::HeaderLimits all{.header_bytes_max = header.size(),
                                  .fields_max = header.size() + 1};
  for (const message::FieldView& field : message::read_header(header, all)) {
    if (message::lenient_name(field) != name) continue;
    // Of a line that is no field to us the value is what stands behind the colon.
    if (!may_claim(field.whole.substr(field.whole.find(':') + 1), authserv_id)) continue;
    cuts.push_back({.offset = static_cast<std::uint64_t>(field.whole.data() - header.data()),
                    .length = field.whole.size(),
                    .bytes = {}});
  }
  return cuts;
}

}  // namespace mailauth
