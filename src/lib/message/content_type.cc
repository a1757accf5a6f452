// See content_type.h.
#include "lib/message/content_type.h"

#include <algorithm>

#include "lib/base/text.h"

namespace message {
namespace {

// RFC 2045 §5.1: what a token may not hold.
constexpr std::string_view tspecials = "()<>@,;:\\\"/[]?=";

bool is_token(char c) { return c > ' ' && c != '\x7f' && !tspecials.contains(c); }

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  // Over white space, folds and comments (RFC 5322 §3.2.2); false: a comment without end.
  bool skip() {
    std::size_t depth = 0;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      const bool space = base::is_space(c) || c == '\r' || c == '\n';
      if (c == '(') {
        ++depth;
      } else if (depth > 0 && c == '\\') {
        ++at_;
      } else if (depth > 0 && c == ')') {
        --depth;
      } else if (depth == 0 && !space) {
        return true;
      }
    }
    return depth == 0;
  }

  [[nodiscard]] bool at_end() const { return at_ >= text_.size(); }

  bool take(char c) {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  std::string token() {
    const std::size_t begin = std::min(at_, text_.size());
    while (!at_end() && is_token(text_[at_])) ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }

  // A token or a quoted string without its quotes; nullopt: neither.
  std::optional<std::string> value() {
    if (!take('"')) {
      std::string out = token();
      return out.empty() ? std::nullopt : std::optional(std::move(out));
    }
    std::string out;
    for (; !at_end(); ++at_) {
      const char c = text_[at_];
      if (c == '"') {
        ++at_;
        return out;
      }
      if (c == '\\' && at_ + 1 < text_.size()) ++at_;
      if (c != '\r' && c != '\n') out += text_[at_];
    }
    return std::nullopt;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

bool read_parameter(Reader& reader, ContentType& out) {
  if (out.parameters.size() >= ContentType::parameters_max || !reader.take(';')) return false;
  if (!reader.skip()) return false;
  if (reader.at_end()) return true;  // a semicolon at the end: common, and harmless
  std::string name = base::lower(reader.token());
  if (name.empty() || !reader.skip() || !reader.take('=') || !reader.skip()) return false;
  auto value = reader.value();
  if (!value || !reader.skip()) return false;
  out.parameters.emplace_back(std::move(name), *std::move(value));
  return true;
}

}  // namespace

const std::string* ContentType::parameter(std::string_view name) const {
  const auto found =
      std::ranges::find(parameters, name, &std::pair<std::string, std::string>::first);
  return found == parameters.end() ? nullptr : &found->second;
}

std::optional<ContentType> parse_content_type(std::string_view value) {
  Reader reader(value);
  if (!reader.skip()) return std::nullopt;
  const std::string type = base::lower(reader.token());
  if (type.empty() || !reader.skip() || !reader.take('/') || !reader.skip()) return std::nullopt;
  const std::string subtype = base::lower(reader.token());
  if (subtype.empty()) return std::nullopt;
  ContentType out;
  out.type = type + '/' + subtype;
  out.whole = reader.skip();
  while (out.whole && !reader.at_end()) out.whole = read_parameter(reader, out);
  return out;
}

std::string first_token(std::string_view value) {
  Reader reader(value);
  return reader.skip() ? base::lower(reader.token()) : std::string();
}

}  // namespace message
