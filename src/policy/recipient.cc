// See recipient.h.
#include "policy/recipient.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/base/text.h"

namespace policy {
namespace {

RecipientVerdict refuse(Verdict verdict, bool unknown = false) {
  return {.verdict = std::move(verdict), .recipients = {}, .unknown = unknown};
}

// An SRS address that leads back to nobody, not any more or never.
RecipientVerdict no_way_back(const message::Recipient& recipient, const std::string& why) {
  Verdict verdict = reject(smtp::reply(
      550, {5, 1, 1}, fmt::format("{} leads to nobody: {}", recipient.address.text(), why)));
  verdict.reasons.push_back("SRS: " + why);
  return refuse(std::move(verdict));  // nobody guesses names with it
}

RecipientVerdict nobody(const message::Recipient& recipient) {
  return refuse(reject(smtp::reply(550, {5, 1, 1},
                                   fmt::format("There is no mailbox {} here. Check the address "
                                               "for a typing mistake",
                                               recipient.address.text()))),
                true);
}

// A fact about our own directory is missing: the sender must not lose mail by it (invariant 4).
RecipientVerdict not_now(const message::Recipient& recipient, std::string why) {
  Verdict verdict = defer(smtp::reply(
      451, {4, 3, 0},
      fmt::format("{} cannot take mail at the moment; try again later", recipient.address.text())));
  verdict.reasons.push_back(std::move(why));
  return refuse(std::move(verdict));
}

const BackupSetting* backup_of(const Settings& settings, const message::Address& address) {
  if (settings.backups.empty()) return nullptr;
  const std::string domain = message::domain_key(address.domain);
  const auto found = std::ranges::find(settings.backups, domain, &BackupSetting::domain);
  return found == settings.backups.end() ? nullptr : &*found;
}

// postmaster is everywhere (RFC 5321 §4.5.1); what is behind a + is the other server's business.
bool is_recipient_of(const BackupSetting& backup, const message::Address& address) {
  if (backup.recipients.empty() || base::iequals(address.local, "postmaster")) return true;
  const std::string local = base::lower(address.local);
  return std::ranges::any_of(backup.recipients, [&local](const std::string& one) {
    return local == one || (local.starts_with(one) && local[one.size()] == '+');
  });
}

RecipientVerdict relay(const Settings& settings, const Transaction& transaction,
                       const message::Recipient& recipient) {
  if (may_relay(settings, transaction)) return {.verdict = {}, .recipients = {recipient}};
  if (const BackupSetting* backup = backup_of(settings, recipient.address)) {
    return is_recipient_of(*backup, recipient.address)
               ? RecipientVerdict{.verdict = {}, .recipients = {recipient}}
               : nobody(recipient);
  }
  return refuse(reject(smtp::reply(
      550, {5, 7, 1},
      fmt::format("We do not relay to {}. If you are one of our users, log in first; if you run a "
                  "server that should relay here, ask our postmaster",
                  recipient.address.text()))));
}

}  // namespace

bool may_relay(const Settings& settings, const Transaction& transaction) {
  if (!transaction.login.empty()) return true;
  for (const io::IpNetwork& network : settings.relay_networks) {
    if (network.contains(transaction.peer.address)) return true;
  }
  return false;
}

RecipientVerdict check_unknown(const Settings& settings, const Transaction& transaction,
                               const message::Recipient& recipient,
                               const directory::Confirmation& confirmed) {
  using Answer = directory::Confirmation::Answer;
  if (confirmed.answer == Answer::known) {
    return check_recipient(settings, transaction, recipient, *confirmed.snapshot);
  }
  if (confirmed.answer == Answer::uncertain) return not_now(recipient, confirmed.why);
  return nobody(recipient);
}

RecipientVerdict check_recipient(const Settings& settings, const Transaction& transaction,
                                 const message::Recipient& recipient,
                                 const directory::Snapshot& known) {
  directory::Expansion expansion = known.expand(recipient);
  if (expansion.kind == directory::Local::foreign) return relay(settings, transaction, recipient);
  if (expansion.kind == directory::Local::unknown && expansion.problem.empty()) {
    if (!expansion.refusal.empty()) return no_way_back(recipient, expansion.refusal);
    return nobody(recipient);
  }
  if (!expansion.problem.empty()) return not_now(recipient, std::move(expansion.problem));
  return {.verdict = {}, .recipients = std::move(expansion.recipients)};
}

}  // namespace policy
