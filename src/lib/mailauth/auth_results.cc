// See auth_results.h.
#include "lib/mailauth/auth_results.h"

#include <algorithm>
#include <optional>

#include "lib/base/text.h"
#include "lib/message/header.h"

namespace mailauth {
namespace {

constexpr std::string_view field_name = "Authentication-Results";
constexpr std::size_t line_bytes_aim = 78;  // RFC 5322 §2.1.1

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
  const message::HeaderLimits all{.header_bytes_max = header.size(),
                                  .fields_max = header.size() + 1};
  for (const message::FieldView& field : message::read_header(header, all)) {
    if (!base::iequals(field.name, field_name)) continue;
    const std::string id = authserv_id_of(field.value);
    // What we cannot read somebody else might, as ours.
    const bool ours =
        id.empty() ? base::icontains(field.value, authserv_id) : base::iequals(id, authserv_id);
    if (!ours) continue;
    cuts.push_back({.offset = static_cast<std::uint64_t>(field.whole.data() - header.data()),
                    .length = field.whole.size(),
                    .bytes = {}});
  }
  return cuts;
}

}  // namespace mailauth
