// tools/bench/handshakes.h: connections whose whole purpose is their TLS handshake.
//
// What:    connect, EHLO, STARTTLS, EHLO, QUIT (or implicit TLS), again and again.
// In/Out:  HandshakeOptions → HandshakeReport.
// Errors:  counted; the first with its words.
// Limits:  timeout for each; a session gives up after failures_in_a_row_max.
// Not here: the command line (handshakes_verb.cc).
#pragma once

#include <string>

#include "tools/bench/conversation.h"
#include "tools/bench/histogram.h"

namespace bench {

struct HandshakeOptions {
  static constexpr unsigned failures_in_a_row_max = 10;

  ClientOptions client;
  std::uint64_t count = 1000;
  unsigned sessions = 1;
  unsigned threads = 1;
  base::Duration timeout = std::chrono::seconds(60);
};

struct HandshakeReport {
  std::uint64_t count = 0;  // those that succeeded
  std::uint64_t resumed = 0;
  std::uint64_t errors = 0;
  std::string first_error;
  base::Duration took = {};
  Histogram handshake;
  std::string tls;

  void merge(const HandshakeReport& other);
};

[[nodiscard]] HandshakeReport run_handshakes(const HandshakeOptions& options);

}  // namespace bench
