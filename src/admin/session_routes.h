// admin/session_routes.h: log-in to the web interface, and what a browser's session is good for.
//
// What:    /api/v1/session…: logs in by password and code, tells who is logged in, logs out; enrols
//          and removes a second factor. Admits requests by cookie for api_gate.h.
// In/Out:  http::Request → http::Response; admit() → the account, or the refusal.
// Errors:  400 malformed, 401 not logged in or wrong, 403 not from a page of ours, 409 enrolled
//          already, 415, 429 shut out, 503 not now. Who is told only that something was wrong is
//          told the same in every case; the log has the reason.
// Limits:  body_bytes_max; waiting_max log-ins at once; those of the guard, web_sessions.h and
//          second_factor.h. One loop.
// Not here: passwords and guessing (policy/login), the routes that a session opens (api.h).
#pragma once

#include <functional>
#include <string>
#include <variant>

#include "admin/second_factor.h"
#include "admin/settings.h"
#include "admin/web_sessions.h"
#include "directory/directory.h"
#include "lib/base/event.h"
#include "lib/http/router.h"
#include "lib/io/doors.h"
#include "policy/login/authenticator.h"

namespace admin {

// Looks at a password as every way in does: guard, delays, bans.
struct LoginAttempt {
  std::string address;
  std::string password;
  io::IpAddress peer;
};
using LoginDoor =
    std::function<io::Task<policy::LoginVerdict>(LoginAttempt attempt, policy::FurtherCheck)>;

class SessionRoutes final : public http::Handler {
 public:
  static constexpr std::size_t body_bytes_max = 8'192;
  static constexpr unsigned waiting_max = 64;

  struct Parts {
    io::Doors doors;
    const directory::Directory& directory;
    SecondFactors& factors;
    base::EventSink& events;
    LoginDoor log_in;
    WebSessionLimits limits;
    std::string hostname;
  };
  explicit SessionRoutes(Parts parts);

  [[nodiscard]] static bool is_path(std::string_view path);
  [[nodiscard]] static bool has_cookie(const http::Request& request);
  io::Task<http::Response> handle(http::Request request) override;

  // Whose request it is, by its cookie; the refusal when that has ended or no page of ours asks.
  [[nodiscard]] std::variant<std::string, http::Response> admit(const http::Request& request);
  [[nodiscard]] const http::Router& router() const { return router_; }

 private:
  struct Attempt;
  io::Task<http::Response> log_in(http::Request request);
  io::Task<http::Response> show(http::Request request);
  io::Task<http::Response> log_out(http::Request request);
  io::Task<http::Response> begin_factor(http::Request request);
  io::Task<http::Response> confirm_factor(http::Request request);
  io::Task<http::Response> remove_factor(http::Request request);

  [[nodiscard]] WebSession* session_of(const http::Request& request);
  [[nodiscard]] std::variant<WebSession*, http::Response> admitted(const http::Request& request);
  [[nodiscard]] policy::Further judge(const directory::Login& login, Attempt& attempt);
  [[nodiscard]] http::Response refusal(const policy::LoginVerdict& verdict, const Attempt& attempt);
  [[nodiscard]] http::Response welcome(const policy::LoginVerdict& verdict,
                                       const http::Request& request);
  [[nodiscard]] std::string description(const WebSession& session) const;
  void tell_login(const policy::LoginVerdict& verdict, const io::IpAddress& peer);
  void tell(base::Severity severity, std::string_view name,
            std::vector<std::pair<std::string_view, std::string>> fields);

  Parts parts_;
  WebSessions sessions_;
  http::Router router_;
  unsigned waiting_ = 0;
};

}  // namespace admin
