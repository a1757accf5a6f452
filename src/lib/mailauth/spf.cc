// See spf.h.
#include "lib/mailauth/spf.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "lib/base/text.h"
#include "lib/mailauth/spf_record.h"
#include "lib/message/address.h"

namespace mailauth {
namespace {

using dns::Answer;
using dns::Status;
using dns::Type;

constexpr std::string_view no_name = "unknown";  // §7.3: %{p} without a validated name

// What one mechanism said.
enum class Match : std::uint8_t { no, yes, temperror, permerror };

bool is_utf8_free(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c & 0x80) == 0; });
}

// §4.3: a name with an empty or overlong label, or of one label only, has no policy.
bool is_checkable(std::string_view domain) {
  if (domain.ends_with('.')) domain.remove_suffix(1);
  if (domain.size() > dns_name_bytes_max) return false;
  const auto labels = base::split(domain, '.');
  return labels.size() > 1 && std::ranges::all_of(labels, [](std::string_view label) {
           return !label.empty() && label.size() <= message::label_bytes_max;
         });
}

bool is_at_or_below(std::string_view name, std::string_view domain) {
  if (base::iequals(name, domain)) return true;
  return name.size() > domain.size() && name[name.size() - domain.size() - 1] == '.' &&
         base::iequals(name.substr(name.size() - domain.size()), domain);
}

// One check_host() with all its includes and redirects: they share the limits.
class Evaluation {
 public:
  Evaluation(dns::Resolver& resolver, SpfQuery query, SpfLimits limits)
      : resolver_(resolver), query_(std::move(query)), limits_(limits) {
    facts_.ip = query_.ip;
    facts_.local = query_.local.empty() ? "postmaster" : query_.local;
    facts_.sender_domain = query_.domain;
    facts_.helo = query_.helo;
    facts_.receiver = query_.receiver;
    facts_.now = query_.now;
  }

  // `top`: not below an include, so that a fail's explanation counts (§6.2).
  io::Task<SpfVerdict> check(std::string domain, bool top);

 private:
  io::Task<base::Result<SpfRecord>> fetch(std::string domain);
  io::Task<SpfVerdict> evaluate(SpfRecord record, std::string domain, bool top);
  io::Task<Match> match(const SpfMechanism* mechanism, std::string domain);
  io::Task<Match> match_include(std::string target);
  io::Task<Match> match_addresses(const SpfMechanism* mechanism, std::string name);
  io::Task<Match> match_mx(const SpfMechanism* mechanism, std::string name);
  io::Task<Match> match_ptr(std::string target);
  io::Task<Match> match_exists(std::string name);
  io::Task<std::vector<std::string>> validated_names();
  io::Task<bool> set_facts(std::string spec, std::string domain);
  io::Task<std::optional<std::string>> target_of(const SpfMechanism* mechanism, std::string domain);
  io::Task<std::string> explain(std::string spec, std::string domain);
  io::Task<Answer> ask(std::string name, Type type);
  [[nodiscard]] bool count_lookup();
  [[nodiscard]] bool in_network(const io::IpAddress& address, const SpfMechanism& mechanism) const;
  SpfVerdict problem(SpfResult result, std::string words) const;
  [[nodiscard]] Match trouble(std::string words, Match kind);

  dns::Resolver& resolver_;
  const SpfQuery query_;
  const SpfLimits limits_;
  SpfFacts facts_;
  unsigned lookups_ = 0;
  unsigned voids_ = 0;
  std::string words_;  // of the last trouble
};

SpfVerdict Evaluation::problem(SpfResult result, std::string words) const {
  return {.result = result,
          .mechanism = {},
          .problem = std::move(words),
          .explanation = {},
          .lookups = lookups_};
}

Match Evaluation::trouble(std::string words, Match kind) {
  words_ = std::move(words);
  return kind;
}

io::Task<Answer> Evaluation::ask(std::string name, Type type) {
  // A name that the DNS could not hold has no records (§4.8).
  const auto labels = base::split(name, '.');
  const bool possible = !name.empty() && std::ranges::all_of(labels, [](std::string_view label) {
    return !label.empty() && label.size() <= message::label_bytes_max;
  });
  Answer answer;
  if (possible) {
    answer = co_await resolver_.query(std::move(name), type);
  } else {
    answer.status = Status::no_name;
  }
  // §4.6.4 counts queries that found nothing; of an impossible name none was made.
  if (possible && dns::is_negative(answer.status)) ++voids_;
  co_return answer;
}

bool Evaluation::count_lookup() { return ++lookups_ <= limits_.lookups_max; }

// §4.5: exactly one record that begins with v=spf1.
io::Task<base::Result<SpfRecord>> Evaluation::fetch(std::string domain) {
  Answer answer = co_await resolver_.query(domain, Type::txt);
  if (dns::is_negative(answer.status)) {
    co_return base::fail(base::ErrorKind::not_found, domain + " publishes no SPF policy");
  }
  if (answer.status != Status::ok) {
    co_return base::fail(base::ErrorKind::io,
                         fmt::format("the DNS does not answer for {}: {}", domain, answer.why));
  }
  const std::string* found = nullptr;
  for (const dns::Record& record : answer.records) {
    if (!is_spf_record(record.data)) continue;
    if (found != nullptr) {
      co_return base::fail(base::ErrorKind::invalid, domain + " publishes two SPF policies");
    }
    found = &record.data;
  }
  if (found == nullptr) {
    co_return base::fail(base::ErrorKind::not_found, domain + " publishes no SPF policy");
  }
  auto parsed = parse_spf(*found);
  if (!parsed) {
    parsed.error().detail = fmt::format("the policy of {}: {}", domain, parsed.error().detail);
  }
  co_return parsed;
}

io::Task<SpfVerdict> Evaluation::check(std::string domain, bool top) {
  if (domain.ends_with('.')) domain.pop_back();
  if (!is_checkable(domain)) {
    co_return problem(SpfResult::none, base::printable(domain, 100) + " is not a domain name");
  }
  auto record = co_await fetch(message::domain_key(domain));
  if (record) co_return co_await evaluate(std::move(*record), std::move(domain), top);
  switch (record.error().kind) {
    case base::ErrorKind::not_found:
      co_return problem(SpfResult::none, std::move(record.error().detail));
    case base::ErrorKind::invalid:
      co_return problem(SpfResult::permerror, std::move(record.error().detail));
    default: co_return problem(SpfResult::temperror, std::move(record.error().detail));
  }
}

SpfResult result_of(SpfQualifier qualifier) {
  switch (qualifier) {
    case SpfQualifier::pass: return SpfResult::pass;
    case SpfQualifier::fail: return SpfResult::fail;
    case SpfQualifier::softfail: return SpfResult::softfail;
    case SpfQualifier::neutral: return SpfResult::neutral;
  }
  std::unreachable();
}

io::Task<SpfVerdict> Evaluation::evaluate(SpfRecord record, std::string domain, bool top) {
  for (const SpfMechanism& mechanism : record.mechanisms) {
    const Match match_result = co_await match(&mechanism, domain);
    // First: trouble ends a mechanism, so what found nothing was asked before it.
    if (voids_ > limits_.void_lookups_max) {
      co_return problem(SpfResult::permerror, fmt::format("more than {} look-ups found nothing",
                                                          limits_.void_lookups_max));
    }
    if (match_result == Match::temperror) co_return problem(SpfResult::temperror, words_);
    if (match_result == Match::permerror) co_return problem(SpfResult::permerror, words_);
    if (match_result == Match::no) continue;
    SpfVerdict verdict = problem(result_of(mechanism.qualifier), {});
    verdict.mechanism = mechanism.text;
    if (verdict.result == SpfResult::fail && top && !record.exp.empty()) {
      verdict.explanation = co_await explain(record.exp, domain);
    }
    co_return verdict;
  }
  if (record.redirect.empty()) {  // §4.7
    SpfVerdict verdict = problem(SpfResult::neutral, {});
    verdict.mechanism = "default";
    co_return verdict;
  }
  // §6.1: the other policy takes the place of this one, its explanation included.
  if (!count_lookup()) {
    co_return problem(SpfResult::permerror,
                      fmt::format("more than {} look-ups", limits_.lookups_max));
  }
  (void)co_await set_facts(record.redirect, domain);
  auto target = expand_domain(record.redirect, facts_);
  if (!target || !is_checkable(*target)) {
    co_return problem(SpfResult::permerror, "redirect= leads to no domain name");
  }
  SpfVerdict verdict = co_await check(std::move(*target), top);
  if (verdict.result == SpfResult::none) verdict.result = SpfResult::permerror;
  co_return verdict;
}

// The facts for a macro in this domain; %{p} is looked up only where it is used.
io::Task<bool> Evaluation::set_facts(std::string spec, std::string domain) {
  facts_.domain = domain;
  facts_.validated = no_name;
  if (!uses_validated_name(spec)) co_return false;
  const std::vector<std::string> names = co_await validated_names();
  if (names.empty()) co_return false;
  // §7.3: the domain itself, else a name below it, else any.
  auto best = std::ranges::find_if(
      names, [&](const std::string& name) { return base::iequals(name, domain); });
  if (best == names.end()) {
    best = std::ranges::find_if(
        names, [&](const std::string& name) { return is_at_or_below(name, domain); });
  }
  facts_.validated = best == names.end() ? names.front() : *best;
  co_return true;
}

io::Task<std::optional<std::string>> Evaluation::target_of(const SpfMechanism* mechanism,
                                                           std::string domain) {
  if (mechanism->domain.empty()) co_return domain;
  (void)co_await set_facts(mechanism->domain, std::move(domain));
  co_return expand_domain(mechanism->domain, facts_);
}

bool Evaluation::in_network(const io::IpAddress& address, const SpfMechanism& mechanism) const {
  const unsigned bits = address.is_v6() ? mechanism.cidr6_bits : mechanism.cidr4_bits;
  return io::IpNetwork{.address = address, .prefix_bits = bits}.contains(query_.ip);
}

io::Task<Match> Evaluation::match(const SpfMechanism* mechanism, std::string domain) {
  if (mechanism->kind == SpfKind::all) co_return Match::yes;
  if (mechanism->kind == SpfKind::ip4 || mechanism->kind == SpfKind::ip6) {
    // An IPv6 network written in IPv4's mapped form is nobody's: we see such clients as IPv4.
    const bool same = mechanism->network.address.is_v6() == query_.ip.is_v6() &&
                      (mechanism->kind == SpfKind::ip6) == query_.ip.is_v6();
    co_return same && mechanism->network.contains(query_.ip) ? Match::yes : Match::no;
  }
  if (!count_lookup()) {
    co_return trouble(fmt::format("more than {} look-ups", limits_.lookups_max), Match::permerror);
  }
  auto target = co_await target_of(mechanism, std::move(domain));
  if (!target) co_return Match::no;
  switch (mechanism->kind) {
    case SpfKind::include: co_return co_await match_include(std::move(*target));
    case SpfKind::a: co_return co_await match_addresses(mechanism, std::move(*target));
    case SpfKind::mx: co_return co_await match_mx(mechanism, std::move(*target));
    case SpfKind::ptr: co_return co_await match_ptr(std::move(*target));
    default: co_return co_await match_exists(std::move(*target));
  }
}

// §5.2, the table.
io::Task<Match> Evaluation::match_include(std::string target) {
  const SpfVerdict verdict = co_await check(target, false);
  switch (verdict.result) {
    case SpfResult::pass: co_return Match::yes;
    case SpfResult::temperror: co_return trouble(verdict.problem, Match::temperror);
    case SpfResult::permerror: co_return trouble(verdict.problem, Match::permerror);
    case SpfResult::none:
      co_return trouble(fmt::format("include: {}", verdict.problem), Match::permerror);
    default: co_return Match::no;
  }
}

io::Task<Match> Evaluation::match_addresses(const SpfMechanism* mechanism, std::string name) {
  const Answer answer = co_await ask(name, query_.ip.is_v6() ? Type::aaaa : Type::a);
  if (answer.status != Status::ok && !dns::is_negative(answer.status)) {
    co_return trouble(fmt::format("the DNS does not answer for {}", name), Match::temperror);
  }
  for (const dns::Record& record : answer.records) {
    if (in_network(record.address, *mechanism)) co_return Match::yes;
  }
  co_return Match::no;
}

io::Task<Match> Evaluation::match_mx(const SpfMechanism* mechanism, std::string name) {
  const Answer answer = co_await ask(name, Type::mx);
  if (answer.status != Status::ok && !dns::is_negative(answer.status)) {
    co_return trouble(fmt::format("the DNS does not answer for the MX of {}", name),
                      Match::temperror);
  }
  if (answer.records.size() > limits_.names_max) {  // §4.6.4
    co_return trouble(fmt::format("{} has more than {} MX hosts", name, limits_.names_max),
                      Match::permerror);
  }
  for (const dns::Record& record : answer.records) {
    if (record.mx.exchange.empty()) continue;  // null MX (RFC 7505)
    const Match host = co_await match_addresses(mechanism, record.mx.exchange);
    if (host != Match::no) co_return host;
  }
  co_return Match::no;
}

// §5.5: the client's names that lead back to it; trouble on the way only leaves names out.
io::Task<std::vector<std::string>> Evaluation::validated_names() {
  const Answer answer = co_await ask(query_.ip.reverse_name(), Type::ptr);
  std::vector<std::string> names;
  std::size_t tried = 0;
  for (const dns::Record& record : answer.records) {
    if (++tried > limits_.names_max) break;
    const Answer forward =
        co_await resolver_.query(record.data, query_.ip.is_v6() ? Type::aaaa : Type::a);
    const bool leads_back = std::ranges::any_of(
        forward.records, [this](const dns::Record& one) { return one.address == query_.ip; });
    if (leads_back) names.push_back(record.data);
  }
  co_return names;
}

io::Task<Match> Evaluation::match_ptr(std::string target) {
  for (const std::string& name : co_await validated_names()) {
    if (is_at_or_below(name, target)) co_return Match::yes;
  }
  co_return Match::no;
}

// §5.7: always A, whatever the client's address is.
io::Task<Match> Evaluation::match_exists(std::string name) {
  const Answer answer = co_await ask(name, Type::a);
  if (answer.status == Status::ok) co_return Match::yes;
  if (dns::is_negative(answer.status)) co_return Match::no;
  co_return trouble(fmt::format("the DNS does not answer for {}", name), Match::temperror);
}

// §6.2: whatever is wrong with it, the result stays as it is and has no explanation.
io::Task<std::string> Evaluation::explain(std::string spec, std::string domain) {
  (void)co_await set_facts(spec, domain);
  const auto name = expand_domain(spec, facts_);
  if (!name || !is_checkable(*name)) co_return "";
  const Answer answer = co_await resolver_.query(*name, Type::txt);
  if (answer.status != Status::ok || answer.records.size() != 1) co_return "";
  const std::string& text = answer.records.front().data;
  if (!is_utf8_free(text) || !is_macro_string(text, MacroUse::explanation)) co_return "";
  (void)co_await set_facts(text, std::move(domain));
  auto words = expand_macros(text, facts_, MacroUse::explanation);
  if (!words || !is_utf8_free(*words)) co_return "";
  co_return base::printable(*words, limits_.explanation_bytes_max);
}

}  // namespace

std::string_view to_string(SpfResult result) {
  switch (result) {
    case SpfResult::none: return "none";
    case SpfResult::neutral: return "neutral";
    case SpfResult::pass: return "pass";
    case SpfResult::fail: return "fail";
    case SpfResult::softfail: return "softfail";
    case SpfResult::temperror: return "temperror";
    case SpfResult::permerror: return "permerror";
  }
  std::unreachable();
}

io::Task<SpfVerdict> check_host(io::Ref<dns::Resolver> resolver, SpfQuery query, SpfLimits limits) {
  const std::string domain = query.domain;
  Evaluation evaluation(*resolver, std::move(query), limits);
  co_return co_await evaluation.check(domain, true);
}

}  // namespace mailauth
