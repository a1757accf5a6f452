// See api.h. Block lists and allow-lists: which of them are asked at the moment.
#include <algorithm>

#include "admin/api.h"
#include "admin/json.h"

namespace admin {
namespace {

std::string_view word_of(policy::ListSetting::Of of) {
  switch (of) {
    case policy::ListSetting::Of::address: return "address";
    case policy::ListSetting::Of::helo: return "helo";
    case policy::ListSetting::Of::sender: break;
  }
  return "sender";
}

boost::json::object state_json(const policy::ListState& state) {
  const bool allow = state.list.kind == policy::ListSetting::Kind::allow;
  boost::json::object out = {{"zone", policy::shown_zone(state.list.zone)},
                             {"kind", allow ? "allow" : "block"},
                             {"of", word_of(state.list.of)},
                             {"weight", state.list.weight},
                             {"points", policy::to_string(state.points)},
                             {"state", policy::to_string(state.test.standing)}};
  if (!state.test.why.empty()) out["why"] = state.test.why;
  if (state.test.standing == policy::ListTest::Standing::untested) return out;
  out["tested"] = base::format_time(state.tested);
  out["since"] = base::format_time(state.since);
  return out;
}

// With ?test=1, and when one was never tested, all are tested first.
io::Task<http::Response> show_lists(Parts* parts, http::Request request) {
  policy::ListWatch& watch = parts->state.client().lists;
  const auto states = watch.all();
  const bool untested = std::ranges::any_of(states, [](const policy::ListState& one) {
    return one.test.standing == policy::ListTest::Standing::untested;
  });
  const bool asked = request.query.contains("test");
  if ((asked || untested) && parts->test_lists) co_await parts->test_lists();
  boost::json::array lists;
  for (const policy::ListState& state : watch.all()) lists.push_back(state_json(state));
  co_return http::json_response(
      200, boost::json::serialize(boost::json::object{{"lists", std::move(lists)}}));
}

}  // namespace

void add_list_routes(http::Router& router, Parts& parts) {
  router.add("GET", "/api/v1/lists",
             [&parts](http::Request request) { return show_lists(&parts, std::move(request)); });
}

}  // namespace admin
