// See findings_json.h.
#include "policy/findings_json.h"

#include "lib/base/text.h"
#include "lib/message/utf8.h"
#include "policy/verify/spf_rule.h"

namespace policy {
namespace {

using boost::json::array;
using boost::json::object;
using boost::json::string;

string text(std::string_view octets) {
  if (message::is_utf8(octets)) return string(octets);
  string out;
  for (const char c : octets) {
    if (static_cast<unsigned char>(c) < 0x80) {
      out += c;
    } else {
      out += "\xef\xbf\xbd";  // U+FFFD
    }
  }
  return out;
}

template <class List>
array texts(const List& list) {
  array out;
  for (const auto& one : list) out.emplace_back(text(one));
  return out;
}

object spf_one(const mailauth::SpfVerdict* verdict, std::string_view domain,
               std::string_view identity) {
  const mailauth::SpfVerdict none;
  const mailauth::SpfVerdict& one = verdict != nullptr ? *verdict : none;
  return {{"result", mailauth::to_string(one.result)},
          {"domain", text(domain)},
          {"identity", identity},
          {"mechanism", text(one.mechanism)},
          {"problem", text(one.problem)},
          {"explanation", text(one.explanation)},
          {"lookups", one.lookups},
          {"checked", verdict != nullptr}};
}

// The identity that counts first, then both (RFC 7208 §2.3, §2.4).
object spf_json(const Rehearsed& rehearsed) {
  const Findings& findings = rehearsed.findings;
  const Transaction& transaction = rehearsed.transaction;
  const auto pointer = [](const auto& verdict) { return verdict ? &*verdict : nullptr; };
  const std::string helo_domain = message::domain_key(transaction.helo);
  const SpfIdentity counts = spf_identity(findings, transaction);
  object out = spf_one(counts.verdict, counts.domain, counts.scope == "helo" ? "helo" : "mailfrom");
  out["helo"] = spf_one(pointer(findings.spf_helo), helo_domain, "helo");
  out["mailfrom"] = spf_one(pointer(findings.spf_mail_from),
                            message::domain_key(transaction.envelope.sender.domain), "mailfrom");
  return out;
}

array dkim_json(const Findings& findings) {
  array out;
  if (!findings.dkim) return out;
  for (const mailauth::DkimVerdict& one : findings.dkim->verdicts) {
    out.push_back(object{{"result", mailauth::to_string(one.result)},
                         {"domain", text(one.domain)},
                         {"selector", text(one.selector)},
                         {"identity", text(one.identity)},
                         {"algorithm", text(one.algorithm)},
                         {"key_bits", one.key_bits},
                         {"problem", text(one.problem)},
                         {"signature", text(one.signature)},
                         {"testing", one.testing},
                         {"length_limited", one.length_limited},
                         {"unsigned_body_bytes", one.unsigned_body_bytes},
                         {"unsigned_from_fields", one.unsigned_from_fields},
                         {"from_oversigned", one.from_oversigned},
                         {"trusted", one.is_trusted()}});
  }
  return out;
}

object arc_json(const Findings& findings) {
  const mailauth::ArcVerdict one = findings.arc.value_or(mailauth::ArcVerdict());
  array hops;
  for (const mailauth::ArcHop& hop : one.hops) {
    hops.push_back(object{{"instance", hop.instance},
                          {"domain", text(hop.domain)},
                          {"selector", text(hop.selector)},
                          {"results", text(hop.results)}});
  }
  return {{"result", mailauth::to_string(one.result)},
          {"instances", one.instances},
          {"problem", text(one.problem)},
          {"temporary", one.temporary},
          {"hops", std::move(hops)}};
}

object dmarc_json(const Findings& findings) {
  const mailauth::DmarcVerdict one = findings.dmarc.value_or(mailauth::DmarcVerdict());
  return {{"result", mailauth::to_string(one.result)},
          {"policy", mailauth::to_string(one.published)},
          {"disposition", mailauth::to_string(one.disposition)},
          {"domain", text(findings.author ? findings.author->domain : "")},
          {"record_domain", text(one.record_domain)},
          {"organizational_domain", text(one.organizational_domain)},
          {"spf_aligned", one.spf_aligned},
          {"dkim_aligned", one.dkim_aligned},
          {"testing", one.record && one.record->testing},
          {"why", text(one.why)},
          {"overrides", texts(findings.overrides)}};
}

object author_json(const Findings& findings) {
  const AuthorFinding one = findings.author.value_or(AuthorFinding());
  return {{"state", findings.author ? to_string(one.state) : std::string_view("none")},
          {"address", text(one.address)},
          {"domain", text(one.domain)},
          {"display_name", text(one.display_name)},
          {"hidden_address", text(one.hidden_address)},
          {"problem", text(one.problem)}};
}

std::string_view state_name(ListFinding::State state) {
  switch (state) {
    case ListFinding::State::listed: return "listed";
    case ListFinding::State::not_listed: return "not_listed";
    case ListFinding::State::error: return "error";
  }
  return "?";
}

array lists_json(const ClientFindings& client) {
  array out;
  for (const ListFinding& one : client.lists) {
    out.push_back(object{{"zone", text(one.zone)},
                         {"state", state_name(one.state)},
                         {"codes", texts(one.codes)},
                         {"meaning", text(one.meaning)},
                         {"text", text(one.text)},
                         {"weight", one.weight}});
  }
  return out;
}

// What is known of the connection.
void add_client(object& out, const Rehearsed& rehearsed) {
  const ClientFindings& client = rehearsed.findings.client;
  out["client"] = object{
      {"ip", rehearsed.transaction.peer.address.text()}, {"exempt", client.exempt},
      {"exempt_why", text(client.exempt_why)},           {"early_talker", client.early_talker},
      {"rate_problem", text(client.rate_problem)},       {"list_score", client.list_score}};
  out["iprev"] = object{{"result", client.iprev ? mailauth::to_string(client.iprev->result)
                                                : std::string_view("none")},
                        {"name", text(client.iprev ? client.iprev->name : "")}};
  out["helo"] = object{{"name", text(rehearsed.transaction.helo)},
                       {"confirmed", client.helo_confirmed},
                       {"problem", text(client.helo_problem)}};
  out["lists"] = lists_json(client);
}

array impersonation_json(const Findings& findings) {
  array out;
  for (const Impersonation& one : findings.impersonation) {
    out.push_back(object{{"kind", text(one.kind)}, {"words", text(one.words)}});
  }
  return out;
}

array filters_json(const Findings& findings) {
  array out;
  for (const FilterFinding& one : findings.filters) {
    object filter{{"filter", text(one.filter)},    {"action", text(one.action)},
                  {"words", text(one.words)},      {"score", nullptr},
                  {"symbols", texts(one.symbols)}, {"edits", one.edits}};
    if (one.score) filter["score"] = *one.score;
    out.push_back(std::move(filter));
  }
  return out;
}

object greylist_json(const GreylistFinding& one) {
  return {{"asked", one.asked},
          {"passed", one.passed},
          {"why", text(one.why)},
          {"wait_seconds", one.wait / std::chrono::seconds(1)}};
}

std::string_view action_name(Verdict::Kind kind) {
  switch (kind) {
    case Verdict::Kind::accept: return "accept";
    case Verdict::Kind::hold: return "hold";
    case Verdict::Kind::discard: return "discard";
    case Verdict::Kind::reject: return "reject";
    case Verdict::Kind::defer: return "defer";
  }
  return "?";
}

// What the client would have heard: of what is accepted the answer to the final dot.
void add_reply(object& out, const Verdict& verdict) {
  smtp::Reply reply = verdict.reply;
  if (verdict.accepted()) reply = smtp::reply(250, {2, 0, 0}, "accepted");
  std::string words;
  for (const std::string& line : reply.lines) words += (words.empty() ? "" : " ") + line;
  out["action"] = action_name(verdict.kind);
  out["code"] = reply.code;
  out["enhanced"] = reply.enhanced ? reply.enhanced->text() : std::string();
  out["text"] = text(words);
}

object verdict_json(const Rehearsed& rehearsed) {
  const Verdict& verdict = rehearsed.verdict;
  object out;
  add_reply(out, verdict);
  out["junk"] = verdict.junk;
  out["moment"] = to_string(rehearsed.moment);
  out["rule"] = text(verdict.rule);
  out["reasons"] = texts(verdict.reasons);
  return out;
}

array recipients_json(const Rehearsed& rehearsed) {
  array out;
  for (const Rehearsed::Recipient& one : rehearsed.recipients) {
    object told{{"to", text(one.address.text())}};
    add_reply(told, one.verdict);
    told["rule"] = text(one.verdict.rule);
    told["reasons"] = texts(one.verdict.reasons);
    array leads_to;
    for (const message::Address& address : one.leads_to) {
      leads_to.emplace_back(text(address.text()));
    }
    told["leads_to"] = std::move(leads_to);
    out.push_back(std::move(told));
  }
  return out;
}

}  // namespace

object rehearsed_json(const Rehearsed& rehearsed) {
  const Findings& findings = rehearsed.findings;
  object out;
  out["spf"] = spf_json(rehearsed);
  out["dkim"] = dkim_json(findings);
  out["dkim_ignored"] = findings.dkim ? findings.dkim->ignored : 0;
  out["arc"] = arc_json(findings);
  out["dmarc"] = dmarc_json(findings);
  add_client(out, rehearsed);
  out["author"] = author_json(findings);
  out["impersonation"] = impersonation_json(findings);
  out["filters"] = filters_json(findings);
  out["greylist"] = greylist_json(findings.greylist);
  out["recipients"] = recipients_json(rehearsed);
  out["verdict"] = verdict_json(rehearsed);
  out["authentication_results"] = text(added_field(rehearsed.verdict, "Authentication-Results"));
  out["added_fields"] = texts(rehearsed.verdict.header_fields);
  return out;
}

std::string added_field(const Verdict& verdict, std::string_view name) {
  for (const std::string& field : verdict.header_fields) {
    const bool is_it =
        base::istarts_with(field, name) && field.size() > name.size() && field[name.size()] == ':';
    if (is_it) return field.ends_with("\r\n") ? field.substr(0, field.size() - 2) : field;
  }
  return {};
}

}  // namespace policy
