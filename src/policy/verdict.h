// policy/verdict.h: what policy says of a transaction.
//
// What:    accept (with fields to add) · hold · discard · reject 5yz · defer 4yz, with its reasons.
// In/Out:  a value; the session turns it into the reply and, at the end, into what is committed.
// Errors:  trouble of a check is `defer` or nothing, never `reject` (HOUSE invariant 4).
// Limits:  reasons are for people: a few lines.
// Not here: who decides (policy.h).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "directory/directory.h"
#include "lib/message/address.h"
#include "lib/message/content.h"
#include "lib/smtp/reply.h"

namespace policy {

// A mail of the server itself to somebody of ours: a limit is near, an account is held.
struct Notice {
  message::Address to;
  std::string subject;
  std::string text;  // lines end in LF; the session makes a message of it
};

struct Verdict {
  enum class Kind : std::uint8_t { accept, hold, discard, reject, defer };
  Kind kind = Kind::accept;
  smtp::Reply reply;                       // for reject and defer; accept has the command's own
  std::vector<std::string> header_fields;  // whole fields with CRLF to put in front of the message
  std::vector<std::string> reasons;        // for the log and `explain`
  std::vector<message::Edit> edits;        // of the received octets, for the stored content
  std::vector<Notice> notices;             // to be sent besides, whatever the verdict is
  std::string rule;                        // that decided; empty: nothing objected
  bool junk = false;                       // quarantined: goes to the Junk folder
  bool close = false;                      // with a refusal: the session ends
  bool eight_bit = false;                  // a filter has put octets beyond ASCII in
  // Changes of the envelope that a filter made.
  std::optional<message::Address> sender;
  std::vector<message::Recipient> recipients_added;
  std::vector<message::Address> recipients_removed;

  [[nodiscard]] bool accepted() const { return kind != Kind::reject && kind != Kind::defer; }
};

[[nodiscard]] inline Verdict reject(smtp::Reply reply) {
  Verdict verdict;
  verdict.kind = Verdict::Kind::reject;
  verdict.reply = std::move(reply);
  return verdict;
}
[[nodiscard]] inline Verdict defer(smtp::Reply reply) {
  Verdict verdict;
  verdict.kind = Verdict::Kind::defer;
  verdict.reply = std::move(reply);
  return verdict;
}
// Joins what a later rule says: the graver kind wins (reject, defer, discard, hold, accept), and
// with it its reply and rule; fields, edits, reasons and notices add up.
void join(Verdict& verdict, Verdict later);

// A verdict on one RCPT, and the recipients that it stands for.
struct RecipientVerdict {
  Verdict verdict;
  std::vector<message::Recipient> recipients;
  bool unknown = false;  // refused because there is no such mailbox: counted against harvesting
};

}  // namespace policy
