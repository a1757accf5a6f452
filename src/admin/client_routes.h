// admin/client_routes.h: the paths at which mail programs look for a domain's settings.
//
// What:    routes for client_config.h's texts and for the policy of MTA-STS (RFC 8461), and a
//          handler with nothing else, which may face the Internet.
// In/Out:  http::Request → 200 with the text; 404 for domains that are not ours.
// Errors:  400 for a request without an address where one is needed.
// Limits:  client_config.h; those of the HTTP server.
// Not here: the texts (client_config.h), health and metrics (api.h).
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "admin/settings.h"
#include "lib/http/router.h"

namespace admin {

struct ClientParts {
  ClientPlaces places;
  std::string mta_sts_policy = {};                      // of all our domains; empty: none
  std::function<bool(std::string_view)> is_our_domain;  // A-labels, lower case
};

// The parts live as long as the router.
void add_client_routes(http::Router& router, const ClientParts& parts);

class ClientApi final : public http::Handler {
 public:
  explicit ClientApi(ClientParts parts) : parts_(std::move(parts)) {
    add_client_routes(router_, parts_);
  }
  io::Task<http::Response> handle(http::Request request) override {
    return router_.handle(std::move(request));
  }

 private:
  ClientParts parts_;
  http::Router router_;
};

}  // namespace admin
