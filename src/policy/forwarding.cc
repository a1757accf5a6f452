// See forwarding.h.
#include "policy/forwarding.h"

#include <algorithm>

namespace policy {
namespace {

using Rewrite = ForwardingSettings::Rewrite;

// RFC 7208 §2.6.1: who publishes no policy has none that could break.
bool has_spf(const Findings& findings) {
  return !findings.spf_mail_from || findings.spf_mail_from->result != mailauth::SpfResult::none ||
         !findings.spf_mail_from->problem.empty();
}

bool is_needed(const ForwardedMail& mail) {
  if (mail.settings.rewrite == Rewrite::always) return true;
  return has_spf(mail.findings) && !is_carried_by_dkim(mail.findings, mail.verdict);
}

// One of ours that leads to another server.
bool leaves_by_alias(const directory::Snapshot& known, const message::Recipient& recipient) {
  return recipient.return_path.is_null() && recipient.original != recipient.address &&
         known.is_local_domain(recipient.original.domain) &&
         !known.is_local_domain(recipient.address.domain);
}

}  // namespace

bool is_carried_by_dkim(const Findings& findings, const Verdict& verdict) {
  if (!findings.dmarc || findings.dmarc->result != mailauth::DmarcResult::pass) return false;
  // What a filter has changed is signed no more.
  const bool changed =
      std::ranges::any_of(findings.filters, [](const auto& filter) { return filter.edits > 0; });
  return findings.dmarc->dkim_aligned && !(changed && !verdict.edits.empty());
}

void rewrite_senders(const ForwardedMail& mail, message::Envelope& envelope) {
  const message::Address& sender = envelope.sender;
  if (mail.settings.rewrite == Rewrite::never || sender.is_null()) return;
  if (mail.known.is_local_domain(sender.domain) || !is_needed(mail)) return;
  for (message::Recipient& recipient : envelope.recipients) {
    if (!leaves_by_alias(mail.known, recipient)) continue;
    // One that is not ours would never come back.
    const bool set = mail.known.is_local_domain(mail.settings.domain);
    const std::string& domain = set ? mail.settings.domain : recipient.original.domain;
    auto ours = mail.known.forwarded_sender(sender, domain);
    if (ours) recipient.return_path = *std::move(ours);
  }
}

}  // namespace policy
