// server/local_mail/door.h: what users of this host may ask of the running server.
//
// What:    POST /v1/letters: a letter (letter.h) goes into the queue; of recipients that are
//          refused its sender gets a report, but the answer says so when all of them are.
//          GET /v1/queue: what waits. POST /v1/queue/retry: all of it is tried now.
// In/Out:  HTTP over the unix socket; who asks the kernel says.
// Errors:  as JSON: "error", "code" and "enhanced" as over SMTP.
// Limits:  queue_lines_max; root and the user that the server runs as see and retry everything,
//          others see what they have sent, and retry nothing.
// Not here: the letter's way (intake.h), the program that asks (cli/sendmail).
#pragma once

#include <cstdint>

#include "admin/queues.h"
#include "lib/http/router.h"
#include "server/local_mail/intake.h"
#include "server/local_mail/refusal_report.h"

namespace local_mail {

inline constexpr std::size_t queue_lines_max = 10'000;

class Door {
 public:
  // `server_user`: whom the server runs as.
  struct Parts {
    io::Clock& clock;
    Intake& intake;
    RefusalReport& report;
    admin::Queues& queues;
    std::uint32_t server_user;
  };
  explicit Door(Parts parts);
  Door(const Door&) = delete;
  Door& operator=(const Door&) = delete;

  [[nodiscard]] http::Handler& handler() { return router_; }

 private:
  io::Task<http::Response> take(http::Request request);
  io::Task<http::Response> list(http::Request request);
  io::Task<http::Response> retry(http::Request request);
  [[nodiscard]] bool may_do_everything(std::uint32_t user) const;

  const Parts parts_;
  http::Router router_;
};

}  // namespace local_mail
