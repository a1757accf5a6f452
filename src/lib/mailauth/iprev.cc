// See iprev.h.
#include "lib/mailauth/iprev.h"

#include <algorithm>

namespace mailauth {

std::string_view to_string(IprevResult result) {
  switch (result) {
    case IprevResult::pass: return "pass";
    case IprevResult::fail: return "fail";
    case IprevResult::temperror: return "temperror";
    case IprevResult::permerror: return "permerror";
  }
  return "permerror";
}

io::Task<IprevVerdict> check_iprev(io::Ref<dns::Resolver> resolver, io::IpAddress address) {
  const dns::Answer reverse = co_await resolver->query(address.reverse_name(), dns::Type::ptr);
  if (dns::is_negative(reverse.status)) co_return IprevVerdict{};
  if (reverse.status != dns::Status::ok) {
    co_return IprevVerdict{.result = IprevResult::temperror, .name = {}};
  }
  IprevVerdict verdict{.result = IprevResult::fail, .name = {}};
  std::size_t tried = 0;
  for (const dns::Record& record : reverse.records) {
    if (++tried > iprev_names_max) break;
    const dns::Answer forward =
        co_await resolver->query(record.data, address.is_v6() ? dns::Type::aaaa : dns::Type::a);
    if (std::ranges::find(forward.records, address, &dns::Record::address) !=
        forward.records.end()) {
      co_return IprevVerdict{.result = IprevResult::pass, .name = record.data};
    }
    if (verdict.name.empty()) verdict.name = record.data;
    const bool trouble = forward.status != dns::Status::ok && !dns::is_negative(forward.status);
    if (trouble) verdict.result = IprevResult::temperror;
  }
  co_return verdict;
}

}  // namespace mailauth
