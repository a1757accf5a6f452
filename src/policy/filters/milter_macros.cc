// See milter_macros.h.
#include "policy/filters/milter_macros.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/base/text.h"

namespace policy {
namespace {

// What sendmail and Postfix send by default, and what opendkim, opendmarc, rspamd and clamav-milter
// ask for.
constexpr std::array<std::string_view, milter::stages> usual = {
    "j {daemon_name} {daemon_addr} {daemon_port} v _ {client_addr} {client_name} {client_port} "
    "{client_ptr}",
    "{tls_version} {cipher} {cipher_bits}",
    "i {auth_type} {auth_authen} {auth_author} {mail_addr} {mail_host} {mail_mailer} "
    "{tls_version} {cipher} {cipher_bits} {client_addr} {client_name} {client_port} {client_ptr}",
    "i {rcpt_addr} {rcpt_host} {rcpt_mailer}",
    "i",
    "i",
    "i",
};

std::string client_name(const MacroFacts& facts) {
  return std::string(facts.client_name.empty() ? unknown_client : facts.client_name);
}

std::string of_envelope(const MacroFacts& facts, std::string_view name) {
  const message::Address& sender = facts.transaction.envelope.sender;
  if (name == "mail_addr") return sender.text();
  if (name == "mail_host") return sender.domain;
  if (name == "mail_mailer" || name == "rcpt_mailer") return "smtp";
  if (facts.recipient == nullptr) return {};
  if (name == "rcpt_addr") return facts.recipient->address.text();
  if (name == "rcpt_host") return facts.recipient->address.domain;
  return {};
}

std::string of_session(const MacroFacts& facts, std::string_view name) {
  const Transaction& transaction = facts.transaction;
  if (name == "auth_authen") return transaction.login;
  // Filters look at this one to know whether somebody has logged in at all.
  if (name == "auth_type") return transaction.login.empty() ? "" : "PLAIN";
  if (name == "tls_version") return transaction.tls.protocol;
  if (name == "cipher") return transaction.tls.cipher;
  if (name == "cipher_bits") {
    return transaction.tls.protocol.empty() ? "" : fmt::to_string(transaction.tls.cipher_bits);
  }
  if (name == "client_addr") return transaction.peer.address.text();
  if (name == "client_port") return fmt::to_string(transaction.peer.port);
  if (name == "client_name" || name == "client_ptr") return client_name(facts);
  if (name == "daemon_name") return transaction.listener;
  if (name == "daemon_addr") return transaction.local.address.text();
  if (name == "daemon_port") return fmt::to_string(transaction.local.port);
  return {};
}

std::string value_of(const MacroFacts& facts, std::string_view name) {
  if (name == "j") return std::string(facts.hostname);
  if (name == "v") return "Stagepost";
  if (name == "i") {
    return facts.transaction.message ? facts.transaction.message.text() : std::string();
  }
  if (name == "_") {
    return fmt::format("{} [{}]", client_name(facts), facts.transaction.peer.address.text());
  }
  std::string out = of_envelope(facts, name);
  return out.empty() ? of_session(facts, name) : out;
}

}  // namespace

milter::Macros milter_macros(const MacroFacts& facts, milter::Stage stage,
                             const std::optional<std::string>& wanted) {
  milter::Macros out;
  const std::string_view list =
      wanted ? std::string_view(*wanted) : usual.at(static_cast<std::size_t>(stage));
  for (std::string_view name : base::words(list)) {
    if (name.starts_with('{') && name.ends_with('}')) name = name.substr(1, name.size() - 2);
    std::string value = value_of(facts, name);
    if (value.empty()) continue;
    // sendmail writes longer names in braces, and libmilter looks for them so.
    out.emplace_back(name.size() == 1 ? std::string(name) : fmt::format("{{{}}}", name),
                     std::move(value));
  }
  return out;
}

}  // namespace policy
