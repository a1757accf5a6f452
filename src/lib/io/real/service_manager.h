// lib/io/real/service_manager.h: what we tell systemd, and what it asks of us.
//
// What:    the notify protocol (sd_notify(3)) and the watchdog (sd_watchdog_enabled(3)), without
//          its library: a datagram of lines to the socket that NOTIFY_SOCKET names.
//          Or the same words to our keeper, over the channel that it made.
// In/Out:  from_environment() once, before there are threads; tell("READY=1\nSTATUS=…");
//          watchdog(): how often it wants to hear WATCHDOG=1. Without a manager nothing happens.
// Errors:  trouble() says what was wrong with the environment; a message that cannot be sent is
//          dropped: the manager's own timeouts notice it.
// Limits:  none of its own.
// Not here: sockets that the manager bound for us (handed_sockets.h), when to say what (server/).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/time.h"
#include "lib/io/real/local_datagram.h"

namespace io::real {

class ServiceManager {
 public:
  // There is none: nobody hears.
  ServiceManager() = default;
  // Takes its variables out of the environment. A keeper (child.h) comes before systemd, whom it
  // tells itself.
  [[nodiscard]] static ServiceManager from_environment();

  [[nodiscard]] bool is_there() const { return socket_.has_value(); }
  // Whether it can put a successor into our place.
  [[nodiscard]] bool is_keeper() const { return is_keeper_; }
  void tell(std::string_view lines) const;
  // Empty: no watchdog is set for this process.
  [[nodiscard]] const std::optional<base::Duration>& watchdog() const { return watchdog_; }
  // In words for the log; empty: none.
  [[nodiscard]] const std::string& trouble() const { return trouble_; }

 private:
  std::optional<LocalDatagram> socket_;
  std::optional<base::Duration> watchdog_;
  bool is_keeper_ = false;
  std::string trouble_;
};

// A status is one line: line ends become spaces.
[[nodiscard]] std::string status_line(std::string_view text);

// The value of a variable that is ours alone, which it takes out of the environment: a program that
// we start must not think itself meant. Before there are threads.
[[nodiscard]] std::optional<std::string> take_variable(const char* name);

// Whether what is written there goes to systemd's journal, which then takes "<4>" at the beginning
// of a line as its priority (sd-daemon(3)); tells it by JOURNAL_STREAM.
[[nodiscard]] bool is_journal(int descriptor);

}  // namespace io::real
