// See api.h. What `stagepost backup` asks of a running server: that the journal's files stay as
// they are while it copies them. Whoever asks and goes away is forgotten after lease_time.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <chrono>

#include "admin/api.h"
#include "admin/json.h"
#include "lib/io/clock.h"
#include "lib/io/random.h"

namespace admin {
namespace {

constexpr base::Duration lease_time = std::chrono::minutes(2);
// The journal is held for longer than the lease says: the end is asked of another clock reading.
constexpr base::Duration lease_margin = std::chrono::seconds(10);

struct Desk {
  std::string id;  // empty: nobody copies
  base::Instant until;
};

http::Response leased(boost::json::object more) {
  more["seconds"] = std::chrono::floor<std::chrono::seconds>(lease_time).count();
  return http::json_response(200, boost::json::serialize(more));
}

// Is this the one who copies, and was he heard of in time?
base::Result<> find(const Parts& parts, const Desk& desk, const http::Request& request) {
  auto body = parse_object(request.body);
  if (!body) return std::unexpected(std::move(body.error()));
  auto id = text_of(*body, "id");
  if (!id) return std::unexpected(std::move(id.error()));
  if (!desk.id.empty() && *id == desk.id && parts.doors.clock.now() < desk.until) return {};
  return base::fail(base::ErrorKind::not_found,
                    "the server does not keep the journal's files for this backup any more: it was "
                    "started anew meanwhile, or was not asked in time. Make the backup again");
}

io::Task<http::Response> begin(Parts* parts, std::shared_ptr<Desk> desk) {
  if (!desk->id.empty() && parts->doors.clock.now() < desk->until) {
    co_return error_response({.kind = base::ErrorKind::busy,
                              .detail = "another backup is being made; try again when it is "
                                        "done, or in two minutes if it was broken off"});
  }
  const std::string id = fmt::format("{:016x}", parts->doors.random.number());
  desk->id = id;
  desk->until = parts->doors.clock.now() + lease_time;
  auto held = co_await parts->journal_hold->hold(desk->until + lease_margin);
  if (!held) {
    desk->id.clear();
    co_return error_response(held.error());
  }
  boost::json::array segments;
  for (std::string& one : held->segments) segments.emplace_back(std::move(one));
  co_return leased({{"id", id}, {"messages", held->messages}, {"segments", std::move(segments)}});
}

io::Task<http::Response> keep(Parts* parts, std::shared_ptr<Desk> desk, http::Request request) {
  if (auto found = find(*parts, *desk, request); !found) co_return error_response(found.error());
  desk->until = parts->doors.clock.now() + lease_time;
  parts->journal_hold->keep(desk->until + lease_margin);
  co_return leased({});
}

io::Task<http::Response> end(Parts* parts, std::shared_ptr<Desk> desk, http::Request request) {
  if (auto found = find(*parts, *desk, request); !found) co_return error_response(found.error());
  desk->id.clear();
  parts->journal_hold->keep({});
  co_return http::json_response(200, R"({"whole":true})");
}

}  // namespace

void add_backup_routes(http::Router& router, Parts& parts) {
  auto desk = std::make_shared<Desk>();
  router.add("POST", "/api/v1/backup/begin",
             [&parts, desk](const http::Request&) { return begin(&parts, desk); });
  router.add("POST", "/api/v1/backup/keep", [&parts, desk](http::Request request) {
    return keep(&parts, desk, std::move(request));
  });
  router.add("POST", "/api/v1/backup/end", [&parts, desk](http::Request request) {
    return end(&parts, desk, std::move(request));
  });
}

}  // namespace admin
