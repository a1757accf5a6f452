// See dmarc_rule.h.
#include "policy/verify/dmarc_rule.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "lib/base/text.h"
#include "lib/mailauth/auth_results_reader.h"
#include "lib/mailauth/dkim_verifier.h"
#include "lib/message/header.h"
#include "policy/verify/spf_rule.h"

namespace policy {
namespace {

using mailauth::DmarcPolicy;
using mailauth::DmarcResult;

// How an override begins that does not pass over the policy.
constexpr std::string_view softened = "local_policy: the setting";

bool is_within(std::string_view domain, std::string_view tree) {
  return domain == tree || (domain.size() > tree.size() && domain.ends_with(tree) &&
                            domain[domain.size() - tree.size() - 1] == '.');
}

// The domain of an address or a domain that somebody wrote: "a@b.example", "@b.example".
std::string domain_of(std::string_view value) {
  return message::domain_key(value.substr(value.rfind('@') + 1));
}

std::string property(const mailauth::AuthResult& result, std::string_view name) {
  for (const auto& [key, value] : result.properties) {
    if (key == name) return value;
  }
  return {};
}

// Did that hop find that the mail is of this author's domain?
bool vouches(const mailauth::AuthResult& result, const Findings& findings) {
  if (result.result != "pass") return false;
  const std::string& author = findings.author->domain;
  // Without a policy the author's domain is its own tree.
  const std::string& tree = findings.dmarc->organizational_domain.empty()
                                ? author
                                : findings.dmarc->organizational_domain;
  if (result.method == "dmarc") return domain_of(property(result, "header.from")) == author;
  if (result.method == "dkim") {
    std::string domain = property(result, "header.d");
    if (domain.empty()) domain = property(result, "header.i");
    return is_within(domain_of(domain), tree);
  }
  if (result.method != "spf") return false;
  const std::string domain = property(result, "smtp.mailfrom");
  return !domain.empty() && is_within(domain_of(domain), tree);
}

bool is_listed(const std::vector<std::string>& domains, std::string_view domain) {
  return std::ranges::any_of(domains,
                             [&](const auto& one) { return message::domain_key(one) == domain; });
}

// What a sealer says of the mail as it came to him is to be believed when he and everybody after
// him is: who comes later may have changed the message as he liked (RFC 8617 §9).
std::optional<std::string> arc_override(const Findings& findings, const VerifySettings& settings) {
  if (!findings.arc || findings.arc->result != mailauth::ArcResult::pass) return std::nullopt;
  const auto& hops = findings.arc->hops;
  for (auto hop = hops.rbegin(); hop != hops.rend(); ++hop) {
    if (!is_listed(settings.trusted_arc_sealers, hop->domain)) return std::nullopt;
    for (const mailauth::AuthResult& result : mailauth::read_auth_results(hop->results)) {
      if (!vouches(result, findings)) continue;
      return fmt::format("local_policy: ARC: {} sealed {}=pass for {} (i={})", hop->domain,
                         base::printable(result.method), findings.author->domain, hop->instance);
    }
  }
  return std::nullopt;
}

std::vector<std::string> authenticated_domains(const Findings& findings,
                                               const Transaction& transaction) {
  const mailauth::DmarcQuery query = dmarc_query(findings, transaction);
  std::vector<std::string> domains = query.dkim_domains;
  if (query.spf_domain) domains.push_back(*query.spf_domain);
  return domains;
}

// RFC 2919 §2: "Name of the list <list-id>".
std::string list_id(std::string_view header) {
  const auto fields = mailauth::all_fields(header);
  const message::FieldView* field = message::find_field(fields, "List-Id");
  if (field == nullptr) return {};
  std::string value = message::unfold(field->value);
  const std::size_t open = value.rfind('<');
  if (open != std::string::npos) value = value.substr(open + 1, value.find('>', open) - open - 1);
  return message::domain_key(base::trim(value));
}

// Anybody can write a List-Id: the list's own domain must have passed SPF or DKIM.
std::optional<std::string> list_override(const Findings& findings, const Transaction& transaction,
                                         const VerifySettings& settings) {
  if (settings.trusted_lists.empty()) return std::nullopt;
  const std::string id = list_id(transaction.header);
  for (const std::string& listed : settings.trusted_lists) {
    const std::string list = message::domain_key(listed);
    if (id.empty() || !is_within(id, list)) continue;
    for (const std::string& domain : authenticated_domains(findings, transaction)) {
      if (!is_within(message::domain_key(domain), list)) continue;
      return fmt::format("mailing_list: {} is of {}, which has proved itself", base::printable(id),
                         list);
    }
  }
  return std::nullopt;
}

smtp::Reply refusal(const Findings& findings) {
  const mailauth::DmarcVerdict& dmarc = *findings.dmarc;
  return smtp::reply(
      550, {5, 7, 1},
      fmt::format(
          "This message says it is from {0}, but neither SPF nor DKIM proves it, and {1} "
          "asks by DMARC to reject such mail. If it is yours: sign it with DKIM for {0}, or "
          "let SPF of {0} name the server that sends it",
          base::printable(findings.author->domain), base::printable(dmarc.record_domain)));
}

}  // namespace

mailauth::DmarcQuery dmarc_query(const Findings& findings, const Transaction& transaction) {
  mailauth::DmarcQuery query;
  if (findings.author) query.author_domain = findings.author->domain;
  const SpfIdentity spf = spf_identity(findings, transaction);
  if (spf.verdict != nullptr && spf.verdict->result == mailauth::SpfResult::pass) {
    query.spf_domain = spf.domain;
  }
  if (!findings.dkim) return query;
  for (const mailauth::DkimVerdict& signature : findings.dkim->verdicts) {
    if (signature.is_trusted()) query.dkim_domains.push_back(signature.domain);
  }
  return query;
}

std::vector<std::string> find_overrides(const Findings& findings, const Transaction& transaction,
                                        const VerifySettings& settings) {
  std::vector<std::string> overrides;
  if (!findings.dmarc || findings.dmarc->result != DmarcResult::fail) return overrides;
  const mailauth::DmarcVerdict& dmarc = *findings.dmarc;
  for (const io::IpNetwork& network : settings.trusted_forwarders) {
    if (!network.contains(transaction.peer.address)) continue;
    overrides.push_back("trusted_forwarder: " + network.text());
    break;
  }
  if (auto list = list_override(findings, transaction, settings)) overrides.push_back(*list);
  if (auto sealed = arc_override(findings, settings)) overrides.push_back(*sealed);
  if (!overrides.empty()) return overrides;
  // These do not stop the policy, they soften it.
  if (dmarc.disposition != dmarc.published) {
    overrides.push_back(fmt::format("policy_test_mode: {} asks by t=y for {} instead of {}",
                                    dmarc.record_domain, to_string(dmarc.disposition),
                                    to_string(dmarc.published)));
  }
  if (applied_policy(findings, settings) != dmarc.disposition) {
    overrides.push_back(fmt::format("{} verify.dmarc makes {} of {}", softened,
                                    to_string(applied_policy(findings, settings)),
                                    to_string(dmarc.disposition)));
  }
  return overrides;
}

bool is_passed_over(const std::vector<std::string>& overrides) {
  return std::ranges::any_of(overrides, [](const auto& one) {
    return !one.starts_with("policy_test_mode") && !one.starts_with(softened);
  });
}

DmarcPolicy applied_policy(const Findings& findings, const VerifySettings& settings) {
  if (!findings.dmarc || findings.dmarc->result != DmarcResult::fail) return DmarcPolicy::none;
  if (is_passed_over(findings.overrides) || settings.dmarc == DmarcUse::observe)
    return DmarcPolicy::none;
  if (settings.dmarc == DmarcUse::quarantine) {
    return std::min(findings.dmarc->disposition, DmarcPolicy::quarantine);
  }
  return findings.dmarc->disposition;
}

Verdict judge_dmarc(const Findings& findings, const VerifySettings& settings) {
  Verdict verdict;
  if (!findings.dmarc || findings.dmarc->result == DmarcResult::none ||
      findings.dmarc->result == DmarcResult::pass) {
    return verdict;
  }
  const DmarcPolicy policy = applied_policy(findings, settings);
  if (policy == DmarcPolicy::reject) verdict = reject(refusal(findings));
  verdict.junk = policy == DmarcPolicy::quarantine;
  if (policy != DmarcPolicy::none) verdict.rule = "dmarc";
  verdict.reasons.push_back(
      fmt::format("DMARC {}: {}", to_string(findings.dmarc->result), findings.dmarc->why));
  for (const std::string& one : findings.overrides) verdict.reasons.push_back("DMARC: " + one);
  return verdict;
}

}  // namespace policy
