// See compose.h.
#include "cli/sendmail/compose.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "lib/base/text.h"
#include "lib/message/address_list.h"
#include "lib/message/compose_field.h"
#include "lib/message/header.h"

namespace sendmail {
namespace {

// The server puts the domain to names without one; until then this stands for it.
constexpr std::string_view no_domain = "no-domain.invalid";

std::unexpected<base::Error> bad(std::string why) {
  return base::fail(base::ErrorKind::invalid, std::move(why));
}

std::string without_domain(std::string text) {
  const std::string end = fmt::format("@{}", no_domain);
  if (text.ends_with(end)) text.resize(text.size() - end.size());
  return text;
}

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::ranges::any_of(names, [name](auto one) { return base::iequals(one, name); });
}

// A mailbox's separator, which some programs hand on: no field, and nobody else's business.
void drop_mailbox_line(std::string& message) {
  if (!message.starts_with("From ") && !message.starts_with(">From ")) return;
  message.erase(0, message.find('\n') + 1);
}

// A message that somebody sends on goes to whom he says (RFC 5322 §3.6.6).
base::Result<> add_header_recipients(std::string_view message, std::vector<std::string>& to) {
  const auto fields = message::read_header(message);
  const bool resent = std::ranges::any_of(fields, [](const message::FieldView& field) {
    return is_one_of(field.name, {"Resent-To", "Resent-Cc", "Resent-Bcc"});
  });
  for (const message::FieldView& field : fields) {
    const bool counts = resent ? is_one_of(field.name, {"Resent-To", "Resent-Cc", "Resent-Bcc"})
                               : is_one_of(field.name, {"To", "Cc", "Bcc"});
    if (!counts || base::trim(message::unfold(field.value)).empty()) continue;
    auto read = read_recipients(field.value);
    if (!read) return bad(fmt::format("{}: {}", field.name, read.error().detail));
    std::ranges::move(*read, std::back_inserter(to));
  }
  return {};
}

void drop_blind_copies(std::string& message) {
  std::string kept;
  std::size_t at = 0;
  for (const message::FieldView& field : message::read_header(message)) {
    if (!is_one_of(field.name, {"Bcc", "Resent-Bcc"})) continue;
    const auto start = static_cast<std::size_t>(field.whole.data() - message.data());
    kept += std::string_view(message).substr(at, start - at);
    at = start + field.whole.size();
  }
  if (at == 0) return;
  kept += std::string_view(message).substr(at);
  message = std::move(kept);
}

// As the sender says he is, else the user; the server knows his domain.
std::string from_field(const Options& options, const Caller& caller) {
  std::string address = options.sender.value_or("");
  if (address.empty()) address = caller.user;
  if (!address.contains('@')) address += fmt::format("@{}", no_domain);
  const auto parsed = message::parse_address(address, {.utf8 = true});
  if (!parsed) return {};
  std::string field = message::address_field(
      "From", {{.name = options.full_name.value_or(caller.full_name), .address = *parsed}});
  const std::size_t end = field.rfind(no_domain);
  if (end != std::string::npos) field.erase(end - 1, no_domain.size() + 1);
  return field;
}

// A text without any field needs the empty line that ends a header.
void complete(std::string& message, const Options& options, const Caller& caller) {
  const auto fields = message::read_header(message);
  if (message::find_field(fields, "From") != nullptr) return;
  const bool bare = fields.empty() || fields.front().name.empty();
  std::string added = from_field(options, caller);
  if (bare && !message.starts_with("\r\n")) added += "\r\n";
  message.insert(0, added);
}

}  // namespace

void Intake::feed(std::string_view octets) {
  while (!octets.empty() && !ended_ && !too_large()) {
    if (after_cr_ && octets.front() == '\n') {
      octets.remove_prefix(1);
      after_cr_ = false;
      continue;
    }
    after_cr_ = false;
    const std::size_t end = octets.find_first_of("\r\n");
    text_ += octets.substr(0, end);
    if (end == std::string_view::npos) return;
    after_cr_ = octets[end] == '\r';
    octets.remove_prefix(end + 1);
    end_line();
  }
}

void Intake::end_line() {
  if (!dot_is_text_ && std::string_view(text_).substr(line_start_) == ".") {
    text_.resize(line_start_);
    ended_ = true;
    return;
  }
  text_ += "\r\n";
  line_start_ = text_.size();
}

std::string Intake::finish() {
  if (!ended_ && line_start_ != text_.size()) end_line();
  return std::move(text_);
}

base::Result<std::vector<std::string>> read_recipients(std::string_view list) {
  const auto read = message::parse_address_list(list, no_domain);
  if (!read) return std::unexpected(read.error());
  std::vector<std::string> out;
  for (const message::Address& one : read->addresses) {
    // A pipe, a file, a list in a file: an alias may name them elsewhere, a sender may not.
    if (one.local.starts_with('|') || one.local.starts_with('/') || one.local.starts_with(':')) {
      return bad(fmt::format("{} is no address", base::printable(one.local, 60)));
    }
    out.push_back(without_domain(one.text()));
  }
  return out;
}

base::Result<local_mail::Letter> compose(const Options& options, const Caller& caller,
                                         std::string message) {
  local_mail::Letter letter;
  letter.ret = options.ret;
  letter.notify = options.notify;
  letter.envid = options.envid;
  if (options.sender) {
    const auto sender = options.sender->empty()
                            ? std::vector<std::string>{""}
                            : read_recipients(*options.sender).value_or(std::vector<std::string>());
    if (sender.size() != 1) {
      return bad(fmt::format("-f {}: is no address", base::printable(*options.sender, 100)));
    }
    letter.sender = sender.front();
  }
  for (const std::string& one : options.recipients) {
    auto read = read_recipients(one);
    if (!read) return bad(fmt::format("{}: {}", base::printable(one, 100), read.error().detail));
    std::ranges::move(*read, std::back_inserter(letter.recipients));
  }
  drop_mailbox_line(message);
  if (options.read_recipients) {
    if (auto added = add_header_recipients(message, letter.recipients); !added) {
      return std::unexpected(std::move(added.error()));
    }
    drop_blind_copies(message);
  }
  if (letter.recipients.empty()) {
    return base::fail(base::ErrorKind::not_found,
                      options.read_recipients
                          ? "there is no recipient in To, Cc or Bcc"
                          : "say to whom: sendmail ADDRESS, or -t to read To, Cc and Bcc");
  }
  if (letter.recipients.size() > local_mail::recipients_max) {
    return base::fail(base::ErrorKind::limit,
                      fmt::format("more than {} recipients", local_mail::recipients_max));
  }
  complete(message, options, caller);
  letter.message = std::move(message);
  return letter;
}

}  // namespace sendmail
