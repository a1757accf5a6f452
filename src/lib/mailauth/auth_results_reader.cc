// See auth_results_reader.h.
#include "lib/mailauth/auth_results_reader.h"

#include <optional>
#include <string>
#include <utility>

#include "lib/base/text.h"

namespace mailauth {
namespace {

struct Token {
  std::string text;
  char sign = 0;        // one of ;=./ that stands alone; 0: a word
  bool quoted = false;  // a quoted string, which is never a sign
};

bool is_white(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// Words, quoted strings and signs; comments and white space go.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  // nullopt at the end, and where a comment or a quoted string has none.
  std::optional<Token> next() {
    if (!pass_over() || at_ == text_.size()) return std::nullopt;
    const char c = text_[at_];
    if (c == '"') return quoted();
    if (c == ';' || c == '=') {
      ++at_;
      return Token{.text = {}, .sign = c};
    }
    const std::size_t begin = at_;
    while (at_ < text_.size() && !is_white(text_[at_]) &&
           !std::string_view(";=\"()").contains(text_[at_])) {
      ++at_;
    }
    if (at_ == begin) ++at_;  // a stray ")": a word of its own
    return Token{.text = std::string(text_.substr(begin, at_ - begin))};
  }

 private:
  bool pass_over() {
    std::size_t depth = 0;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (depth > 0 && c == '\\') {
        if (++at_ == text_.size()) return false;
      } else if (c == '(') {
        ++depth;
      } else if (depth > 0 && c == ')') {
        --depth;
      } else if (depth == 0 && !is_white(c)) {
        return true;
      }
    }
    return depth == 0;
  }

  std::optional<Token> quoted() {
    Token token{.text = {}, .sign = 0, .quoted = true};
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      if (text_[at_] != '\r' && text_[at_] != '\n') token.text += text_[at_];
    }
    if (at_ == text_.size()) return std::nullopt;
    ++at_;
    return token;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

bool is_sign(const Token& token, char sign) { return token.sign == sign; }

// method ["/" version] "=" result, then reason= and properties.
std::optional<AuthResult> read_result(const std::vector<Token>& tokens) {
  if (tokens.size() < 3 || !is_sign(tokens[1], '=') || tokens[0].quoted || tokens[2].sign != 0) {
    return std::nullopt;
  }
  AuthResult result;
  const std::string& method = tokens[0].text;
  result.method = base::lower(std::string_view(method).substr(0, method.find('/')));
  result.result = base::lower(tokens[2].text);
  for (std::size_t i = 3;
       i + 2 < tokens.size() && result.properties.size() < auth_properties_max;) {
    const bool pair = tokens[i].sign == 0 && !tokens[i].quoted && is_sign(tokens[i + 1], '=') &&
                      tokens[i + 2].sign == 0;
    if (!pair) {
      ++i;
      continue;
    }
    std::string name = base::lower(tokens[i].text);
    std::string value = tokens[i + 2].text;
    i += 3;
    // A base64 value may end with signs of equality.
    while (i < tokens.size() && is_sign(tokens[i], '=')) ++i;
    if (name == "reason") {
      result.reason = std::move(value);
    } else {
      result.properties.emplace_back(std::move(name), std::move(value));
    }
  }
  return result;
}

}  // namespace

std::vector<AuthResult> read_auth_results(std::string_view value) {
  std::vector<AuthResult> results;
  Lexer lexer(value);
  std::vector<Token> tokens;
  bool first = true;  // the authserv-id
  const auto end_part = [&] {
    if (!first) {
      if (auto result = read_result(tokens)) results.push_back(std::move(*result));
    }
    first = false;
    tokens.clear();
  };
  while (results.size() < auth_results_max) {
    auto token = lexer.next();
    if (!token) break;
    if (is_sign(*token, ';')) {
      end_part();
    } else {
      tokens.push_back(std::move(*token));
    }
  }
  if (results.size() < auth_results_max) end_part();
  return results;
}

}  // namespace mailauth
