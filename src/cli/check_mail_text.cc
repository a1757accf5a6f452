// See check_mail_text.h.
#include "cli/check_mail_text.h"

#include <fmt/format.h>

#include "lib/base/text.h"
#include "policy/findings_fields.h"
#include "policy/findings_json.h"

namespace cli {
namespace {

// What the fields of the event are called here, in this order.
struct Row {
  std::string_view key;
  std::string_view title;
  std::string_view when_missing;  // empty: then the line is left out
};
constexpr Row rows[] = {
    {"peer", "client", "not known"},
    {"iprev", "its name (PTR)", "not looked up"},
    {"helo", "HELO", "not said"},
    {"helo_check", "HELO name", ""},
    {"lists", "on lists", ""},
    {"list_score", "lists' score", ""},
    {"early_talker", "spoke too early", ""},
    {"rate", "too often", ""},
    {"spf", "SPF of MAIL FROM", "not checked: the null sender, or no domain"},
    {"spf_helo", "SPF of HELO", "not checked: HELO is no domain name"},
    {"dkim", "DKIM", "not checked"},
    {"arc", "ARC", "none"},
    {"author", "author (From)", "not checked"},
    {"dmarc", "DMARC", "not checked"},
    {"overrides", "DMARC passed over", ""},
    {"greylist", "greylist", ""},
    {"impersonation", "warnings", ""},
    {"filters", "filters", ""},
};

std::string line(std::string_view title, std::string_view text) {
  return fmt::format("  {:<18} {}\n", title, base::printable(text, 2000));
}

std::string_view find(const policy::EventFields& fields, std::string_view key) {
  for (const auto& [name, text] : fields) {
    if (name == key) return text;
  }
  return {};
}

std::string_view moment_words(policy::Rehearsed::Moment moment) {
  using Moment = policy::Rehearsed::Moment;
  switch (moment) {
    case Moment::connect: return "in place of the greeting";
    case Moment::helo: return "to HELO";
    case Moment::mail: return "to MAIL";
    case Moment::rcpt: return "to RCPT";
    case Moment::data: return "to DATA";
    case Moment::end: return "after the final dot";
  }
  return "";
}

std::string advice(const policy::Rehearsed& rehearsed) {
  using Kind = policy::Verdict::Kind;
  const policy::Verdict& verdict = rehearsed.verdict;
  const std::string rule = verdict.rule.empty() ? "" : fmt::format(" (rule {})", verdict.rule);
  switch (verdict.kind) {
    case Kind::accept:
      return verdict.junk ? "accepted, and put into the folder Junk" + rule
                          : "accepted; nothing objects";
    case Kind::hold: return "accepted, and kept on hold until somebody releases it" + rule;
    case Kind::discard: return "accepted and thrown away" + rule;
    case Kind::reject:
    case Kind::defer:
      return fmt::format("{}{} {}: {}",
                         verdict.kind == Kind::reject ? "refused for good" : "refused for now",
                         rule, moment_words(rehearsed.moment), verdict.reply.text());
  }
  return "";
}

std::string checks(const policy::Rehearsed& rehearsed) {
  const policy::ClientFindings& client = rehearsed.findings.client;
  const auto fields =
      policy::judged_fields(rehearsed.transaction, rehearsed.findings, rehearsed.verdict);
  std::string out;
  if (client.exempt) {
    out += line("client", rehearsed.transaction.peer.address.text());
    return out + line("not checked", "it is exempt by " + client.exempt_why);
  }
  for (const Row& row : rows) {
    const std::string_view text = find(fields, row.key);
    if (!text.empty() || !row.when_missing.empty()) {
      out += line(row.title, text.empty() ? row.when_missing : text);
    }
  }
  return out;
}

}  // namespace

std::string rehearsed_text(const policy::Rehearsed& rehearsed) {
  const message::Envelope& envelope = rehearsed.transaction.envelope;
  std::string out = "What was found\n";
  const std::string from = envelope.sender.text();
  out += line("from", from.empty() ? "<> (the null sender)" : from);
  for (const policy::Rehearsed::Recipient& one : rehearsed.recipients) {
    std::string to = one.address.text();
    if (!one.verdict.accepted()) to += ": " + one.verdict.reply.text();
    out += line("to", to);
  }
  out += checks(rehearsed);
  out += "What would be done\n";
  out += line("verdict", advice(rehearsed));
  for (const std::string& reason : rehearsed.verdict.reasons) out += line("because", reason);
  const std::string field = policy::added_field(rehearsed.verdict, "Authentication-Results");
  if (!field.empty()) {
    out += "What would be added\n";
    for (const std::string_view part : base::split(field, '\n')) {
      out += fmt::format("  {}\n", base::printable(base::trim(part), 2000));
    }
  }
  return out;
}

}  // namespace cli
