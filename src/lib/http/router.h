// lib/http/router.h: which handler serves which method and path.
//
// What:    a table of method + pattern → function; "/api/v1/queue/{id}" takes one part of the path.
// In/Out:  a Handler for Server; what a pattern took is in Request::captures["id"], beside what
//          whoever handed the request on had put there (nothing of it came over the wire).
// Errors:  404 when no pattern fits, 405 with Allow when one fits but not for this method.
// Limits:  routes are tried in order: tens, not thousands.
// Not here: the handlers (admin).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/http/server.h"

namespace http {

class Router final : public Handler {
 public:
  using Route = std::function<io::Task<Response>(Request)>;

  // Looks at a request before its route does; a response is the refusal.
  using Check = std::function<std::optional<Response>(const Request&, std::string_view pattern)>;

  void set_check(Check check) { check_ = std::move(check); }
  // A part "{name}" takes one part of the path, a last part "{name...}" all that is left.
  // A GET route also answers HEAD. The first route that fits is taken.
  void add(std::string method, std::string_view pattern, Route route);

  io::Task<Response> handle(Request request) override;
  // Which route would answer, as its pattern was given; nothing: none would.
  [[nodiscard]] std::optional<std::string> pattern_of(const Request& request) const;
  // Of all routes: "GET /api/v1/queue/{id}".
  [[nodiscard]] std::vector<std::string> routes() const;

 private:
  struct Entry {
    std::string method;
    std::string pattern;
    std::vector<std::string> parts;
    Route route;
  };
  std::vector<Entry> entries_;
  Check check_;
};

}  // namespace http
