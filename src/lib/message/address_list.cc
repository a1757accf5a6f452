// See address_list.h.
#include "lib/message/address_list.h"

#include <fmt/format.h>

#include <utility>

#include "lib/base/text.h"
#include "lib/message/utf8.h"

namespace message {
namespace {

using base::ErrorKind;
using base::Result;

// What a value consists of, between comments and folds.
struct Token {
  enum class Kind : std::uint8_t { word, quoted, literal, special, end };
  Kind kind = Kind::end;
  std::string text = {};  // word and literal: as written; quoted: without quotes and backslashes
  char special = 0;       // one of <>,;:@.
  bool spaced = false;    // something stood between it and what came before
};

bool is_fold(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// RFC 5322 §3.2.3 atext, and all of UTF-8 beyond ASCII (RFC 6532 §3.2).
bool is_atext(char c) {
  constexpr std::string_view signs = "!#$%&'*+-/=?^_`{|}~";
  return base::is_alpha(c) || base::is_digit(c) || static_cast<unsigned char>(c) >= 0x80 ||
         signs.contains(c);
}

bool is_control(char c) {
  const auto octet = static_cast<unsigned char>(c);
  return (octet < 0x20 && !is_fold(c)) || octet == 0x7f;
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  // The next token, past comments and folds.
  Result<Token> next() {
    const std::size_t before = at_;
    if (auto skipped = skip(); !skipped) return std::unexpected(skipped.error());
    auto token = read();
    if (token) token->spaced = at_before_token_ != before;
    return token;
  }

  [[nodiscard]] std::vector<std::string> take_comments() { return std::move(comments_); }

  [[nodiscard]] std::unexpected<base::Error> wrong(const std::string& what) const {
    constexpr std::size_t shown = 40;
    const std::size_t begin = at_ > shown / 2 ? at_ - shown / 2 : 0;
    return base::fail(ErrorKind::invalid,
                      fmt::format("{} near \"{}\"", what,
                                  base::printable(base::trim(text_.substr(begin, shown)), shown)));
  }

 private:
  Result<Token> read() {
    at_before_token_ = at_;
    if (at_ == text_.size()) return Token{};
    const char c = text_[at_];
    if (c == '"') return delimited(Token::Kind::quoted, '"', "a quotation mark is not closed");
    if (c == '[') return delimited(Token::Kind::literal, ']', "a [ is not closed");
    constexpr std::string_view specials = "<>,;:@.";
    if (specials.contains(c)) {
      ++at_;
      return Token{.kind = Token::Kind::special, .text = {}, .special = c};
    }
    if (!is_atext(c)) {
      return wrong(fmt::format("there is a stray {}",
                               is_control(c) ? "control character" : std::string(1, c)));
    }
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_atext(text_[at_])) ++at_;
    return Token{.kind = Token::Kind::word, .text = std::string(text_.substr(begin, at_ - begin))};
  }

  // RFC 5322 §3.2.2 CFWS. Comments nest.
  Result<> skip() {
    std::size_t depth = 0;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '(') {
        if (++depth > comment_depth_max) return wrong("comments are nested too deep");
        if (depth == 1) {
          comments_.emplace_back();
          continue;
        }
      } else if (depth > 0 && c == ')') {
        --depth;
      } else if (depth > 0 && c == '\\') {
        ++at_;
      } else if (depth == 0 && !is_fold(c)) {
        return {};
      } else if (is_control(c)) {
        return wrong("there is a control character");
      }
      if (depth > 0 && at_ < text_.size() && c != '\r' && c != '\n') {
        comments_.back() += text_[at_];
      }
    }
    at_ = text_.size();  // a backslash may have been the last octet
    if (depth > 0) return wrong("a comment is not closed");
    return {};
  }

  // A quoted string (§3.2.4) or a domain literal (§3.4.1), which keeps its brackets.
  Result<Token> delimited(Token::Kind kind, char closing, const char* unclosed) {
    Token token{.kind = kind};
    if (kind == Token::Kind::literal) token.text = "[";
    for (++at_; at_ < text_.size(); ++at_) {
      char c = text_[at_];
      if (c == closing) {
        ++at_;
        if (kind == Token::Kind::literal) token.text += ']';
        return token;
      }
      if (c == '\r' || c == '\n') continue;  // a fold is the space after it
      if (c == '\\' && ++at_ == text_.size()) break;
      c = text_[at_];
      if (is_control(c)) return wrong("there is a control character");
      token.text += c;
    }
    return wrong(unclosed);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t at_before_token_ = 0;
  std::vector<std::string> comments_;
};

// RFC 5322 §3.4 by one token of look-ahead; obsolete forms (§4.4) as far as they have one meaning.
class Parser {
 public:
  Parser(std::string_view text, std::string_view domain) : lexer_(text), domain_(domain) {}

  Result<Mailboxes> parse() {
    if (auto done = advance(); !done) return std::unexpected(done.error());
    while (token_.kind != Token::Kind::end) {
      Result<> done;
      if (is(',')) {
        done = advance();  // §4.4: empty entries are nothing
      } else if (is(';')) {
        done = end_group();
      } else {
        done = take_entry();
        const bool ended = token_.kind == Token::Kind::end || is(',') || is(';');
        if (done && !ended) done = fail_with("a comma is missing");
      }
      if (!done) return std::unexpected(done.error());
    }
    if (in_group_) return fail_with("a group is not closed by a semicolon");
    out_.comments = lexer_.take_comments();
    return std::move(out_);
  }

 private:
  [[nodiscard]] std::unexpected<base::Error> fail_with(const char* what) const {
    return lexer_.wrong(what);
  }
  [[nodiscard]] bool is(char special) const {
    return token_.kind == Token::Kind::special && token_.special == special;
  }
  Result<> advance() {
    auto next = lexer_.next();
    if (!next) return std::unexpected(next.error());
    token_ = std::move(*next);
    return {};
  }

  Result<> end_group() {
    if (!in_group_) return fail_with("there is a stray ;");
    in_group_ = false;
    return advance();
  }

  // A mailbox or the beginning of a group. What comes first may be a name or a local part: only the
  // sign behind it tells.
  Result<> take_entry() {
    std::string local;
    name_.clear();
    std::size_t words = 0;
    bool joined = true;  // all words by single dots: it may be a local part
    bool dot = true;     // what came last; at the beginning a word is wanted
    while (token_.kind == Token::Kind::word || token_.kind == Token::Kind::quoted || is('.')) {
      const bool now_dot = is('.');
      joined = joined && now_dot != dot;
      dot = now_dot;
      if (!dot) ++words;
      local += dot ? "." : token_.text;
      if (token_.spaced && !name_.empty()) name_ += ' ';
      name_ += dot ? "." : token_.text;
      if (auto done = advance(); !done) return done;
    }
    if (!is('<')) name_.clear();  // it was no name
    if (is('@')) {
      if (words == 0 || dot || !joined) return fail_with("an @ stands where a name should");
      return take_domain(std::move(local));
    }
    if (is('<')) return take_angle();
    if (is(':')) return begin_group(words);
    if (words == 0) return fail_with("an address is missing");
    if (joined && !dot && !domain_.empty()) {
      return add({.local = std::move(local), .domain = std::string(domain_)});
    }
    return fail_with("there is no @ and no <address>");
  }

  Result<> begin_group(std::size_t words) {
    if (in_group_ || words == 0) return fail_with("there is a stray :");
    in_group_ = out_.group = true;
    if (auto done = advance(); !done) return done;
    // The list in the group is read by the loop of parse(); its first entry follows at once.
    if (is(';') || is(',') || token_.kind == Token::Kind::end) return {};
    return take_entry();
  }

  // "<" [route ":"] local "@" domain ">"
  Result<> take_angle() {
    if (auto done = advance(); !done) return done;
    if (is('@') || is(',')) {
      if (auto done = skip_route(); !done) return done;
    }
    std::string local;
    bool dot = true;
    while (!is('@')) {
      if (is('>') && !dot && !domain_.empty()) {
        if (auto done = add({.local = local, .domain = std::string(domain_)}); !done) return done;
        return advance();
      }
      const bool word = token_.kind == Token::Kind::word || token_.kind == Token::Kind::quoted;
      if (word != dot && !(is('.') && !dot)) return fail_with("this is no address in < >");
      if (!word && !is('.')) return fail_with("this is no address in < >");
      local += word ? token_.text : ".";
      dot = !word;
      if (auto done = advance(); !done) return done;
    }
    if (dot) return fail_with("this is no address in < >");
    if (auto done = take_domain(std::move(local)); !done) return done;
    if (!is('>')) return fail_with("a < is not closed");
    return advance();
  }

  // §4.4 obs-route: "@a,@b:". It means nothing any more.
  Result<> skip_route() {
    out_.route = true;
    while (!is(':')) {
      const bool part = is('@') || is(',') || is('.') || token_.kind == Token::Kind::word ||
                        token_.kind == Token::Kind::literal;
      if (!part) return fail_with("this is no address in < >");
      if (auto done = advance(); !done) return done;
    }
    return advance();
  }

  // From the @ to the end of the domain.
  Result<> take_domain(std::string local) {
    if (auto done = advance(); !done) return done;
    std::string domain;
    if (token_.kind == Token::Kind::literal) {
      domain = token_.text;
      if (auto done = advance(); !done) return done;
    } else {
      for (bool dot = true; token_.kind == Token::Kind::word || (is('.') && !dot);) {
        if (token_.kind == Token::Kind::word && !dot) break;
        dot = is('.');
        domain += dot ? "." : token_.text;
        if (auto done = advance(); !done) return done;
      }
    }
    return add({.local = std::move(local), .domain = std::move(domain)});
  }

  Result<> add(Address address) {
    if (out_.addresses.size() >= addresses_max) return fail_with("there are too many addresses");
    // One grammar for all: what could not be in an envelope is no address.
    auto good = parse_address(address.text(), {.utf8 = true});
    if (!good || *good != address || address.local.empty())
      return fail_with("this is no mail address");
    out_.addresses.push_back(std::move(address));
    out_.names.push_back(std::exchange(name_, {}));
    return {};
  }

  Lexer lexer_;
  std::string_view domain_;
  Token token_;
  std::string name_;  // of the entry that is being read
  Mailboxes out_;
  bool in_group_ = false;
};

}  // namespace

base::Result<Mailboxes> parse_address_list(std::string_view value, std::string_view domain) {
  return Parser(value, domain).parse();
}

}  // namespace message
