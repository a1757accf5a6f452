// See letter.h.
#include "admin/sending/letter.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "admin/json.h"
#include "admin/sending/letter_fields.h"
#include "lib/base/text.h"
#include "lib/message/compose.h"
#include "lib/smtp/future_release.h"

namespace sending {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 5> parts_only = {"subject", "text", "html", "attachments",
                                                        "headers"};
constexpr std::array<std::string_view, 14> known_fields = {
    "from",    "to",   "cc",     "bcc",         "reply_to", "subject", "text",
    "message", "html", "sender", "attachments", "headers",  "send_at", "account"};

base::Result<> know_fields(const json::object& fields) {
  for (const auto& [name, value] : fields) {
    const std::string_view key(name.data(), name.size());
    if (std::ranges::find(known_fields, key) != known_fields.end()) continue;
    if (std::ranges::find(wish_fields, key) != wish_fields.end()) continue;
    return invalid(fmt::format("there is no field \"{}\"; /api/openapi.json lists them",
                               base::printable(key, 100)));
  }
  return {};
}

// Who gets it: To, Cc and Bcc, in this order.
base::Result<std::vector<message::Address>> everybody(
    std::initializer_list<const std::vector<message::NamedAddress>*> lists,
    const LetterLimits& limits) {
  std::vector<message::Address> out;
  for (const auto* list : lists) {
    for (const message::NamedAddress& one : *list) out.push_back(one.address);
  }
  if (out.empty()) {
    return invalid("nobody is to get it: \"to\", \"cc\" or \"bcc\" names a recipient");
  }
  if (out.size() > limits.recipients_max) {
    return invalid(
        fmt::format("it has {} recipients; {} are the most", out.size(), limits.recipients_max));
  }
  return out;
}

base::Result<std::optional<base::Time>> send_at_of(const json::object& fields) {
  auto text = admin::text_if(fields, "send_at");
  if (!text) return std::unexpected(text.error());
  if (!*text) return std::nullopt;
  const auto time = smtp::parse_date_time(**text);
  if (!time) {
    return invalid("\"send_at\" is a time with its zone, as in 2026-12-23T14:00:00+01:00");
  }
  return time;
}

base::Result<message::Composition> composition_of(const json::object& fields,
                                                  const LetterFacts& facts) {
  message::Composition out;
  if (auto done = read_texts(fields, facts.limits, out); !done)
    return std::unexpected(done.error());
  if (auto done = read_headers(fields, facts.limits, out); !done) {
    return std::unexpected(done.error());
  }
  if (auto done = read_attachments(fields, facts.limits, out); !done) {
    return std::unexpected(done.error());
  }
  out.date = facts.now;
  out.boundary = facts.unique;
  return out;
}

// The whole text comes from the program.
base::Result<std::string> raw_message(const json::object& fields) {
  for (const std::string_view field : parts_only) {
    if (!fields.contains({field.data(), field.size()})) continue;
    return invalid(
        fmt::format("\"message\" is the whole message: \"{}\" has no place beside it", field));
  }
  auto text = admin::text_of(fields, "message");
  if (!text) return std::unexpected(text.error());
  return with_crlf(*text);
}

struct Addresses {
  std::vector<message::NamedAddress> from;
  std::vector<message::NamedAddress> to;
  std::vector<message::NamedAddress> cc;
  std::vector<message::NamedAddress> bcc;
  std::vector<message::NamedAddress> reply_to;
};

base::Result<Addresses> addresses_of(const json::object& fields, const LetterLimits& limits) {
  Addresses out;
  const std::array<std::pair<std::string_view, std::vector<message::NamedAddress>*>, 5> lists = {
      {{"from", &out.from},
       {"to", &out.to},
       {"cc", &out.cc},
       {"bcc", &out.bcc},
       {"reply_to", &out.reply_to}}};
  for (const auto& [field, list] : lists) {
    auto read = read_addresses(fields, field, limits);
    if (!read) return std::unexpected(read.error());
    *list = std::move(*read);
  }
  return out;
}

// "sender" when it is there, else the author. `from: ""` of a raw message is the null sender.
base::Result<message::Address> sender_of(const json::object& fields, const Addresses& addresses) {
  auto text = admin::text_if(fields, "sender");
  if (!text) return std::unexpected(text.error());
  if (*text) {
    if ((*text)->empty()) return message::Address{};
    return read_address("sender", **text);
  }
  if (addresses.from.empty()) return message::Address{};
  return addresses.from.front().address;
}

}  // namespace

base::Result<Letter> read_letter(const json::object& fields, const LetterFacts& facts) {
  if (auto known = know_fields(fields); !known) return std::unexpected(known.error());
  auto addresses = addresses_of(fields, facts.limits);
  if (!addresses) return std::unexpected(addresses.error());
  Letter out;
  auto sender = sender_of(fields, *addresses);
  if (!sender) return std::unexpected(sender.error());
  out.sender = std::move(*sender);
  auto account = admin::text_if(fields, "account");
  if (!account) return std::unexpected(account.error());
  out.account = account->value_or("");
  auto send_at = send_at_of(fields);
  if (!send_at) return std::unexpected(send_at.error());
  out.send_at = *send_at;
  auto wishes = read_wishes(fields);
  if (!wishes) return std::unexpected(wishes.error());
  out.wishes = std::move(*wishes);
  auto recipients = everybody({&addresses->to, &addresses->cc, &addresses->bcc}, facts.limits);
  if (!recipients) return std::unexpected(recipients.error());
  out.recipients = std::move(*recipients);
  if (fields.contains("message")) {
    if (!fields.contains("from")) return invalid("\"from\" must be an address");
    auto text = raw_message(fields);
    if (!text) return std::unexpected(text.error());
    out.message = std::move(*text);
    return out;
  }
  if (addresses->from.empty()) return invalid("\"from\" must be an address");
  auto composition = composition_of(fields, facts);
  if (!composition) return std::unexpected(composition.error());
  const std::string& domain = addresses->from.front().address.domain;
  composition->message_id =
      fmt::format("{}@{}", facts.unique, domain.empty() ? facts.hostname : domain);
  composition->from = std::move(addresses->from);
  composition->to = std::move(addresses->to);
  composition->cc = std::move(addresses->cc);
  composition->reply_to = std::move(addresses->reply_to);
  out.message = message::compose(*composition);
  return out;
}

}  // namespace sending
