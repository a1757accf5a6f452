// See host_checks.h. Our own addresses on others' block lists.
#include <fmt/format.h>

#include <algorithm>

#include "admin/doctor/host_checks.h"
#include "lib/io/task_group.h"
#include "policy/client/list_query.h"

namespace doctor {
namespace {

using policy::ListFinding;
using policy::ListPoints;
using policy::ListSetting;
using policy::ListTest;

// What one list says; each writes into its own.
struct Asked {
  ListSetting list;
  ListPoints points = ListPoints::ipv4;
  ListTest test;
  std::vector<policy::ListAnswer> answers;
};

// Those of [doctor], and the block lists that strangers are held against.
std::vector<ListSetting> lists_of(const config::Config& config) {
  std::vector<ListSetting> out;
  const auto add = [&out](const ListSetting& list) {
    if (std::ranges::find(out, list.zone, &ListSetting::zone) == out.end()) out.push_back(list);
  };
  for (const ListSetting& list : config.policy.client.lists) {
    const bool of_addresses = list.of == ListSetting::Of::address;
    if (list.kind == ListSetting::Kind::block && of_addresses) add(list);
  }
  for (const std::string& zone : config.admin.doctor.lists) {
    ListSetting list;
    list.zone = zone;
    add(list);
  }
  return out;
}

io::Task<void> ask(io::Ref<const Ground> ground, io::Ref<Asked> asked) {
  asked->test = co_await policy::test_list(ground->resolver, asked->list, asked->points);
  if (asked->test.standing != ListTest::Standing::good) co_return;
  for (const io::IpAddress& address : ground->addresses) {
    const bool fits = address.is_v6() == (asked->points == ListPoints::ipv6);
    if (!fits) continue;
    asked->answers.push_back(
        co_await policy::ask_list(ground->resolver, asked->list, policy::subject_of(address)));
  }
}

Finding listed(const ListFinding& found) {
  Finding finding{.id = "block-lists",
                  .about = found.of,
                  .severity = Severity::mend,
                  .what = fmt::format("{} lists it", found.zone)};
  for (const std::string& code : found.codes) finding.what += " " + code;
  if (!found.meaning.empty()) finding.what += ": " + found.meaning;
  finding.remedy =
      "find out what was sent (stagepost explain, limits show), stop it, then ask the "
      "list to take the address off";
  if (!found.text.empty()) finding.paste = found.text;
  return finding;
}

Finding set_aside(const Asked& asked) {
  return {.id = "lists-faulty",
          .about = policy::shown_zone(asked.list.zone),
          .severity = Severity::unknown,
          .what = fmt::format("not asked about {}: {}", policy::to_string(asked.points),
                              asked.test.why),
          .remedy =
              "nothing is wrong with this server; a list that refuses wants to be asked by a "
              "resolver of your own, or is gone: then take it out of [doctor] lists"};
}

bool has_family(const Ground& ground, ListPoints points) {
  return std::ranges::any_of(ground.addresses, [points](const io::IpAddress& address) {
    return address.is_v6() == (points == ListPoints::ipv6);
  });
}

Finding clean(const io::IpAddress& address, std::size_t lists) {
  Finding finding{.id = "block-lists", .about = address.text(), .what = {}};
  finding.what = fmt::format("not on any of {} lists", lists);
  if (lists == 0) {
    finding.severity = Severity::unknown;
    finding.what = "no list could be asked about it";
  }
  return finding;
}

}  // namespace

io::Task<Findings> check_block_lists(io::Ref<const Ground> ground) {
  std::vector<Asked> all;
  for (const ListSetting& list : lists_of(ground->config)) {
    for (const ListPoints points : {ListPoints::ipv4, ListPoints::ipv6}) {
      if (!has_family(*ground, points)) continue;
      all.push_back({.list = list, .points = points, .test = {}, .answers = {}});
    }
  }
  io::TaskGroup asking(co_await io::current_scope());
  for (Asked& asked : all) asking.spawn(ask(ground, asked));
  co_await asking.join();
  Findings findings;
  for (const Asked& asked : all) {
    if (asked.test.standing == ListTest::Standing::faulty) findings.push_back(set_aside(asked));
  }
  for (const io::IpAddress& address : ground->addresses) {
    std::size_t silent_about_it = 0;
    bool is_listed = false;
    for (const Asked& asked : all) {
      for (const policy::ListAnswer& answer : asked.answers) {
        if (answer.finding.of != address.text()) continue;
        if (answer.finding.state == ListFinding::State::not_listed) ++silent_about_it;
        if (answer.finding.state != ListFinding::State::listed) continue;
        findings.push_back(listed(answer.finding));
        is_listed = true;
      }
    }
    if (!is_listed) findings.push_back(clean(address, silent_about_it));
  }
  co_return findings;
}

}  // namespace doctor
