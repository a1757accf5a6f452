// See views.h. The settings in force: read, not changed; the file is changed by its owner.
#include <boost/json.hpp>

#include "admin/api.h"
#include "config/shown.h"

namespace admin {
namespace {

boost::json::object setting_json(const config::ShownSetting& one) {
  boost::json::object out{{"name", one.name},       {"section", one.section},
                          {"value", one.value},     {"default", one.default_text},
                          {"changed", one.changed}, {"secret", one.secret},
                          {"kind", one.kind},       {"unit", config::unit_of(one.kind)},
                          {"text", one.text}};
  if (one.secret) out["value"] = nullptr;
  return out;
}

io::Task<http::Response> show(Parts* parts) {
  const auto config = parts->views.config();
  boost::json::array settings;
  for (const config::ShownSetting& one : config::shown_settings(*config)) {
    settings.push_back(setting_json(one));
  }
  co_return http::json_response(
      200, boost::json::serialize(boost::json::object{{"file", config->server.config_path},
                                                      {"settings", std::move(settings)}}));
}

}  // namespace

void add_settings_route(http::Router& router, Parts& parts) {
  router.add("GET", "/api/v1/settings", [&parts](http::Request) { return show(&parts); });
}

}  // namespace admin
