// tools/simulate/wire/manners.h: what a mail host says in one conversation.
//
// What:    Manners decides, HostSession (host_session.h) reads, waits and writes.
// In/Out:  one object per connection; a Word per command, in the order of RFC 5321.
// Errors:  none.
// Limits:  one recipient per message.
// Not here: who decides how (provider_host.h, sender_host.h).
#pragma once

#include <string>
#include <string_view>

#include "lib/base/time.h"

namespace simulate::wire {

struct Word {
  std::string text = {};     // with CRLF; empty: the host hangs up without a word
  base::Duration wait = {};  // first
  bool closes = false;       // it hangs up afterwards
};

class Manners {
 public:
  Manners() = default;
  Manners(const Manners&) = delete;
  Manners& operator=(const Manners&) = delete;
  virtual ~Manners() = default;

  [[nodiscard]] virtual Word greet() = 0;
  // Addresses as they stand between < and >.
  [[nodiscard]] virtual Word mail(std::string_view sender) = 0;
  [[nodiscard]] virtual Word rcpt(std::string_view recipient) = 0;
  [[nodiscard]] virtual Word data() = 0;  // 354, or why not
  virtual void text(std::string_view octets) = 0;
  [[nodiscard]] virtual Word end() = 0;  // of the text: the message is taken
  // The word of end() could not be said.
  virtual void unheard() = 0;
  // The host is out of order: it says nothing any more.
  [[nodiscard]] virtual bool down() const = 0;
};

}  // namespace simulate::wire
