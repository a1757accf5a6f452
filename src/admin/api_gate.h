// admin/api_gate.h: the HTTP API for those who come over the network: who are you, may you?
//
// What:    asks for a token or an administrator's session, compares the scope with what the route
//          needs, counts requests, refuses what another site's page sends; then the routes answer.
//          /api/openapi.json is for all.
// In/Out:  http::Request → http::Response.
// Errors:  401 no good token or session, 403 scope or cross-site, 429 too many, each with its
//          reason.
// Limits:  requests_per_minute_max of a token or account, failures_per_minute_max of an address,
//          counted_max of both.
// Not here: what is answered (api.h), the tokens (tokens.h), log-ins and sessions
//          (session_routes.h), the control socket, which needs none.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <variant>

#include "admin/session_routes.h"
#include "admin/settings.h"
#include "admin/tokens.h"
#include "lib/base/event.h"
#include "lib/http/router.h"
#include "lib/io/doors.h"

namespace admin {

// How often something happened in this minute.
class MinuteCounts {
 public:
  static constexpr std::size_t counted_max = 10'000;
  // False when it has happened so often already; else it is counted.
  [[nodiscard]] bool take(const std::string& key, std::uint32_t max, base::Instant now);
  [[nodiscard]] bool reached(const std::string& key, std::uint32_t max, base::Instant now);

 private:
  void begin_minute(base::Instant now);
  base::Instant minute_;
  std::unordered_map<std::string, std::uint32_t> counts_;
};

class ApiGate final : public http::Handler {
 public:
  struct Parts {
    io::Doors doors;
    http::Router& api;
    Tokens& tokens;
    base::EventSink& events;
    ApiSettings settings;
    std::uint64_t body_bytes_max = 0;  // of requests that bring no message
    std::string hostname;
    std::string version;
    SessionRoutes* sessions = nullptr;  // null: nobody logs in by a browser
  };
  explicit ApiGate(Parts parts) : parts_(std::move(parts)) {}
  io::Task<http::Response> handle(http::Request request) override;
  // Without a good token nobody makes us keep a large body in memory.
  [[nodiscard]] std::uint64_t body_bytes_max(const http::Request& head) override;

 private:
  io::Task<http::Response> answer(http::Request request);
  struct Asker {
    std::string_view kind;  // "token" or "account"
    std::string name;
    Scope scope = Scope::read;
    std::string account = {};  // a token's, of scope send
    std::string key = {};      // whose Idempotency-Keys
  };
  using Admission = std::variant<Asker, http::Response>;
  // Who is allowed this request, or the refusal.
  [[nodiscard]] Admission admit(const http::Request& request);
  [[nodiscard]] Admission admit_token(const http::Request& request);
  [[nodiscard]] Admission admit_session(const http::Request& request);
  [[nodiscard]] Admission count(Asker asker);
  [[nodiscard]] std::optional<http::Response> forbidden(const http::Request& request,
                                                        const Asker& asker) const;
  [[nodiscard]] http::Response refuse_stranger(const http::Request& request, bool has_token);
  void tell(base::Event event);
  [[nodiscard]] http::Response describe(const http::Request& request) const;

  Parts parts_;
  MinuteCounts requests_;
  MinuteCounts failures_;
};

}  // namespace admin
