// See addresses.h.
#include "server/local_mail/addresses.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/base/text.h"
#include "lib/message/utf8.h"

namespace local_mail {
namespace {

base::Result<message::Address> parse(std::string_view text, const std::string& domain) {
  const std::string whole =
      text.contains('@') ? std::string(text) : fmt::format("{}@{}", text, domain);
  auto address = message::parse_address(whole, {.utf8 = true});
  if (!address) {
    return base::fail(base::ErrorKind::invalid,
                      fmt::format("{}: {}", base::printable(text, 100), address.error().detail));
  }
  if (!message::is_ascii(address->domain)) address->domain = message::domain_key(address->domain);
  return address;
}

// What is for root and has no mailbox goes to who looks after the host.
base::Result<message::Address> recipient_of(const Author& author, const std::string& text,
                                            const directory::Snapshot& known) {
  auto address = parse(text, author.domain);
  const std::string& instead = author.settings.system_mail_to;
  if (!address || text.contains('@') || instead.empty()) return address;
  if (known.lookup(*address) == directory::Local::unknown) return parse(instead, author.domain);
  return address;
}

// A name of the system may have signs that an address may not.
std::string local_part_of(std::string_view user) {
  std::string out;
  for (const char c : user) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || (c == '.' && !out.empty() && out.back() != '.');
    if (out.size() < message::local_bytes_max) out += plain ? c : '_';
  }
  return out.empty() || out.ends_with('.') ? out + '_' : out;
}

}  // namespace

std::string domain_of(const Settings& settings, std::string_view hostname,
                      const directory::Snapshot& known) {
  if (!settings.domain.empty()) return settings.domain;
  for (std::string_view rest = hostname; rest.contains('.');
       rest.remove_prefix(rest.find('.') + 1)) {
    if (known.is_local_domain(rest)) return std::string(rest);
  }
  return std::string(hostname);
}

std::string address_of(const Author& author) {
  return base::lower(local_part_of(author.user)) + "@" + author.domain;
}

base::Result<LocalMessage> message_of(const Author& author, Letter letter,
                                      const directory::Snapshot& known) {
  LocalMessage out;
  out.user = {
      .name = author.user,
      .account = address_of(author),
      .any_author = std::ranges::any_of(author.settings.trusted_users, [&author](const auto& one) {
        return one == "*" || one == author.user;
      })};
  session::Submission& mail = out.mail;
  mail.way.program = "sendmail";
  // Port 0: by no connection of the network.
  mail.way.peer = {.address = io::IpAddress::v4({127, 0, 0, 1}), .port = 0};
  mail.account = author.user;
  if (!letter.sender || !letter.sender->empty()) {
    auto sender = parse(letter.sender.value_or(out.user.account), author.domain);
    if (!sender) return std::unexpected(std::move(sender.error()));
    mail.sender = std::move(*sender);
  }
  mail.recipients.reserve(letter.recipients.size());
  for (const std::string& one : letter.recipients) {
    auto recipient = recipient_of(author, one, known);
    if (!recipient) return std::unexpected(std::move(recipient.error()));
    if (std::ranges::find(mail.recipients, *recipient) == mail.recipients.end()) {
      mail.recipients.push_back(std::move(*recipient));
    }
  }
  mail.ret = letter.ret;
  mail.envid = std::move(letter.envid);
  mail.notify = letter.notify;
  mail.message = std::move(letter.message);
  return out;
}

}  // namespace local_mail
