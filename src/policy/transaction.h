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

#include "lib/base/id.h"
#include "lib/io/address.h"
#include "lib/io/network.h"
#include "lib/message/envelope.h"

namespace policy {

struct Transaction {
  // Of the session.
  base::SessionId session;
  std::string listener;     // its name in the settings
  bool submission = false;  // a port for people's clients: AUTH before MAIL
  io::Endpoint peer;
  io::Endpoint local;
  std::string helo;     // as said; empty before HELO
  bool esmtp = false;   // it said EHLO
  io::TlsInfo tls;      // protocol empty: in clear
  std::string login;    // authenticated as ("you@demo.test/phone"); empty: nobody
  std::string account;  // the mailbox that the login belongs to; empty without one

  // Of the message.
  message::Envelope envelope;        // recipients after alias expansion
  std::uint64_t declared_bytes = 0;  // SIZE=; 0: not said
  std::uint64_t received_bytes = 0;
  std::size_t received_fields = 0;
  std::string header;  // of the message, when it has come

  void reset_message() {
    envelope = {};
    declared_bytes = received_bytes = 0;
    received_fields = 0;
    header.clear();
  }
};

}  // namespace policy
