// admin/web_sessions.h: who is logged in to the web interface.
//
// What:    sessions in memory, found by the hash of their id; they end when nobody uses them, and
//          after a time whatever happens; a restart ends them all.
// In/Out:  open() → id and WebSession; find(id, now) → WebSession or nullptr.
// Errors:  none: what has ended is not found.
// Limits:  WebSessionLimits; over them the one that was used longest ago ends. One loop.
// Not here: cookies and requests (session_routes.h), whether the account may still come (there).
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "lib/base/time.h"
#include "lib/io/random.h"

namespace admin {

struct WebSessionLimits {
  base::Duration idle = std::chrono::minutes(30);
  base::Duration total = std::chrono::hours(12);
  std::size_t per_account_max = 10;
  std::size_t all_max = 200;
};

// Who has logged in.
struct WebLogin {
  std::string login;
  std::string account;
  std::string credential;  // the verifier: another one ends the session
};

struct WebSession : WebLogin {
  std::string csrf;  // what a request that changes something has to repeat
  base::Instant began;
  base::Instant used;          // by the person; what a page asks by itself does not count
  std::string pending_secret;  // of an authenticator app that has not proved itself yet
};

class WebSessions {
 public:
  explicit WebSessions(WebSessionLimits limits) : limits_(limits) {}

  struct Opened {
    std::string id;  // 256 random bits, so that a plain hash is enough to keep
    WebSession* session = nullptr;
  };
  Opened open(WebLogin who, base::Instant now, io::Random& random);
  // nullptr: there is none, or not any more. Good until the next call of open, find or close.
  [[nodiscard]] WebSession* find(std::string_view id, base::Instant now);
  void close(std::string_view id);
  // All of the account but this one; how many.
  std::size_t close_others(std::string_view account, std::string_view id);

  [[nodiscard]] base::Instant ends(const WebSession& session) const;
  [[nodiscard]] std::size_t size() const { return sessions_.size(); }

 private:
  using Map = std::map<std::string, WebSession, std::less<>>;
  void close_ended(base::Instant now);
  void make_room(std::string_view account);

  const WebSessionLimits limits_;
  Map sessions_;  // by SHA-256 of the id
};

}  // namespace admin
