// tools/bench/transaction.h: one message over an open conversation.
//
// What:    MAIL, RCPT, DATA and the text, or BDAT; what may be pipelined goes in one write.
// In/Out:  Outgoing → the reply that decided, and how many recipients were refused on the way.
// Errors:  trouble with the connection; a refusal is a value.
// Limits:  the caller's deadline.
// Not here: connecting (conversation.h), which message when (load.h).
#pragma once

#include <string>
#include <vector>

#include "lib/io/ref.h"
#include "tools/bench/conversation.h"
#include "tools/bench/message_maker.h"

namespace bench {

struct Outgoing {
  std::string mail;               // "MAIL FROM:<a@b> SIZE=1000\r\n"
  std::vector<std::string> rcpt;  // "RCPT TO:<c@d>\r\n"
  MessageMaker::Text text;
  bool pipelining = true;  // also needs the server's offer
  bool bdat = false;
};

struct Outcome {
  smtp::Reply reply;         // positive: the server has the message
  std::string_view said_at;  // to what it was said: "RCPT"
  unsigned recipients_refused = 0;
};

// The message outlives the task.
[[nodiscard]] io::Task<base::Result<Outcome>> send_message(io::Ref<Conversation> talk,
                                                           io::Ref<const Outgoing> message);

}  // namespace bench
