// policy/filters/milter_conversation.h: one milter during one SMTP connection.
//
// What:    says each moment to it, in the order of the protocol, and reads what it decides; when it
//          was lost, a new MAIL finds it again.
// In/Out:  Transaction → MilterAnswer per moment; at the end FilterOutcome with its changes.
// Errors:  `trouble` in the answer; the connection is then closed and nothing of it counts.
// Limits:  timeouts of the settings; end_timeout_max for all of the end, however much progress.
// Not here: what trouble means for the mail (filters.h), packets (milter_link.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/io/ref.h"
#include "lib/io/task.h"
#include "policy/filters/filter_outcome.h"
#include "policy/filters/milter_link.h"
#include "policy/filters/milter_macros.h"
#include "policy/received_octets.h"

namespace policy {

struct MilterParts {
  io::Doors doors;
  dns::Resolver& resolver;
  MilterSettings settings;
  std::string hostname;
  std::uint64_t replaced_body_bytes_max = 0;
};

struct MilterAnswer {
  enum class Kind : std::uint8_t { go_on, refuse, discard, trouble };
  Kind kind = Kind::go_on;
  smtp::Reply reply;   // of refuse
  std::string action;  // "reject"; empty: it said nothing of weight
  std::string words;   // its text, or what went wrong
  bool ours = false;   // the trouble is: we are stopping
};

class MilterConversation {
 public:
  // RFC 5321 §4.5.3.2.6: the client waits ten minutes for the answer to its final dot.
  static constexpr base::Duration end_timeout_max = std::chrono::minutes(9);

  explicit MilterConversation(MilterParts parts)
      : parts_(std::move(parts)), link_(parts_.doors, parts_.resolver) {}
  MilterConversation(const MilterConversation&) = delete;
  MilterConversation& operator=(const MilterConversation&) = delete;

  [[nodiscard]] const MilterSettings& settings() const { return parts_.settings; }

  io::Task<MilterAnswer> at_connect(io::Ref<const Transaction> transaction,
                                    std::string client_name);
  io::Task<MilterAnswer> at_helo(io::Ref<const Transaction> transaction);
  io::Task<MilterAnswer> at_mail(io::Ref<const Transaction> transaction);
  io::Task<MilterAnswer> at_rcpt(io::Ref<const Transaction> transaction,
                                 io::Ref<const message::Recipient> recipient);
  io::Task<MilterAnswer> at_data(io::Ref<const Transaction> transaction);
  // The whole message. Not called for one that the filter has accepted unseen: done_with_message().
  io::Task<FilterOutcome> judge(io::Ref<const Transaction> transaction, PassingMessage message,
                                io::Ref<ReceivedOctets> octets);
  [[nodiscard]] bool done_with_message() const { return state_ != State::in_message; }
  io::Task<void> abort();
  io::Task<void> end();

 private:
  // no_interest: it has accepted the whole connection.
  enum class State : std::uint8_t { lost, ready, in_message, message_accepted, no_interest };
  // How showing the message goes on: `decided` is in the outcome.
  enum class Next : std::uint8_t { go_on, skip, decided };
  using Shown = base::Result<Next>;

  io::Task<MilterAnswer> begin(io::Ref<const Transaction> transaction);
  io::Task<MilterAnswer> step(milter::Stage stage, std::string command, MacroFacts facts);
  MilterAnswer conclude(const milter::Reply& reply, milter::Stage stage);
  MilterAnswer lose(const base::Error& error);

  io::Task<Shown> show(io::Ref<const Transaction> transaction, io::Ref<FilterOutcome> outcome,
                       io::Ref<ReceivedOctets> octets);
  io::Task<Shown> show_header(io::Ref<const Transaction> transaction,
                              io::Ref<FilterOutcome> outcome);
  io::Task<Shown> show_body(io::Ref<FilterOutcome> outcome, io::Ref<ReceivedOctets> octets);
  io::Task<Shown> show_end(io::Ref<const Transaction> transaction, io::Ref<FilterOutcome> outcome);
  // Sends what was said; waits for the answer if there is one.
  io::Task<Shown> pass(io::Ref<FilterOutcome> outcome, bool answered, bool may_skip);
  Shown settle(FilterOutcome& outcome, const milter::Reply& reply);
  [[nodiscard]] MacroFacts facts(const Transaction& transaction) const;
  void say_macros(milter::Stage stage, char letter, const MacroFacts& facts);

  MilterParts parts_;
  MilterLink link_;
  State state_ = State::lost;
  std::string client_name_;
};

// What an answer that ends a wait means for the mail; `trouble` for one that may not come there.
[[nodiscard]] MilterAnswer milter_decision(const milter::Reply& reply);

}  // namespace policy
