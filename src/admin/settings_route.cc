// See views.h. The settings in force: read, not changed; the file is changed by its owner.
#include <boost/json.hpp>

#include <map>

#include "admin/api.h"
#include "config/at_start.h"
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

// Those that count from a start only, as they were then. Elements of a [[section]] may have come
// and gone since; the log names such a section.
std::map<std::string, config::ShownSetting> settings_of_start(const config::Config& config) {
  std::map<std::string, config::ShownSetting> out;
  for (config::ShownSetting& one : config::shown_settings(config)) {
    std::string name = one.name;
    if (config::counts_at_start(name)) out.emplace(std::move(name), std::move(one));
  }
  return out;
}

io::Task<http::Response> show(Parts* parts) {
  const auto config = parts->views.config();
  const auto started = settings_of_start(*parts->views.started_config);
  boost::json::array settings;
  for (const config::ShownSetting& one : config::shown_settings(*config)) {
    const auto in_force = started.find(one.name);
    const bool waits = in_force != started.end() && in_force->second.value != one.value;
    boost::json::object shown = setting_json(waits ? in_force->second : one);
    if (waits) shown["after_restart"] = one.value;
    settings.push_back(std::move(shown));
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
