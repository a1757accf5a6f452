// See results_field.h.
#include "policy/verify/results_field.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "lib/base/text.h"
#include "lib/mailauth/auth_results.h"
#include "lib/mailauth/dkim_verifier.h"

namespace policy {
namespace {

using mailauth::AuthResult;

// What a header's stray first line becomes a part of, instead of our last field.
constexpr std::string_view stray_field = "X-Stray-Line: of the received header follows\r\n";

constexpr std::array<std::string_view, 4> believed_fields = {"x-spam", "x-spam-flag",
                                                             "x-spam-status", "return-path"};

AuthResult spf_result(const mailauth::SpfVerdict& verdict, std::string property,
                      std::string identity) {
  AuthResult result{.method = "spf",
                    .result = std::string(to_string(verdict.result)),
                    .reason = verdict.problem,
                    .properties = {}};
  result.properties.emplace_back(std::move(property), std::move(identity));
  return result;
}

AuthResult dkim_result(const mailauth::DkimVerdict& verdict) {
  AuthResult result{.method = "dkim",
                    .result = std::string(to_string(verdict.result)),
                    .reason = verdict.problem,
                    .properties = {}};
  if (verdict.result == mailauth::DkimResult::pass && !verdict.is_trusted()) {
    result.reason = verdict.length_limited ? "the signature leaves a part of the body open (l=)"
                                           : "the signature leaves a From field open";
  } else if (verdict.testing && result.reason.empty()) {
    result.reason = "the key is being tested (t=y)";
  }
  const auto add = [&result](const char* name, const std::string& value) {
    if (!value.empty()) result.properties.emplace_back(name, value);
  };
  add("header.d", verdict.domain);
  add("header.i", verdict.identity);
  add("header.s", verdict.selector);
  add("header.a", verdict.algorithm);
  add("header.b", verdict.signature);
  return result;
}

void add_dkim(const Findings& findings, std::vector<AuthResult>& results) {
  if (!findings.dkim) return;
  for (const mailauth::DkimVerdict& verdict : findings.dkim->verdicts) {
    results.push_back(dkim_result(verdict));
  }
  // RFC 8601 §2.7.1.
  if (findings.dkim->verdicts.empty()) {
    results.push_back({.method = "dkim", .result = "none", .reason = {}, .properties = {}});
  }
}

AuthResult arc_result(const mailauth::ArcVerdict& verdict, const Transaction& transaction) {
  AuthResult result{.method = "arc",
                    .result = std::string(to_string(verdict.result)),
                    .reason = verdict.problem,
                    .properties = {}};
  // RFC 8617 §5.2: 0 when no message signature of the chain fails; of older ones we do not know.
  if (verdict.result == mailauth::ArcResult::pass && verdict.instances == 1) {
    result.properties.emplace_back("header.oldest-pass", "0");
  }
  result.properties.emplace_back("smtp.remote-ip", transaction.peer.address.text());
  return result;
}

AuthResult dmarc_result(const Findings& findings) {
  const mailauth::DmarcVerdict& verdict = *findings.dmarc;
  AuthResult result{.method = "dmarc",
                    .result = std::string(to_string(verdict.result)),
                    .reason = verdict.result == mailauth::DmarcResult::pass ? "" : verdict.why,
                    .properties = {}};
  if (!findings.overrides.empty()) result.reason += "; " + findings.overrides.front();
  result.properties.emplace_back("header.from", findings.author->domain);
  if (verdict.record) {
    result.properties.emplace_back("policy.dmarc", to_string(verdict.published));
  }
  return result;
}

AuthResult iprev_result(const mailauth::IprevVerdict& verdict, const Transaction& transaction) {
  AuthResult result{.method = "iprev",
                    .result = std::string(to_string(verdict.result)),
                    .reason = {},
                    .properties = {}};
  result.properties.emplace_back("policy.iprev", transaction.peer.address.text());
  return result;
}

}  // namespace

std::string results_field(std::string_view authserv_id, const Findings& findings,
                          const Transaction& transaction) {
  std::vector<AuthResult> results;
  if (findings.client.iprev) results.push_back(iprev_result(*findings.client.iprev, transaction));
  if (findings.spf_mail_from) {
    results.push_back(
        spf_result(*findings.spf_mail_from, "smtp.mailfrom", transaction.envelope.sender.text()));
  }
  if (findings.spf_helo) {
    results.push_back(spf_result(*findings.spf_helo, "smtp.helo", transaction.helo));
  }
  // DMARC and ARC before the signatures, of which a stranger may bring many.
  if (findings.dmarc && findings.author) results.push_back(dmarc_result(findings));
  if (findings.arc && findings.arc->result != mailauth::ArcResult::none) {
    results.push_back(arc_result(*findings.arc, transaction));
  }
  add_dkim(findings, results);
  return mailauth::auth_results_field(authserv_id, results);
}

std::vector<message::Edit> cleaning_edits(std::string_view header, std::string_view authserv_id,
                                          bool submission) {
  std::vector<message::Edit> edits = mailauth::cut_forged_results(header, authserv_id);
  if (!submission && !header.empty() && base::is_space(header.front())) {
    edits.push_back({.offset = 0, .length = 0, .bytes = std::string(stray_field)});
  }
  return edits;
}

std::vector<message::Edit> cut_believed_fields(std::string_view header) {
  std::vector<message::Edit> cuts;
  for (const message::FieldView& field : mailauth::all_fields(header)) {
    if (std::ranges::find(believed_fields, message::lenient_name(field)) == believed_fields.end()) {
      continue;
    }
    cuts.push_back({.offset = static_cast<std::uint64_t>(field.whole.data() - header.data()),
                    .length = field.whole.size(),
                    .bytes = {}});
  }
  return cuts;
}

}  // namespace policy
