// See observation.h.
#include "policy/verify/observation.h"

#include <algorithm>

#include "lib/base/text.h"
#include "lib/mailauth/dkim_verifier.h"
#include "lib/message/address.h"
#include "lib/message/header.h"
#include "policy/verify/dmarc_rule.h"
#include "policy/verify/spf_rule.h"

namespace policy {
namespace {

// "mailing_list: words" → kind and words.
std::pair<std::string, std::string> split_override(const std::string& text) {
  const std::size_t colon = text.find(": ");
  if (colon == std::string::npos) return {"other", text};
  return {text.substr(0, colon), text.substr(colon + 2)};
}

std::vector<std::string> recipient_domains(const Transaction& transaction) {
  std::vector<std::string> domains;
  for (const message::Recipient& recipient : transaction.envelope.recipients) {
    std::string domain = message::domain_key(recipient.address.domain);
    if (std::ranges::find(domains, domain) == domains.end()) domains.push_back(std::move(domain));
  }
  return domains;
}

// RFC 9990 §3.5.2, RFC 8460 §5.3: the subject that reports have.
bool is_report(const Transaction& transaction) {
  const auto fields = mailauth::all_fields(transaction.header);
  const message::FieldView* subject = message::find_field(fields, "Subject");
  if (subject == nullptr) return false;
  const std::string text = message::unfold(subject->value);
  return base::istarts_with(text, "Report Domain:") && base::icontains(text, "Submitter:");
}

}  // namespace

DmarcObservation observe_message(const Findings& findings, const Transaction& transaction,
                                 const Verdict& verdict, const VerifySettings& settings) {
  DmarcObservation seen;
  seen.when = transaction.arrived;
  seen.source = transaction.peer.address;
  seen.header_from = findings.author->domain;
  seen.envelope_from = message::domain_key(transaction.envelope.sender.domain);
  seen.envelope_to = recipient_domains(transaction);
  seen.dmarc = *findings.dmarc;
  seen.applied = applied_policy(findings, settings);
  for (const std::string& one : findings.overrides) seen.overrides.push_back(split_override(one));
  // RFC 9990: what was done for another reason is no doing of this policy.
  if (!verdict.accepted() && seen.applied != mailauth::DmarcPolicy::reject) {
    seen.overrides.emplace_back("local_policy", "refused by another rule: " + verdict.rule);
  }
  if (findings.dkim) {
    for (const mailauth::DkimVerdict& signature : findings.dkim->verdicts) {
      seen.dkim.push_back({.domain = signature.domain,
                           .selector = signature.selector,
                           .result = std::string(to_string(signature.result)),
                           .words = signature.problem});
    }
  }
  const SpfIdentity spf = spf_identity(findings, transaction);
  seen.spf_domain = spf.domain;
  seen.spf_scope = spf.scope;
  seen.spf_result = spf.verdict != nullptr ? to_string(spf.verdict->result) : "none";
  for (const message::Recipient& one : transaction.envelope.recipients) {
    seen.recipients.push_back(one.address);
  }
  // One that did not pass may only look like a report, to stay out of ours.
  seen.is_report = seen.dmarc.result == mailauth::DmarcResult::pass && is_report(transaction);
  return seen;
}

}  // namespace policy
