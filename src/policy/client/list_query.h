// policy/client/list_query.h: asks one list about one address or domain, and tests a list.
//
// What:    the names of RFC 5782, the A query, the TXT record of a listing; the test entries.
// In/Out:  ListSetting and ListSubject → ListFinding; a zone → ListTest.
// Errors:  trouble with the DNS is state `error`: it weighs nothing.
// Limits:  one A and one TXT query; text_bytes_max. The deadline is the caller's.
// Not here: what the answers mean (list_codes.h), when a list is tested (list_watch.h).
#pragma once

#include <string>
#include <string_view>

#include "lib/dns/resolver.h"
#include "lib/io/ref.h"
#include "lib/io/task.h"
#include "policy/client/list_codes.h"

namespace policy {

// What a list is asked about; each has test entries of its own (RFC 5782 §5).
enum class ListPoints : std::uint8_t { ipv4, ipv6, domain };
[[nodiscard]] std::string_view to_string(ListPoints points);

struct ListSubject {
  ListPoints points = ListPoints::ipv4;
  std::string label;  // before the zone: "2.0.0.127", "example.org"
  std::string shown;  // "127.0.0.2", "example.org"
};
[[nodiscard]] ListSubject subject_of(const io::IpAddress& address);
[[nodiscard]] ListSubject subject_of(std::string_view domain);  // A-labels, lower case

struct ListAnswer {
  ListFinding finding;
  bool accusation = false;  // the list itself says that it is not to be used
  bool trouble = false;     // the DNS had none
};
inline constexpr std::size_t list_text_bytes_max = 300;
[[nodiscard]] io::Task<ListAnswer> ask_list(io::Ref<dns::Resolver> resolver, ListSetting list,
                                            ListSubject subject);

struct ListTest {
  enum class Standing : std::uint8_t {
    untested,
    good,
    none,    // it has no test entry for IPv6, so it has no IPv6 addresses at all
    faulty,  // not asked
  };
  Standing standing = Standing::untested;
  std::string why;  // of faulty and none
};
[[nodiscard]] std::string_view to_string(ListTest::Standing standing);
// The test entry must be listed and its counterpart not.
[[nodiscard]] io::Task<ListTest> test_list(io::Ref<dns::Resolver> resolver, ListSetting list,
                                           ListPoints points);

}  // namespace policy
