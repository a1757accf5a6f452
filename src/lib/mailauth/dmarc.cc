// See dmarc.h.
#include "lib/mailauth/dmarc.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "lib/base/text.h"
#include "lib/message/address.h"

namespace mailauth {
namespace {

constexpr std::size_t labels_walked_max = 7;  // §4.10: a longer name goes on with seven labels

// The names to ask, from the domain itself upwards (§4.10).
std::vector<std::string> walk_names(const std::string& domain) {
  std::vector<std::string> names = {domain};
  std::string_view rest = domain;
  std::size_t labels = 1 + static_cast<std::size_t>(std::ranges::count(domain, '.'));
  while (labels > 1) {
    do {
      rest.remove_prefix(rest.find('.') + 1);
      --labels;
    } while (labels > labels_walked_max);
    names.emplace_back(rest);
  }
  return names;
}

struct Found {
  std::string domain;
  DmarcRecord record;
};

struct Asked {
  std::optional<DmarcRecord> record;
  bool trouble = false;
};

// Several policies at one name count as none (§4.10).
io::Task<Asked> ask(io::Ref<dns::Resolver> resolver, std::string domain) {
  const dns::Answer answer = co_await resolver->query("_dmarc." + domain, dns::Type::txt);
  Asked asked;
  asked.trouble = answer.status != dns::Status::ok && !dns::is_negative(answer.status);
  for (const dns::Record& txt : answer.records) {
    auto parsed = parse_dmarc(txt.data);
    if (!parsed) continue;
    if (asked.record) co_return Asked{};
    asked.record = std::move(parsed);
  }
  co_return asked;
}

// The parent of the walk's name: one label less.
std::string one_label_below(const std::string& suffix, const std::string& domain) {
  const std::string_view below =
      std::string_view(domain).substr(0, domain.size() - suffix.size() - 1);
  const std::size_t dot = below.rfind('.');
  return std::string(dot == std::string_view::npos ? below : below.substr(dot + 1)) + "." + suffix;
}

// §4.10.2.
std::string organizational(const std::vector<Found>& found, const std::string& domain) {
  for (const Found& one : found) {
    if (one.record.psd == DmarcPsd::no) return one.domain;
    if (one.record.psd == DmarcPsd::yes && one.domain != domain) {
      return one_label_below(one.domain, domain);
    }
  }
  // Otherwise that of the fewest labels; nothing found: the domain itself.
  return found.empty() ? domain : found.back().domain;
}

DmarcPolicy one_step_less(DmarcPolicy policy) {
  return policy == DmarcPolicy::reject ? DmarcPolicy::quarantine : DmarcPolicy::none;
}

// §4.10.1: which of p=, sp= and np= speaks of this author domain.
io::Task<DmarcPolicy> policy_for(io::Ref<dns::Resolver> resolver, io::Ref<const TreeWalk> walk,
                                 std::string author) {
  const DmarcRecord& record = *walk->record;
  if (walk->record_domain == author) co_return record.policy;
  const DmarcPolicy existing = record.subdomains.value_or(record.policy);
  if (!record.non_existing || *record.non_existing == existing) co_return existing;
  const dns::Answer answer = co_await resolver->query(author, dns::Type::a);
  if (answer.status == dns::Status::no_name) co_return *record.non_existing;  // nothing less
  // Trouble is no proof of existence either: the milder one, so that it refuses nothing.
  if (answer.status == dns::Status::trouble || answer.status == dns::Status::bogus) {
    co_return std::min(existing, *record.non_existing);
  }
  co_return existing;
}

// Where the record is the author's own, the names above it do not matter to a domain that is the
// author's (§4.10.2).
bool is_identical(const DmarcQuery& query, const std::string& author, bool& spf, bool& dkim) {
  spf = query.spf_domain && message::domain_key(*query.spf_domain) == author;
  const std::size_t count = std::min(query.dkim_domains.size(), identifiers_max);
  dkim = std::any_of(query.dkim_domains.begin(),
                     query.dkim_domains.begin() + static_cast<std::ptrdiff_t>(count),
                     [&](const auto& domain) { return message::domain_key(domain) == author; });
  return spf || dkim;
}

// Walks, but each name only once per message.
class Walker {
 public:
  Walker(dns::Resolver& resolver, const std::string& domain, const TreeWalk& walk)
      : resolver_(resolver), walks_{{domain, walk}} {}
  io::Task<TreeWalk> walk(std::string domain) {
    const auto known = walks_.find(domain);
    if (known != walks_.end()) co_return known->second;
    TreeWalk walk = co_await walk_tree(resolver_, domain);
    walks_.emplace(std::move(domain), walk);
    co_return walk;
  }

 private:
  dns::Resolver& resolver_;
  std::map<std::string, TreeWalk> walks_;
};

enum class Aligned : std::uint8_t { no, yes, unknown };

io::Task<Aligned> align(io::Ref<Walker> walker, std::string identifier,
                        std::string organizational_domain, bool strict, std::string author) {
  if (identifier == author) co_return Aligned::yes;
  if (strict) co_return Aligned::no;
  // Only a name in the same tree can have the same organizational domain.
  if (identifier != organizational_domain && !identifier.ends_with("." + organizational_domain)) {
    co_return Aligned::no;
  }
  const TreeWalk walk = co_await walker->walk(std::move(identifier));
  if (walk.trouble) co_return Aligned::unknown;
  co_return walk.organizational_domain == organizational_domain ? Aligned::yes : Aligned::no;
}

// Completes spf_aligned and dkim_aligned; true when it could not be told of one that matters.
io::Task<bool> align_all(io::Ref<Walker> walker, io::Ref<const DmarcQuery> query,
                         io::Ref<const TreeWalk> walk, io::Ref<DmarcVerdict> verdict) {
  const std::string author = message::domain_key(query->author_domain);
  const std::string& above = walk->organizational_domain;
  bool unknown = false;
  if (query->spf_domain && !verdict->spf_aligned) {
    const Aligned spf = co_await align(walker, message::domain_key(*query->spf_domain), above,
                                       walk->record->strict_spf, author);
    verdict->spf_aligned = spf == Aligned::yes;
    unknown = spf == Aligned::unknown;
  }
  std::size_t looked_at = 0;
  for (const std::string& domain : query->dkim_domains) {
    if (verdict->dkim_aligned || ++looked_at > identifiers_max) break;
    const Aligned dkim = co_await align(walker, message::domain_key(domain), above,
                                        walk->record->strict_dkim, author);
    verdict->dkim_aligned = dkim == Aligned::yes;
    unknown = unknown || dkim == Aligned::unknown;
  }
  co_return unknown;
}

}  // namespace

std::string_view to_string(DmarcResult result) {
  switch (result) {
    case DmarcResult::none: return "none";
    case DmarcResult::pass: return "pass";
    case DmarcResult::fail: return "fail";
    case DmarcResult::temperror: return "temperror";
  }
  return "none";
}

io::Task<TreeWalk> walk_tree(io::Ref<dns::Resolver> resolver, std::string domain) {
  TreeWalk walk;
  std::vector<Found> found;
  unsigned queries = 0;
  for (const std::string& name : walk_names(domain)) {
    if (++queries > walk_queries_max) break;
    Asked asked = co_await ask(resolver, name);
    walk.trouble = walk.trouble || asked.trouble;
    if (!asked.record) continue;
    const bool ends = asked.record->psd != DmarcPsd::unknown;
    found.push_back({.domain = name, .record = std::move(*asked.record)});
    // psd=y at the start says that the domain itself is a public suffix: what is above counts not.
    if (ends) break;
  }
  walk.organizational_domain = organizational(found, domain);
  // §4.10.1: the domain's own record, else the organizational domain's, else the suffix's.
  for (const std::string& wanted : {domain, walk.organizational_domain}) {
    const auto at = std::ranges::find(found, wanted, &Found::domain);
    if (at == found.end()) continue;
    walk.record = at->record;
    walk.record_domain = at->domain;
    co_return walk;
  }
  if (!found.empty() && found.back().record.psd == DmarcPsd::yes) {
    walk.record = found.back().record;
    walk.record_domain = found.back().domain;
  }
  co_return walk;
}

io::Task<DmarcVerdict> check_dmarc(io::Ref<dns::Resolver> resolver, DmarcQuery query) {
  TreeWalk walk = co_await walk_tree(resolver, message::domain_key(query.author_domain));
  co_return co_await check_dmarc(resolver, std::move(query), std::move(walk));
}

io::Task<DmarcVerdict> check_dmarc(io::Ref<dns::Resolver> resolver, DmarcQuery query,
                                   TreeWalk walk) {
  const std::string author = message::domain_key(query.author_domain);
  DmarcVerdict verdict;
  verdict.organizational_domain = walk.organizational_domain;
  verdict.record_domain = walk.record_domain;
  verdict.record = walk.record;
  if (walk.record && walk.record_domain == author &&
      is_identical(query, author, verdict.spf_aligned, verdict.dkim_aligned)) {
    verdict.result = DmarcResult::pass;
    verdict.published = walk.record->policy;
    if (walk.trouble) co_return verdict;
  } else if (walk.trouble) {
    verdict.result = DmarcResult::temperror;
    verdict.why = fmt::format("the DNS does not answer for the policy of {}", author);
    co_return verdict;
  }
  if (!walk.record) {
    verdict.why = fmt::format("{} publishes no DMARC policy", author);
    co_return verdict;
  }
  Walker walker(*resolver, author, walk);
  const bool unknown = co_await align_all(walker, query, walk, verdict);
  verdict.published = co_await policy_for(resolver, walk, author);
  if (verdict.spf_aligned || verdict.dkim_aligned) {
    verdict.result = DmarcResult::pass;
    co_return verdict;
  }
  verdict.result = unknown ? DmarcResult::temperror : DmarcResult::fail;
  if (!unknown) {
    verdict.disposition =
        walk.record->testing ? one_step_less(verdict.published) : verdict.published;
  }
  verdict.why = fmt::format("neither SPF nor DKIM passed for {}; {} asks for {}", author,
                            walk.record_domain, to_string(verdict.disposition));
  co_return verdict;
}

}  // namespace mailauth
