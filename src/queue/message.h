// queue/message.h: a queued message as the queue's neighbours see it.
//
// What:    Envelope and content of one message, its recipients' states, where its body lies.
// In/Out:  made by draft commits and replay; handed to couriers and to the notifier.
// Errors:  none: values.
// Limits:  recipients_max of the session that accepted it.
// Not here: when it is due (schedule.h), how it lies on disk (journal/record.h).
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/id.h"
#include "lib/base/time.h"
#include "lib/message/content.h"
#include "lib/message/envelope.h"
#include "lib/smtp/reply.h"

namespace queue {

using base::MessageId;

// What is known of a message at accept, besides its body. Journaled as the commit record.
struct MessageInfo {
  MessageId id;
  base::Time accepted;
  message::Envelope envelope;  // with aliases expanded
  message::Content content;    // pieces: our trace header, spans of the received bytes
  std::uint64_t received_bytes = 0;
  std::string session_text;  // session id that brought it ("s01…"), "local" for our own
  std::string note;          // for people: "from 192.0.2.1 (mx.example.org) by ESMTPS"
  bool is_dsn = false;       // ours: never causes another DSN
  bool hold = false;         // committed on hold, with hold_reason
  std::string hold_reason;
  std::string account;    // the mailbox whose owner submitted it; empty: nobody logged in
  base::Time release_at;  // not before then, its sender said (RFC 4865); 1970: at once
  bool junk = false;      // quarantined: local mailboxes put it into Junk

  // From when on its delays are counted.
  [[nodiscard]] base::Time starts() const { return std::max(accepted, release_at); }
};

enum class RecipientState : std::uint8_t {
  pending,
  delivered,
  failed,
  removed,
  pending_told,  // pending still, and its sender knows of the delay
};

[[nodiscard]] constexpr bool is_pending(RecipientState state) {
  return state == RecipientState::pending || state == RecipientState::pending_told;
}

struct Attempt {
  base::Time when;
  std::string remote;  // "mx1.example.net [192.0.2.7]:25", "mail/you@demo.test"
  smtp::Reply reply;   // the remote's words, or ours when it never spoke
};

// What became of one recipient in one attempt; the courier's answer.
enum class Result : std::uint8_t { delivered, deferred, failed };

// With delivered: who tells a sender that asked about success (RFC 3461 §5.2.2).
enum class Handover : std::uint8_t {
  final,      // it is in the mailbox: we
  relayed,    // the next server does not offer DSN: we, that it went there
  passed_on,  // the next server was told what to report
};

struct Outcome {
  std::size_t recipient = 0;  // index into envelope.recipients
  Result result = Result::deferred;
  Attempt attempt;
  // Deferred because the whole destination cannot be reached (connect, greeting, TLS): the queue
  // then defers everything for that destination, not only this message.
  bool whole_destination = false;
  Handover handover = Handover::final;
  bool by_kept = false;  // with delivered: the next server was told the deadline (RFC 2852)
};

}  // namespace queue
