// admin/web_door.h: the front of the [api] addresses.
//
// What:    takes from listed proxies for whom they ask, gives the web interface's files, and hands
//          all else to the API.
// In/Out:  http::Request → http::Response.
// Errors:  400 for a listed proxy that names nobody.
// Limits:  those of the HTTP server.
// Not here: the files (web_files.h), who may ask what (api_gate.h).
#pragma once

#include <optional>
#include <string>

#include "admin/settings.h"
#include "admin/web_files.h"
#include "lib/http/server.h"

namespace admin {

// What the fields of a request say when it came through proxies that are listed.
struct Forwarded {
  io::IpAddress peer;
  std::optional<bool> tls;  // nullopt: not said
};
// The last address that no listed proxy has; nullopt when the fields cannot be read.
[[nodiscard]] std::optional<Forwarded> forwarded_for(const http::Headers& headers,
                                                     const io::IpAddress& proxy,
                                                     const std::vector<io::IpNetwork>& proxies);

class WebDoor final : public http::Handler {
 public:
  // The API outlives it.
  WebDoor(http::Handler& api, WebFiles files, ApiSettings settings)
      : api_(api), files_(files), settings_(std::move(settings)) {}
  io::Task<http::Response> handle(http::Request request) override;
  [[nodiscard]] std::uint64_t body_bytes_max(const http::Request& head) override {
    return api_.body_bytes_max(head);
  }

 private:
  http::Handler& api_;
  const WebFiles files_;
  const ApiSettings settings_;
};

}  // namespace admin
