// server/local_mail/refusal_report.h: tells the sender of a letter who does not get it.
//
// What:    a report (RFC 3464) as of any message that cannot be delivered, for recipients that
//          were refused after the program that brought the letter had gone, or for some of several.
// In/Out:  the letter's answer (sending::answer_of) → refusals; refusals → a message in the queue.
// Errors:  send() is false when nobody can be told: the null sender, or a queue in trouble.
// Limits:  quoted_bytes_max of the original; the report's own (report/settings.h).
// Not here: the report's words (report/dsn.h).
#pragma once

#include <string>
#include <vector>

#include "lib/base/time.h"
#include "lib/http/message.h"
#include "lib/io/clock.h"
#include "lib/io/task.h"
#include "queue/queue.h"
#include "session/submission.h"

namespace local_mail {

inline constexpr std::size_t quoted_bytes_max = 64UL * 1024;

// What a report needs of a letter that is under way.
struct Original {
  message::Address sender;
  std::vector<message::Address> recipients;
  std::string quoted;  // the first octets of the message
  base::Time left;     // when it was brought
};
[[nodiscard]] Original original_of(const session::Submission& mail, base::Time left);

struct Refusal {
  message::Address address;
  smtp::Reply reply;
};
// Those who were refused; of a message that was refused as a whole all.
[[nodiscard]] std::vector<Refusal> refusals_of(const Original& original,
                                               const http::Response& answer);
// What the answer says is wrong.
[[nodiscard]] std::string trouble_in(const http::Response& answer);

class RefusalReport {
 public:
  // Both are of this loop and outlive it.
  RefusalReport(io::Clock& clock, queue::Queue& queue, queue::Notifier& notifier)
      : clock_(clock), queue_(queue), notifier_(notifier) {}

  io::Task<bool> send(Original original, std::vector<Refusal> refusals);

 private:
  io::Clock& clock_;
  queue::Queue& queue_;
  queue::Notifier& notifier_;
};

}  // namespace local_mail
