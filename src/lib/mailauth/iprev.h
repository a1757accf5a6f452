// lib/mailauth/iprev.h: does an address have a name that leads back to it? (RFC 8601 §2.7.3)
//
// What:    PTR look-up, then the addresses of each name.
// In/Out:  address and Resolver → IprevVerdict.
// Errors:  no Result: trouble with the DNS is temperror.
// Limits:  iprev_names_max names are tried.
// Not here: what a missing name means for the client (policy/).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/dns/resolver.h"
#include "lib/io/address.h"
#include "lib/io/ref.h"
#include "lib/io/task.h"

namespace mailauth {

inline constexpr std::size_t iprev_names_max = 5;

enum class IprevResult : std::uint8_t { pass, fail, temperror, permerror };
[[nodiscard]] std::string_view to_string(IprevResult result);

struct IprevVerdict {
  IprevResult result = IprevResult::permerror;  // permerror: there is no PTR record
  std::string name;  // of pass: the confirmed name; of fail: the first that did not lead back
};
[[nodiscard]] io::Task<IprevVerdict> check_iprev(io::Ref<dns::Resolver> resolver,
                                                 io::IpAddress address);

}  // namespace mailauth
