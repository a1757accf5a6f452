// See api.h. The configuration is read again, as by SIGHUP; here the answer says what came of it.
#include <boost/json.hpp>

#include "admin/api.h"

namespace admin {
namespace {

io::Task<http::Response> reload(Parts* parts) {
  if (parts->reload == nullptr || !*parts->reload) {
    co_return error_response({.kind = base::ErrorKind::unsupported,
                              .detail = "no server runs; it reads its configuration when it "
                                        "starts"});
  }
  const auto reloaded = co_await (*parts->reload)();
  if (!reloaded) co_return error_response(reloaded.error());
  boost::json::array waiting;
  for (const std::string& name : *reloaded) waiting.emplace_back(name);
  co_return http::json_response(
      200, boost::json::serialize(
               boost::json::object{{"reloaded", true}, {"after_restart", std::move(waiting)}}));
}

}  // namespace

void add_reload_route(http::Router& router, Parts& parts) {
  router.add("POST", "/api/v1/reload", [&parts](const http::Request&) { return reload(&parts); });
}

}  // namespace admin
