// See letter.h.
#include "server/local_mail/letter.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "lib/base/text.h"

namespace local_mail {
namespace {

using message::Envelope;

constexpr std::string_view magic = "stagepost-letter 1";
constexpr std::string_view null_sender = "<>";

struct NotifyWord {
  std::string_view word;
  std::uint8_t bit;
};
constexpr std::array notify_words = {
    NotifyWord{"never", message::notify_never}, NotifyWord{"success", message::notify_success},
    NotifyWord{"failure", message::notify_failure}, NotifyWord{"delay", message::notify_delay}};

std::unexpected<base::Error> bad(std::string why) {
  return base::fail(base::ErrorKind::invalid, std::move(why));
}

bool has_controls(std::string_view text) {
  return std::ranges::any_of(
      text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

std::string notify_text(std::uint8_t notify) {
  std::string out;
  for (const auto& [word, bit] : notify_words) {
    if ((notify & bit) == 0) continue;
    if (!out.empty()) out += ',';
    out += word;
  }
  return out;
}

// One "name: value" of the head.
base::Result<> take_field(Letter& letter, std::string_view name, std::string_view value) {
  if (name == "key" && letter.key.empty() && is_key(value)) {
    letter.key = value;
  } else if (name == "sender" && !letter.sender && !value.empty()) {
    letter.sender = value == null_sender ? std::string() : std::string(value);
  } else if (name == "recipient" && !value.empty()) {
    if (letter.recipients.size() == recipients_max) {
      return bad(fmt::format("more than {} recipients", recipients_max));
    }
    letter.recipients.emplace_back(value);
  } else if (name == "ret" && (value == "full" || value == "headers")) {
    letter.ret = value == "full" ? Envelope::Ret::full : Envelope::Ret::headers;
  } else if (name == "notify" && read_notify(value)) {
    letter.notify = *read_notify(value);
  } else if (name == "envid" && is_envid(value)) {
    letter.envid = value;
  } else {
    return bad(fmt::format("\"{}: {}\" is not understood", base::printable(name, 40),
                           base::printable(value, 80)));
  }
  return {};
}

// Every line ends with CRLF, and no CR or LF is anywhere else.
bool has_crlf_lines(std::string_view text) {
  for (std::size_t at = text.find_first_of("\r\n"); at != std::string_view::npos;
       at = text.find_first_of("\r\n", at + 2)) {
    if (text[at] != '\r' || at + 1 == text.size() || text[at + 1] != '\n') return false;
  }
  return text.empty() || text.ends_with("\r\n");
}

}  // namespace

bool is_key(std::string_view text) {
  return text.size() >= key_bytes_min && text.size() <= key_bytes_max &&
         std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
         });
}

bool is_envid(std::string_view text) {
  return !text.empty() && text.size() <= envid_bytes_max &&
         std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

std::optional<std::uint8_t> read_notify(std::string_view words) {
  std::uint8_t notify = 0;
  for (const std::string_view one : base::split(words, ',')) {
    const auto known = std::ranges::find_if(
        notify_words, [one](const auto& word) { return base::iequals(word.word, one); });
    if (known == notify_words.end()) return std::nullopt;
    notify |= known->bit;
  }
  // RFC 3461 §4.1: NEVER stands alone.
  if (notify != message::notify_never && (notify & message::notify_never) != 0) return std::nullopt;
  return notify;
}

std::string write_letter(const Letter& letter) {
  std::string out = fmt::format("{}\nkey: {}\n", magic, letter.key);
  if (letter.sender) {
    out += fmt::format("sender: {}\n", letter.sender->empty() ? null_sender : *letter.sender);
  }
  for (const std::string& recipient : letter.recipients) {
    out += fmt::format("recipient: {}\n", recipient);
  }
  if (letter.ret != Envelope::Ret::unset) {
    out += fmt::format("ret: {}\n", letter.ret == Envelope::Ret::full ? "full" : "headers");
  }
  if (letter.notify != message::notify_default) {
    out += fmt::format("notify: {}\n", notify_text(letter.notify));
  }
  if (!letter.envid.empty()) out += fmt::format("envid: {}\n", letter.envid);
  out += fmt::format("bytes: {}\n\n", letter.message.size());
  return out + letter.message;
}

base::Result<Letter> read_letter(std::string_view text) {
  Letter letter;
  std::optional<std::uint64_t> bytes;
  bool first = true;
  for (;;) {
    const std::size_t end = text.substr(0, line_bytes_max + 1).find('\n');
    if (end == std::string_view::npos) return bad("the head ends too soon, or a line is too long");
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (std::exchange(first, false)) {
      if (line != magic) return bad("it is no letter of this version");
      continue;
    }
    if (line.empty()) break;
    if (bytes) return bad("the head goes on after \"bytes\"");
    const std::size_t colon = line.find(": ");
    if (colon == std::string_view::npos || has_controls(line)) return bad("the head is malformed");
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = line.substr(colon + 2);
    if (name == "bytes") {
      bytes = base::parse_number(value);
      if (!bytes) return bad("\"bytes\" is no number");
    } else if (auto taken = take_field(letter, name, value); !taken) {
      return std::unexpected(std::move(taken.error()));
    }
  }
  if (letter.key.empty()) return bad("it has no key");
  if (letter.recipients.empty()) return bad("it has no recipient");
  if (bytes != text.size()) return bad("its message is not whole");
  if (!has_crlf_lines(text)) return bad("lines of its message do not end with CRLF");
  letter.message = text;
  return letter;
}

}  // namespace local_mail
