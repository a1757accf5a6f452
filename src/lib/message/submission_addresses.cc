// See submission.h: address lists in which domains are missing (RFC 6409 §8.1).
#include <fmt/format.h>

#include <algorithm>

#include "lib/base/text.h"
#include "lib/message/submission.h"
#include "lib/message/utf8.h"

namespace message {
namespace {

// RFC 5322 §3.2.3 specials; the dot is part of a local part here.
constexpr std::string_view specials = "()<>[]:;@\\,\"";

// What was seen of an address, or of the name before it.
struct Words {
  std::size_t count = 0;
  std::size_t begin = 0;  // of the last word
  std::size_t end = 0;
  bool at = false;  // it has a domain, or a route
};

class ListReader {
 public:
  explicit ListReader(std::string_view list) : list_(list) {}

  // False: this is no address list.
  bool read() {
    while (at_ < list_.size()) {
      if (!step(list_[at_])) return false;
    }
    end_mailbox();
    return !in_angle_;
  }
  // Local parts without a domain.
  [[nodiscard]] const std::vector<std::string_view>& locals() const { return locals_; }

 private:
  bool step(char c) {
    Words& words = in_angle_ ? address_ : phrase_;
    if (c == '(') return skip_comment();
    if (c == '"') return skip_to('"') && add_word(words);
    if (c == '[') return skip_to(']') && add_word(words);
    begin_ = at_++;
    if (c == '<') {
      if (in_angle_) return false;
      in_angle_ = had_angle_ = true;
      address_ = {};
    } else if (c == '>') {
      if (!in_angle_) return false;
      in_angle_ = false;
      note(address_);
    } else if (c == '@') {
      words.at = true;
    } else if ((c == ',' || c == ';') && !in_angle_) {
      end_mailbox();
    } else if (c == ':' && !in_angle_) {
      phrase_ = {};  // the name of a group (RFC 5322 §3.4)
    } else if (!specials.contains(c) && !base::is_space(c) && c != '\r' && c != '\n') {
      while (at_ < list_.size() && is_word(list_[at_])) ++at_;
      return add_word(words);
    }
    return true;
  }

  static bool is_word(char c) {
    return !specials.contains(c) && !base::is_space(c) && c != '\r' && c != '\n';
  }

  // The last token, [begin_, at_), is a word, or goes on with the one that ends where it begins.
  bool add_word(Words& words) {
    if (words.count == 0 || words.end != begin_) {
      ++words.count;
      words.begin = begin_;
    }
    words.end = at_;
    return true;
  }

  bool skip_to(char last) {
    begin_ = at_;
    for (++at_; at_ < list_.size(); ++at_) {
      if (list_[at_] == '\\') {
        ++at_;
      } else if (list_[at_] == last) {
        ++at_;
        return true;
      }
    }
    return false;
  }

  bool skip_comment() {
    std::size_t depth = 0;
    for (; at_ < list_.size(); ++at_) {
      const char c = list_[at_];
      if (c == '\\') {
        ++at_;
      } else if (c == '(') {
        ++depth;
      } else if (c == ')' && --depth == 0) {
        ++at_;
        return true;
      }
    }
    return false;
  }

  void end_mailbox() {
    if (!had_angle_) note(phrase_);
    phrase_ = {};
    had_angle_ = false;
  }

  // One word without an @ is a local part; several are a name without an address.
  void note(const Words& words) {
    if (words.count != 1 || words.at) return;
    const std::string_view word = list_.substr(words.begin, words.end - words.begin);
    const bool bracket = word.starts_with('[') || word.contains('\\');
    if (bracket || word.starts_with("=?") || !is_ascii(word)) return;
    if (word.size() <= local_bytes_max) locals_.push_back(word);
  }

  std::string_view list_;
  std::size_t at_ = 0;
  std::size_t begin_ = 0;  // of the token before at_
  Words phrase_;
  Words address_;
  bool in_angle_ = false;
  bool had_angle_ = false;
  std::vector<std::string_view> locals_;
};

}  // namespace

std::optional<CompletedList> with_domain(std::string_view addresses, std::string_view domain) {
  if (domain.empty()) return std::nullopt;
  ListReader reader(addresses);
  if (!reader.read() || reader.locals().empty()) return std::nullopt;
  CompletedList out;
  std::size_t copied = 0;
  for (const std::string_view local : reader.locals()) {
    const auto end = static_cast<std::size_t>(local.data() - addresses.data()) + local.size();
    out.text += addresses.substr(copied, end - copied);
    out.text += '@';
    out.text += domain;
    out.addresses.push_back(fmt::format("{}@{}", local, domain));
    copied = end;
  }
  out.text += addresses.substr(copied);
  return out;
}

}  // namespace message
