// See list_query.h.
#include "policy/client/list_query.h"

#include <fmt/format.h>

#include "lib/base/text.h"

namespace policy {
namespace {

// RFC 5782 §5. The IPv6 ones are ::FFFF:7F00:2 and ::FFFF:7F00:1, nibble by nibble.
struct TestEntries {
  std::string_view listed;
  std::string_view not_listed;
};
TestEntries entries_of(ListPoints points) {
  switch (points) {
    case ListPoints::ipv4: return {.listed = "2.0.0.127", .not_listed = "1.0.0.127"};
    case ListPoints::ipv6:
      return {.listed = "2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0",
              .not_listed = "1.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0"};
    case ListPoints::domain: break;
  }
  return {.listed = "test", .not_listed = "invalid"};
}

ListTest faulty(std::string why) {
  return {.standing = ListTest::Standing::faulty, .why = std::move(why)};
}

}  // namespace

std::string_view to_string(ListPoints points) {
  switch (points) {
    case ListPoints::ipv4: return "IPv4";
    case ListPoints::ipv6: return "IPv6";
    case ListPoints::domain: break;
  }
  return "domains";
}

std::string_view to_string(ListTest::Standing standing) {
  switch (standing) {
    case ListTest::Standing::untested: return "untested";
    case ListTest::Standing::good: return "good";
    case ListTest::Standing::none: return "none";
    case ListTest::Standing::faulty: break;
  }
  return "faulty";
}

// RFC 5782 §2.1, §2.4: as in in-addr.arpa and ip6.arpa, before the list's own zone.
ListSubject subject_of(const io::IpAddress& address) {
  std::string label = address.reverse_name();
  const std::string_view arpa = address.is_v6() ? ".ip6.arpa" : ".in-addr.arpa";
  label.resize(label.size() - arpa.size());
  return {.points = address.is_v6() ? ListPoints::ipv6 : ListPoints::ipv4,
          .label = std::move(label),
          .shown = address.text()};
}

ListSubject subject_of(std::string_view domain) {
  return {.points = ListPoints::domain, .label = std::string(domain), .shown = std::string(domain)};
}

io::Task<ListAnswer> ask_list(io::Ref<dns::Resolver> resolver, ListSetting list,
                              ListSubject subject) {
  const std::string name = subject.label + "." + list.zone;
  ListReading reading = read_list(list, co_await resolver->query(name, dns::Type::a));
  ListAnswer out;
  out.accusation = reading.accusation;
  out.trouble = reading.state == ListFinding::State::error && !reading.accusation;
  out.finding = {.zone = shown_zone(list.zone),
                 .of = std::move(subject.shown),
                 .state = reading.state,
                 .codes = std::move(reading.codes),
                 .meaning = std::move(reading.meaning),
                 .text = {},
                 .weight = reading.weight};
  if (reading.state != ListFinding::State::listed || reading.weight <= 0) co_return out;
  // RFC 5782 §2.1: the TXT record says why, for the one who is refused.
  const dns::Answer text = co_await resolver->query(name, dns::Type::txt);
  if (text.status == dns::Status::ok && !text.records.empty()) {
    out.finding.text = base::printable(text.records.front().data, list_text_bytes_max);
  }
  co_return out;
}

io::Task<ListTest> test_list(io::Ref<dns::Resolver> resolver, ListSetting list, ListPoints points) {
  const auto [listed, not_listed] = entries_of(points);
  // Whatever code the test entry has, it is listed.
  list.codes.clear();
  const auto ask = [&](std::string_view entry) {
    return resolver->query(fmt::format("{}.{}", entry, list.zone), dns::Type::a);
  };
  const dns::Answer good = co_await ask(listed);
  const ListReading there = read_list(list, good);
  if (there.state == ListFinding::State::error) co_return faulty(there.meaning);
  const ListReading absent = read_list(list, co_await ask(not_listed));
  if (absent.state == ListFinding::State::error) co_return faulty(absent.meaning);
  if (absent.state != ListFinding::State::not_listed) {
    co_return faulty("it lists what must never be listed: it seems to list everything");
  }
  if (there.state == ListFinding::State::listed) {
    co_return ListTest{.standing = ListTest::Standing::good, .why = {}};
  }
  if (points == ListPoints::ipv6) {
    co_return ListTest{.standing = ListTest::Standing::none,
                       .why = "it has no test entry for IPv6, so it is not asked about it"};
  }
  co_return faulty("its test entry is not listed: the list is empty or gone");
}

}  // namespace policy
