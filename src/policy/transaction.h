// policy/transaction.h: all that is known of one mail transaction, as a value.
//
// What:    who is connected, how, what was said so far; policy judges it, the trace can replay it.
// In/Out:  session fills it command by command; RSET and a new MAIL empty its second half.
// Errors:  none: a value.
// Limits:  session/settings.h bounds what goes in.
// Not here: the verdict (verdict.h), the message's bytes (queue::Draft).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/id.h"
#include "lib/base/time.h"
#include "lib/io/address.h"
#include "lib/io/network.h"
#include "lib/message/content.h"
#include "lib/message/envelope.h"

namespace policy {

struct Transaction {
  // Of the session.
  base::SessionId session;
  std::string listener;     // its name in the settings
  bool submission = false;  // a port for people's clients: AUTH before MAIL
  bool lmtp = false;        // from a mail server in front of us, which has judged it (RFC 2033)
  io::Endpoint peer;
  io::Endpoint local;
  std::string helo;     // as said; empty before HELO
  bool esmtp = false;   // it said EHLO
  io::TlsInfo tls;      // protocol empty: in clear
  std::string login;    // authenticated as ("you@demo.test/phone"); empty: nobody
  std::string account;  // the mailbox that the login belongs to; empty without one
  // The verifier that the password was right for: a changed password ends what it began. Empty when
  // the password is known elsewhere only (LDAP).
  std::string credential;

  // Of the message.
  base::Time begun;                  // when MAIL came
  message::Envelope envelope;        // recipients after alias expansion
  std::uint64_t declared_bytes = 0;  // SIZE=; 0: not said
  std::uint64_t received_bytes = 0;
  std::size_t received_fields = 0;
  std::size_t delivered_to_fields = 0;
  std::string header;        // of the message, when it has come
  bool header_whole = true;  // false: `header` is only its beginning
  base::MessageId message;   // the name it will have
  base::Time arrived;        // when its end had come
  // Of a submission: what recodes its body, and the number of the first line over 998 octets that
  // could not be (0: there is none).
  std::vector<message::Edit> recoding;
  std::uint64_t long_line = 0;
  bool recoding_starved = false;  // for want of memory: later it may be done
  base::Time release_at;          // not before then (RFC 4865); 1970: at once

  void reset_message() {
    envelope = {};
    declared_bytes = received_bytes = 0;
    received_fields = delivered_to_fields = 0;
    header.clear();
    header_whole = true;
    message = {};
    arrived = release_at = {};
    recoding.clear();
    long_line = 0;
    recoding_starved = false;
  }
};

}  // namespace policy
