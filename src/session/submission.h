// session/submission.h: a message that a program brings for an account, over HTTP.
//
// What:    Submission is what a mail client would say between MAIL and the final dot, Submitted
//          what it would be answered; Submitter takes one for the other.
// In/Out:  values; a CommitNotes hears of the two instants that a repetition must know of.
// Errors:  replies, as over SMTP: of the message, and of each recipient.
// Limits:  session/settings.h: message_bytes_max, recipients_max, text_line_bytes_max.
// Not here: HTTP and JSON (admin/sending), who may use which account (admin/tokens.h).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/base/id.h"
#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/io/address.h"
#include "lib/io/task.h"
#include "lib/message/address.h"
#include "lib/message/envelope.h"
#include "lib/smtp/deliver_by.h"
#include "lib/smtp/reply.h"

namespace session {

struct Submitted {
  struct Recipient {
    message::Address address;
    smtp::Reply reply;
  };
  smtp::Reply reply;  // positive: it is safe on disk under `id`, for those who were accepted
  base::MessageId id;
  std::vector<Recipient> recipients;  // in the order of the submission
  std::string hold_reason;            // not empty: it is on hold
  std::optional<int> priority;        // it got this one in place of what was asked
  base::Time release_at;              // 1970: it goes at once
};

// Told around the commit, so that whoever brings the same message again can be answered as before,
// whatever happened between.
class CommitNotes {
 public:
  CommitNotes() = default;
  CommitNotes(const CommitNotes&) = delete;
  CommitNotes& operator=(const CommitNotes&) = delete;
  virtual ~CommitNotes() = default;
  // The message is accepted and will be committed, when this has ended well. All is known but
  // `reply`.
  virtual io::Task<base::Result<>> will_commit(Submitted so_far) = 0;
  // It is safe on disk; its delivery begins when this has ended.
  virtual io::Task<void> committed() = 0;
  // It could not be stored. `may_exist`: a restart may find it all the same.
  virtual io::Task<void> not_committed(bool may_exist) = 0;
};

// How a message came.
struct SubmissionWay {
  std::string program;  // the name of its token
  io::Endpoint peer;
  bool tls = false;
  CommitNotes* notes = nullptr;  // null: nobody wants to know
};

struct Submission {
  SubmissionWay way;
  std::string account;  // whose mail it is, as if he had logged in: "shop@example.org"
  message::Address sender;
  std::vector<message::Address> recipients;
  std::optional<base::Time> release_at;  // RFC 4865 HOLDUNTIL
  std::int8_t priority = 0;              // RFC 6710
  std::optional<smtp::By> by;            // RFC 2852
  // RFC 3461: what MAIL would say, and RCPT of every recipient.
  message::Envelope::Ret ret = message::Envelope::Ret::unset;
  std::string envid;
  std::uint8_t notify = message::notify_default;
  std::string message;  // RFC 5322 text with CRLF line ends
};

class Submitter {
 public:
  Submitter() = default;
  Submitter(const Submitter&) = delete;
  Submitter& operator=(const Submitter&) = delete;
  virtual ~Submitter() = default;
  virtual io::Task<Submitted> submit(Submission mail) = 0;
};

}  // namespace session
