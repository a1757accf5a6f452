// See judge.h.
#include "admin/records/judge.h"

#include <fmt/format.h>

#include <algorithm>

#include "admin/doctor/mta_sts.h"
#include "admin/records/texts.h"
#include "lib/base/text.h"
#include "lib/dns/record_text.h"
#include "lib/mailauth/dkim_key.h"
#include "lib/mailauth/dmarc_record.h"
#include "lib/mailauth/spf_record.h"

namespace records {
namespace {

constexpr std::size_t shown_bytes_max = 200;

using Records = std::vector<dns::Record>;

std::string shown(const Record& record, const Records& found) {
  std::string out;
  for (const dns::Record& one : found) {
    out += (out.empty() ? "" : ", ") + dns::data_text(record.type, one);
  }
  return base::printable(out, shown_bytes_max);
}

// Each by itself: what else the name has stays.
std::vector<dns::Change> taken_out(const Record& record, const Records& found) {
  std::vector<dns::Change> out;
  for (const dns::Record& one : found) {
    out.push_back({.name = record.name,
                   .type = record.type,
                   .record = one,
                   .kind = dns::Change::Kind::remove});
  }
  return out;
}

Verdict verdict(State state, const Record& record, const Records& found, std::string_view why) {
  Verdict out{.state = state, .words = shown(record, found)};
  if (!why.empty()) out.words += fmt::format("{}{}", out.words.empty() ? "" : ": ", why);
  if (state == State::stale || state == State::other) out.in_the_way = taken_out(record, found);
  return out;
}

Records select(const Records& all, bool (*wanted)(std::string_view text)) {
  Records out;
  std::ranges::copy_if(all, std::back_inserter(out),
                       [wanted](const dns::Record& one) { return wanted(one.data); });
  return out;
}

bool is_there(const Record& record, const Records& found) {
  const std::string text = base::lower(record.text());
  return std::ranges::any_of(found, [&](const dns::Record& one) {
    return base::lower(dns::data_text(record.type, one)) == text;
  });
}

// --- one slot each -------------------------------------------------------------------------------

Verdict judge_address(const Record& record, const Records& found, const Known& known) {
  Records others;
  for (const dns::Record& one : found) {
    if (std::ranges::find(known.addresses, one.address) == known.addresses.end()) {
      others.push_back(one);
    }
  }
  if (is_there(record, found)) {
    if (others.empty()) return {.state = State::right};
    return {.state = State::right,
            .words = "and " + shown(record, others) + ", which is not an address of this host"};
  }
  if (others.empty()) return {};
  return verdict(State::other, record, others, "not an address of this host");
}

Verdict judge_mx(const Record& record, const Records& found, const Known& known) {
  if (found.empty()) return {};
  if (is_there(record, found)) return {.state = State::right};
  const bool leads_here = std::ranges::any_of(found, [&known](const dns::Record& one) {
    return known.own_names.contains(one.mx.exchange);
  });
  if (leads_here) return verdict(State::fits, record, found, "leads to this host");
  return verdict(State::other, record, found, "the domain's mail goes elsewhere");
}

// Nothing in it that we would not have written: another host's address is another host's.
bool is_our_spf(const mailauth::SpfRecord& record, const Known& known) {
  using mailauth::SpfKind;
  if (!record.redirect.empty() || !record.exp.empty()) return false;
  return std::ranges::all_of(record.mechanisms, [&known](const mailauth::SpfMechanism& one) {
    const bool plain = one.domain.empty() && one.cidr4_bits == 32 && one.cidr6_bits == 128;
    if (one.kind == SpfKind::all) return true;
    if (one.qualifier != mailauth::SpfQualifier::pass) return false;
    if (one.kind == SpfKind::mx || one.kind == SpfKind::a) return plain;
    if (one.kind != SpfKind::ip4 && one.kind != SpfKind::ip6) return false;
    const unsigned bits = one.network.address.is_v6() ? 128 : 32;
    return one.network.prefix_bits == bits &&
           std::ranges::find(known.addresses, one.network.address) != known.addresses.end();
  });
}

// Does it name the domain's MX hosts, which are or will be this one?
bool names_mx(const mailauth::SpfRecord& record) {
  return std::ranges::any_of(record.mechanisms, [](const mailauth::SpfMechanism& one) {
    return one.kind == mailauth::SpfKind::mx && one.domain.empty() &&
           one.qualifier == mailauth::SpfQualifier::pass;
  });
}

Verdict judge_spf(const Record& record, const Records& all, const Known& known) {
  const Records found = select(all, mailauth::is_spf_record);
  if (found.empty()) return {};
  if (found.size() > 1) {
    return verdict(State::other, record, found, "of several SPF records none counts");
  }
  if (is_there(record, found)) return {.state = State::right};
  const auto parsed = mailauth::parse_spf(found.front().data);
  if (!parsed) return verdict(State::other, record, found, parsed.error().detail);
  if (known.spf_passes || (record.slot == Slot::spf && names_mx(*parsed))) {
    return verdict(State::fits, record, found, "lets this host send");
  }
  if (is_our_spf(*parsed, known)) return verdict(State::stale, record, found, "of ours, and old");
  return verdict(State::other, record, found, "does not let this host send; add \"mx\" to it");
}

Verdict judge_dkim(const Record& record, const Records& found) {
  if (found.empty()) return {};
  const auto held = mailauth::parse_key_record(record.data.data);
  const auto served = mailauth::parse_key_record(found.front().data);
  const bool same = found.size() == 1 && held && served && held->octets == served->octets;
  if (same) return {.state = State::right};
  // The selector was made here, so nobody else needs it.
  return verdict(State::stale, record, found, "not the key that this server holds");
}

Verdict judge_dmarc(const Record& record, const Records& all, const Known& known) {
  const Records found =
      select(all, [](std::string_view text) { return base::istarts_with(text, "v=DMARC1"); });
  if (found.empty()) {
    if (known.dmarc_above.empty()) return {};
    return {.state = State::fits, .words = "the record of " + known.dmarc_above + " counts here"};
  }
  if (found.size() > 1) {
    return verdict(State::other, record, found, "of several DMARC records none counts");
  }
  if (is_there(record, found)) return {.state = State::right};
  if (mailauth::parse_dmarc(found.front().data)) return verdict(State::fits, record, found, {});
  return verdict(State::other, record, found, "receivers cannot read it");
}

Verdict judge_mta_sts(const Record& record, const Records& all, const Known& known) {
  const Records found =
      select(all, [](std::string_view text) { return text.starts_with("v=STSv1"); });
  if (found.empty()) return {};
  const auto wanted = doctor::parse_mta_sts_record(record.data.data);
  const auto served = doctor::parse_mta_sts_record(found.front().data);
  if (found.size() == 1 && wanted && served && *wanted == *served) return {.state = State::right};
  if (known.policy_is_here) return verdict(State::stale, record, found, "of an earlier policy");
  return verdict(State::other, record, found, "of a policy that is served elsewhere");
}

Verdict judge_tls_rpt(const Record& record, const Records& all) {
  const Records found =
      select(all, [](std::string_view text) { return text.starts_with("v=TLSRPTv1"); });
  if (found.empty()) return {};
  if (is_there(record, found)) return {.state = State::right};
  const bool good = found.size() == 1 && found.front().data.find("rua=") != std::string::npos;
  if (good) return verdict(State::fits, record, found, {});
  return verdict(State::other, record, found, "reporters cannot use it");
}

Verdict judge_service(const Record& record, const Records& found, const Known& known) {
  if (found.empty()) return {};
  if (is_there(record, found)) return {.state = State::right};
  const bool ours = std::ranges::any_of(
      found, [&known](const dns::Record& one) { return one.data.ends_with(" " + known.hostname); });
  return verdict(ours ? State::stale : State::other, record, found,
                 ours ? "of ours, and old" : "leads elsewhere");
}

Verdict judge_tlsa(const Record& record, const Records& found) {
  if (is_there(record, found)) return {.state = State::right};
  if (found.empty()) return {};
  // What is there stays: it may be of the key that is in use somewhere.
  return {.state = State::missing, .words = "there is " + shown(record, found)};
}

Verdict judge_name(const Record& record, const Records& found) {
  if (found.empty()) return {};
  if (is_there(record, found)) return {.state = State::right};
  return verdict(State::other, record, found, "leads elsewhere");
}

// Where the name is a CNAME, nothing can be put beside it (RFC 1034 §3.6.2).
Verdict through_cname(Verdict judged, const Record& record, const dns::Answer& answer) {
  if (is_well(judged.state)) return judged;
  return {.state = State::other,
          .words = fmt::format("{} is a CNAME of {}{}{}", record.name, answer.canonical_name,
                               judged.words.empty() ? "" : ", ", judged.words),
          .in_the_way = {{.name = record.name,
                          .type = dns::Type::cname,
                          .record = {},
                          .kind = dns::Change::Kind::remove_set}}};
}

Verdict judge_slot(const Record& record, const Records& found, const Known& known) {
  switch (record.slot) {
    case Slot::address: return judge_address(record, found, known);
    case Slot::mx: return judge_mx(record, found, known);
    case Slot::host_spf:
    case Slot::spf: return judge_spf(record, found, known);
    case Slot::dkim: return judge_dkim(record, found);
    case Slot::dmarc: return judge_dmarc(record, found, known);
    case Slot::mta_sts: return judge_mta_sts(record, found, known);
    case Slot::tls_rpt: return judge_tls_rpt(record, found);
    case Slot::service: return judge_service(record, found, known);
    case Slot::tlsa: return judge_tlsa(record, found);
    case Slot::ptr:
    case Slot::mta_sts_host:
    case Slot::client_name: break;
  }
  return judge_name(record, found);
}

}  // namespace

Verdict judge(const Record& record, const dns::Answer& answer, const Known& known) {
  Verdict judged = judge_slot(record, answer.records, known);
  const bool moved = record.type != dns::Type::cname && !answer.canonical_name.empty() &&
                     answer.canonical_name != record.name;
  return moved ? through_cname(std::move(judged), record, answer) : judged;
}

Verdict join(const std::vector<Said>& said) {
  const auto state_of = [](const Said& one) { return one.verdict.state; };
  const auto worst = std::ranges::max_element(said, {}, state_of);
  if (worst == said.end()) return {.state = State::unknown};
  Verdict out = worst->verdict;
  const auto best = std::ranges::min_element(said, {}, state_of);
  if (best->verdict.state == out.state) return out;
  const bool some = is_well(best->verdict.state) && !is_well(out.state);
  if (some && out.state != State::other) out.state = State::partly;
  out.words = fmt::format(
      "{}: {}{}", worst->where,
      worst->verdict.words.empty() ? to_string(worst->verdict.state) : worst->verdict.words,
      some ? ", unlike others" : "");
  return out;
}

}  // namespace records
