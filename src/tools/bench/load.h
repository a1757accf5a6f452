// tools/bench/load.h: many clients that send messages.
//
// What:    `sessions` clients take turns from one plan and send until it has no more.
// In/Out:  LoadOptions → LoadReport: every message was accepted, refused with a code, or met an
//          error.
// Errors:  invalid options; trouble with the server is in the report.
// Limits:  sessions_max; each message has a deadline; a session whose connections fail again and
//          again gives up.
// Not here: the command line (load_verb.cc), how the report looks (report.h).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tools/bench/address_pattern.h"
#include "tools/bench/conversation.h"
#include "tools/bench/histogram.h"
#include "tools/bench/message_maker.h"
#include "tools/bench/plan.h"
#include "tools/bench/trouble.h"

namespace bench {

struct LoadOptions {
  static constexpr unsigned sessions_max = 60'000;

  ClientOptions client;
  PlanOptions plan{.messages_max = 1000};
  MessageOptions message;  // addresses and date are filled in
  AddressPattern from;
  AddressPattern rcpt;
  unsigned sessions = 1;
  unsigned threads = 1;
  unsigned recipients = 1;           // per message
  std::uint64_t per_connection = 0;  // messages; 0: no limit
  bool pipelining = true;
  bool bdat = false;
  Trouble trouble;            // some of the sessions misbehave, and send nothing that counts
  base::Duration pause = {};  // between messages of a session
  base::Duration timeout = std::chrono::seconds(60);
};

struct LoadReport {
  std::uint64_t messages = 0;
  std::uint64_t accepted = 0;
  std::map<int, std::uint64_t> refused;  // by code
  std::uint64_t recipients_refused = 0;  // of messages that were accepted for others
  std::uint64_t errors = 0;
  std::string first_error;
  std::uint64_t bytes = 0;   // of accepted messages
  base::Duration took = {};  // until the last answer
  Histogram accept;          // MAIL (open loop: the planned begin) → 250 after the text
  Histogram connect;         // connect → 250 after the text, first message of a connection
  Histogram handshake;       // TLS
  std::string tls;
  bool pipelining = false;    // asked for and offered
  std::uint64_t trouble = 0;  // connections that misbehaved

  void merge(const LoadReport& other);
  [[nodiscard]] bool all_accepted() const {
    return accepted == messages && recipients_refused == 0;
  }
};

// `show_progress`: on stderr, once a second.
[[nodiscard]] base::Result<LoadReport> run_load(const LoadOptions& options, bool show_progress);

}  // namespace bench
