// lib/mailauth/dmarc.h: does what SPF and DKIM proved belong to the author? (RFC 9989)
//
// What:    finds the author domain's policy by the DNS tree walk (§4.10), aligns the identifiers
//          that passed, and says what the domain's owner wants done.
// In/Out:  DmarcQuery and a Resolver → DmarcVerdict.
// Errors:  no Result: trouble with the DNS is temperror, which never becomes a refusal by itself.
// Limits:  walk_queries_max queries per walk; identifiers_max identifiers are looked at.
// Not here: which domain the author's is (policy/), overrides and refusals (policy/).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/dns/resolver.h"
#include "lib/io/ref.h"
#include "lib/io/task.h"
#include "lib/mailauth/dmarc_record.h"

namespace mailauth {

inline constexpr unsigned walk_queries_max = 8;  // §4.10: eight, whatever the name's length
inline constexpr std::size_t identifiers_max = 20;

// What the tree walk found above a domain. Domains are A-labels in lower case.
struct TreeWalk {
  std::string organizational_domain;
  // The domain's own policy, else its organizational domain's, else that of a public suffix.
  std::optional<DmarcRecord> record;
  std::string record_domain;  // where it was found
  bool trouble = false;       // the DNS did not answer: nothing of this may be used to refuse
};
[[nodiscard]] io::Task<TreeWalk> walk_tree(io::Ref<dns::Resolver> resolver, std::string domain);

struct DmarcQuery {
  std::string author_domain;              // of the From field
  std::optional<std::string> spf_domain;  // that SPF passed for (MAIL FROM, or HELO)
  std::vector<std::string> dkim_domains;  // d= of signatures that passed and cover all of the body
};

enum class DmarcResult : std::uint8_t { none, pass, fail, temperror };
[[nodiscard]] std::string_view to_string(DmarcResult result);  // as in RFC 8601 §2.7

struct DmarcVerdict {
  DmarcResult result = DmarcResult::none;
  DmarcPolicy disposition = DmarcPolicy::none;  // of fail: what the owner asks for, t= counted
  DmarcPolicy published = DmarcPolicy::none;    // before t= was counted
  std::string organizational_domain;
  std::string record_domain;
  std::optional<DmarcRecord> record;
  bool spf_aligned = false;
  bool dkim_aligned = false;
  std::string why;
};
[[nodiscard]] io::Task<DmarcVerdict> check_dmarc(io::Ref<dns::Resolver> resolver, DmarcQuery query);
// With the author domain's walk, which may be made while signatures are still being checked.
[[nodiscard]] io::Task<DmarcVerdict> check_dmarc(io::Ref<dns::Resolver> resolver, DmarcQuery query,
                                                 TreeWalk walk);

}  // namespace mailauth
