// lib/message/trace_fields.h: the header fields that a server adds (RFC 5321 §4.4).
//
// What:    Received, Return-Path, Delivered-To, Message-ID and Date, each as a whole field with its
//          CRLF.
// In/Out:  values → text to prepend to a message.
// Errors:  none: whatever a peer said is reduced to harmless characters, so nothing can be
//          injected.
// Limits:  each value is cut at its protocol limit; lines stay below 998 octets.
// Not here: Authentication-Results (lib/mailauth), which of them to add (session, delivery).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/time.h"
#include "lib/message/address.h"

namespace message {

// Leave helo and peer empty to keep them private (a submission from somebody's home): the field
// then begins with "by".
struct ReceivedInfo {
  std::string helo;                    // as the client said it
  std::string peer;                    // "192.0.2.1", "2001:db8::1"
  std::string reverse_name;            // its confirmed name; empty: none
  std::string by;                      // our name
  std::string protocol;                // "ESMTP", "ESMTPS", "ESMTPSA", "LMTP", … (RFC 3848)
  std::string tls;                     // "TLSv1.3 TLS_AES_256_GCM_SHA384"; empty: none
  std::string id;                      // the queue id
  std::int8_t priority = 0;            // RFC 6710; 0 is not told
  std::optional<Address> for_address;  // only when it is the single recipient (§4.4, privacy)
  base::Time time;
};

// "Received: from …\r\n\tby … with … id …\r\n\tfor <…>\r\n\tpriority 3; date\r\n"
[[nodiscard]] std::string received_field(const ReceivedInfo& info);
[[nodiscard]] std::string return_path_field(const Address& sender);  // "Return-Path: <a@b>\r\n"
[[nodiscard]] std::string delivered_to_field(const Address& recipient);
[[nodiscard]] std::string message_id_field(std::string_view id, std::string_view host);
[[nodiscard]] std::string date_field(base::Time time);

}  // namespace message
