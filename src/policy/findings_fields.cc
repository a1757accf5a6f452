// See findings_fields.h.
#include "policy/findings_fields.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/base/check.h"
#include "policy/verify/spf_rule.h"

namespace policy {
namespace {

constexpr std::size_t shown_max = 10;  // entries of one list

// "a; b; c and 4 more".
template <class List, class Words>
std::string listed(const List& list, Words words) {
  std::string out;
  std::size_t shown = 0;
  for (const auto& one : list) {
    if (shown == shown_max) break;
    if (shown++ > 0) out += "; ";
    out += words(one);
  }
  if (list.size() > shown) out += fmt::format(" and {} more", list.size() - shown);
  return out;
}

std::string with_problem(std::string text, std::string_view problem) {
  if (!problem.empty()) text += fmt::format(" ({})", problem);
  return text;
}

std::string spf_words(const mailauth::SpfVerdict& one, std::string_view domain) {
  std::string text = fmt::format("{} {}", mailauth::to_string(one.result), domain);
  if (!one.mechanism.empty()) text += " by " + one.mechanism;
  return with_problem(std::move(text), one.problem);
}

std::string dkim_words(const mailauth::DkimVerdict& one) {
  std::string text = fmt::format("{} {}", mailauth::to_string(one.result), one.domain);
  if (!one.selector.empty()) text += " s=" + one.selector;
  if (!one.algorithm.empty()) text += " " + one.algorithm;
  if (one.length_limited) text += " l=";
  return with_problem(std::move(text), one.problem);
}

std::string dmarc_words(const mailauth::DmarcVerdict& one) {
  std::string text(mailauth::to_string(one.result));
  if (!one.record_domain.empty()) {
    text += fmt::format(" p={} of {}", mailauth::to_string(one.published), one.record_domain);
  }
  return with_problem(std::move(text), one.why);
}

std::string list_words(const ListFinding& one) {
  if (one.state == ListFinding::State::error) return with_problem(one.zone + " error", one.meaning);
  std::string codes;
  for (const std::string& code : one.codes) codes += " " + code;
  return with_problem(fmt::format("{}{} {:+}", one.zone, codes, one.weight), one.meaning);
}

std::string filter_words(const FilterFinding& one) {
  std::string text = one.filter + " " + one.action;
  if (one.score) text += fmt::format(" {:.1f}", *one.score);
  return with_problem(std::move(text), one.words);
}

std::string author_words(const AuthorFinding& one) {
  return with_problem(one.address.empty() ? std::string(to_string(one.state)) : one.address,
                      one.problem);
}

std::string verdict_words(const Verdict& verdict) {
  switch (verdict.kind) {
    case Verdict::Kind::accept: return verdict.junk ? "accept as junk" : "accept";
    case Verdict::Kind::hold: return "hold";
    case Verdict::Kind::discard: return "discard";
    case Verdict::Kind::reject: return "reject " + verdict.reply.text();
    case Verdict::Kind::defer: return "defer " + verdict.reply.text();
  }
  return "?";
}

// Says nothing of what was not checked.
class Fields {
 public:
  void add(std::string_view key, std::string text) {
    if (!text.empty()) fields_.emplace_back(key, std::move(text));
  }
  EventFields take() && {
    CHECK(fields_.size() <= judged_fields_max, "each check has one field");
    return std::move(fields_);
  }

 private:
  EventFields fields_;
};

void add_client(Fields& fields, const ClientFindings& client) {
  if (client.iprev) {
    fields.add("iprev", fmt::format("{}{}{}", mailauth::to_string(client.iprev->result),
                                    client.iprev->name.empty() ? "" : " ", client.iprev->name));
  }
  if (!client.helo_problem.empty()) {
    fields.add("helo_check", client.helo_problem);
  } else if (client.helo_confirmed) {
    fields.add("helo_check", "confirmed");
  }
  // Lists on which it is not need no line each.
  std::vector<ListFinding> told;
  std::ranges::copy_if(client.lists, std::back_inserter(told), [](const ListFinding& one) {
    return one.state != ListFinding::State::not_listed;
  });
  fields.add("lists", listed(told, list_words));
  if (!client.lists.empty()) {
    fields.add("list_score", fmt::format("{} of {} lists", client.list_score, client.lists.size()));
  }
  if (client.early_talker) fields.add("early_talker", "yes");
  fields.add("rate", client.rate_problem);
}

void add_message(Fields& fields, const Transaction& transaction, const Findings& findings) {
  if (findings.spf_mail_from) {
    fields.add("spf", spf_words(*findings.spf_mail_from, transaction.envelope.sender.domain));
  }
  if (findings.spf_helo) fields.add("spf_helo", spf_words(*findings.spf_helo, transaction.helo));
  if (findings.dkim) {
    fields.add("dkim", findings.dkim->verdicts.empty()
                           ? "none"
                           : listed(findings.dkim->verdicts, dkim_words));
  }
  if (findings.arc && findings.arc->result != mailauth::ArcResult::none) {
    fields.add("arc", with_problem(fmt::format("{} i={}", mailauth::to_string(findings.arc->result),
                                               findings.arc->instances),
                                   findings.arc->problem));
  }
  if (findings.author) fields.add("author", author_words(*findings.author));
  if (findings.dmarc) fields.add("dmarc", dmarc_words(*findings.dmarc));
  fields.add("overrides", listed(findings.overrides, [](const std::string& one) { return one; }));
  if (findings.greylist.asked) {
    fields.add("greylist",
               with_problem(findings.greylist.passed ? "passed" : "wait", findings.greylist.why));
  }
  fields.add("impersonation", listed(findings.impersonation, [](const Impersonation& one) {
               return one.kind + ": " + one.words;
             }));
  fields.add("filters", listed(findings.filters, filter_words));
}

}  // namespace

bool worth_telling(const Findings& findings, const Verdict& verdict) {
  if (!findings.client.exempt) return true;
  return verdict.kind != Verdict::Kind::accept && !verdict.rule.empty();
}

EventFields judged_fields(const Transaction& transaction, const Findings& findings,
                          const Verdict& verdict) {
  Fields fields;
  fields.add("peer", transaction.peer.address.text());
  fields.add("helo", transaction.helo);
  add_client(fields, findings.client);
  add_message(fields, transaction, findings);
  fields.add("verdict", verdict_words(verdict));
  fields.add("rule", verdict.rule);
  fields.add("reason", listed(verdict.reasons, [](const std::string& one) { return one; }));
  return std::move(fields).take();
}

}  // namespace policy
