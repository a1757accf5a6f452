// delivery/content.h: sends the text of a message after 354, up to the reply to the final dot.
//
// What:    streams the body with dots doubled (RFC 5321 §4.5.2); small messages leave in one write.
// In/Out:  BodyReader → the server's reply; in LMTP one for each accepted recipient (RFC 2033
//          §4.2).
// Errors:  ContentEnd says how far it came: a connection lost after the final dot may have
//          delivered.
// Limits:  write_bytes per write gathered; data_block_timeout per write, data_done_timeout for the
//          reply.
// Not here: MAIL and RCPT (envelope.h).
#pragma once

#include <optional>
#include <vector>

#include "delivery/client.h"
#include "delivery/settings.h"
#include "lib/smtp/reply.h"
#include "queue/courier.h"

namespace delivery {

inline constexpr std::size_t write_bytes = std::size_t{64} * 1024;

struct ContentEnd {
  std::optional<smtp::Reply> reply;  // of the server, also one that came before the end
  std::vector<smtp::Reply> each;     // LMTP: in the order of the accepted recipients
  base::Error error;                 // when there is no reply
  bool dot_sent = false;             // or the chunk's end: the server may have taken the message
  bool local = false;                // our own disk failed, not the connection
};

struct ContentWay {
  const Settings& settings;
  std::size_t accepted = 0;  // recipients that the server took, which LMTP counts its replies by
  bool chunked = false;      // as one BDAT chunk (RFC 3030), else after DATA
};

io::Task<ContentEnd> send_content(io::Ref<Client> client, io::Ref<queue::BodyReader> body,
                                  io::Ref<const ContentWay> way);

}  // namespace delivery
