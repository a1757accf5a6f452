// delivery/replies.h: what we say when the other side did not (RFC 3463).
//
// What:    replies of our own for trouble with DNS, connections, TLS, disks; Trouble, why a step
//          ended.
// In/Out:  error and place → smtp::Reply, such as 451 4.4.1 "connection to mx.example.net
//          [192.0.2.1]:25 refused".
// Errors:  none. Trouble is temporary unless it says permanent.
// Limits:  texts are short; what peers said is in their own replies.
// Not here: deciding (targets.cc, attempt.cc, transaction.cc).
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/smtp/reply.h"
#include "queue/message.h"

namespace delivery {

// Why one step with one target came to nothing.
struct Trouble {
  smtp::Reply reply;       // the remote's words, or ours when it did not speak
  bool permanent = false;  // nothing will change: the mail fails
  bool tls = false;        // TLS broke: without it the same target may do
  std::string detail;      // for the log
  bool hopeless = false;   // other addresses of this destination would say the same
};

template <class T = void>
using Step = std::expected<T, Trouble>;

// `where`: "mx.example.net [192.0.2.1]:25"; `doing`: "waiting for the greeting".
[[nodiscard]] smtp::Reply connect_reply(std::string_view where, const base::Error& error);
[[nodiscard]] smtp::Reply lost_reply(std::string_view where, std::string_view doing,
                                     const base::Error& error);
// Our own disk failed.
[[nodiscard]] smtp::Reply unreadable_reply();
[[nodiscard]] smtp::Reply tls_reply(std::string_view where, std::string_view what);

[[nodiscard]] Trouble connect_trouble(std::string_view where, const base::Error& error);
[[nodiscard]] Trouble lost_trouble(std::string_view where, std::string_view doing,
                                   const base::Error& error);

// RFC 5321 §4.2.1: 2yz delivered, 5yz failed; anything else is worth another try.
[[nodiscard]] queue::Result result_of(const smtp::Reply& reply);

}  // namespace delivery
