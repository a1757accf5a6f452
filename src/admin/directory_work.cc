// See directory_work.h.
#include "admin/directory_work.h"

#include "lib/io/pool.h"

namespace admin {

io::Task<http::Response> on_directory(Parts* parts, Work work, Kind kind) {
  auto result = co_await io::on_pool(parts->doors.pool, [parts, work = std::move(work), kind]() {
    auto done = work(parts->directory);
    if (done && kind == Kind::changes) {
      if (auto live = parts->directory_changed(); !live) {
        return base::Result<boost::json::object>(std::unexpected(live.error()));
      }
    }
    return done;
  });
  if (!result) co_return error_response(result.error());
  co_return http::json_response(200, boost::json::serialize(*result));
}

base::Result<boost::json::object> done_or(const base::Result<>& result) {
  if (!result) return std::unexpected(result.error());
  return boost::json::object{{"done", true}};
}

}  // namespace admin
