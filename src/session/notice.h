// session/notice.h: a mail of the server itself to somebody of ours.
//
// What:    makes an RFC 5322 message of a policy::Notice and gives it to the queue.
// In/Out:  Notice → a queued message from postmaster of the recipient's domain, null sender.
// Errors:  the queue's; the caller tells of them, and the user's own mail goes on.
// Limits:  one message per notice; policy bounds how often.
// Not here: when somebody is told what (policy/limits/), DSNs (report/).
#pragma once

#include <string>

#include "lib/io/clock.h"
#include "lib/io/task.h"
#include "policy/signing/signing.h"
#include "policy/verdict.h"
#include "queue/queue.h"

namespace session {

// Parts that outlive the task.
struct NoticeWay {
  io::Clock& clock;
  queue::Queue& queue;
  const directory::Snapshot& known;          // for aliases, such as postmaster
  const policy::Signing* signing = nullptr;  // null: it goes unsigned
};

// The message's text, lines ended by CRLF.
[[nodiscard]] std::string notice_text(const policy::Notice& notice, const std::string& id,
                                      const std::string& hostname, base::Time now);

[[nodiscard]] io::Task<base::Result<base::MessageId>> send_notice(NoticeWay way,
                                                                  policy::Notice notice,
                                                                  std::string hostname);

}  // namespace session
