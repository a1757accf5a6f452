// See author.h.
#include "policy/author.h"

#include <fmt/format.h>

#include <array>
#include <limits>

#include "lib/base/text.h"
#include "lib/message/address_list.h"
#include "lib/message/header.h"

namespace policy {
namespace {

constexpr std::size_t shown_bytes_max = 254;

Verdict malformed(std::string text) { return reject(smtp::reply(550, {5, 6, 0}, std::move(text))); }

Verdict not_his(std::string_view field, const message::Address& address,
                const std::string& account) {
  const std::string shown = base::printable(address.text(), shown_bytes_max);
  return reject(smtp::reply(
      550, {5, 7, 1},
      fmt::format("{0} in {1} is not an address of {2}: use one of your own. An administrator can "
                  "allow it: stagepost grant add {2} {0}",
                  shown, field, account)));
}

struct Rule {
  std::string_view field;
  bool once;     // RFC 5322 §3.6; Resent fields come in blocks, one for each time
  bool several;  // addresses
};
constexpr std::array rules = {Rule{"From", true, true}, Rule{"Sender", true, false},
                              Rule{"Resent-From", false, true},
                              Rule{"Resent-Sender", false, false}};

Verdict check_field(const Rule& rule, const message::FieldView& field,
                    const Transaction& transaction, const directory::Snapshot& known) {
  // A local part alone will get the account's domain (submission.h).
  const std::string& account = transaction.account;
  const auto list = message::parse_address_list(
      field.value, std::string_view(account).substr(account.rfind('@') + 1));
  if (!list) {
    return malformed(fmt::format("The {} field of this message is malformed: {}", rule.field,
                                 list.error().detail));
  }
  if (list->addresses.empty()) {
    return malformed(fmt::format("The {} field of this message names no address", rule.field));
  }
  if (!rule.several && list->addresses.size() > 1) {
    return malformed(
        fmt::format("The {} field of this message names more than one address", rule.field));
  }
  for (const message::Address& address : list->addresses) {
    if (!known.may_send_as(account, address)) return not_his(rule.field, address, account);
  }
  return {};
}

}  // namespace

Verdict check_author(const Transaction& transaction, const directory::Snapshot& known) {
  if (!transaction.submission || transaction.login.empty()) return {};
  // What we have not seen could be a second From, and some reader would show that one.
  if (!transaction.header_whole) {
    return malformed(fmt::format("The header of this message is larger than {} octets",
                                 message::HeaderLimits{}.header_bytes_max));
  }
  const auto fields = message::read_header(
      transaction.header, {.header_bytes_max = std::numeric_limits<std::size_t>::max(),
                           .fields_max = std::numeric_limits<std::size_t>::max()});
  for (const Rule& rule : rules) {
    if (rule.once && message::count_fields(fields, rule.field) > 1) {
      return malformed(fmt::format("This message has more than one {} field", rule.field));
    }
    for (const message::FieldView& field : fields) {
      if (!base::iequals(field.name, rule.field)) continue;
      Verdict verdict = check_field(rule, field, transaction, known);
      if (!verdict.accepted()) return verdict;
    }
  }
  return {};
}

}  // namespace policy
