// tools/simulate/receiver.h: one mail host of the simulated Internet.
//
// What:    answers connections and messages as its Provider says: outages, limits, greylisting,
//          blocks, mailboxes that are full or not there; it remembers us.
// In/Out:  connect(now), then mail(letter, now) for each message → an Answer: the reply, how far
//          it came, how long it took.
// Errors:  none.
// Limits:  an answer is given for the moment when it is asked, though it is heard later. Windows
//          are fixed: they begin with the first message after the last one.
// Not here: what we make of an answer (attempt.cc), how it is said in SMTP (wire/).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "lib/base/time.h"
#include "lib/io/random.h"
#include "lib/smtp/reply.h"
#include "tools/simulate/scenario.h"

namespace simulate {

// Why a message was not taken.
enum class Reason : std::uint8_t {
  none,  // it was
  unreachable,
  connections,
  rate,
  warmup,
  greylisted,
  blocked,
  full,
  invalid,
};
inline constexpr std::size_t reason_count = 9;
[[nodiscard]] std::string_view reason_name(Reason reason);

// What a receiver sees of a message. The shares of a Provider hit it by these numbers, evenly in
// [0, 1), so that it fares the same at each attempt.
struct Letter {
  double address = 0;                               // invalid?
  double mailbox = 0;                               // full?
  double temper = 0;                                // somebody complains?
  base::Duration accepted = {};                     // by us
  base::Duration first_tried = base::Duration(-1);  // for greylisting; the receiver sets it
};

// The reason in the words of a reply that a Receiver gave; unreachable when there are none.
[[nodiscard]] Reason reason_in(std::string_view reply);

struct Answer {
  Reason reason = Reason::none;
  const smtp::Reply* reply = nullptr;  // its text ends with the reason's name
  bool said_hello = true;              // false: no MAIL was answered, the host was not reached
  bool keeps_connection = true;
  base::Duration took = {};       // until the envelope is answered, or the greeting
  base::Duration text_took = {};  // from there to the answer to the text

  [[nodiscard]] base::Duration took_in_all() const { return took + text_took; }
};

class Receiver {
 public:
  // `phase` in [0, 1) says where in its period its outages lie.
  Receiver(const Provider& provider, double phase) : provider_(&provider), phase_(phase) {}

  // Times are since the start. With reason none the connection is open; the caller owes a closed().
  [[nodiscard]] Answer connect(base::Duration now, io::Random& random);
  [[nodiscard]] Answer mail(Letter& letter, base::Duration now, io::Random& random);
  void closed();
  [[nodiscard]] unsigned connections() const { return connections_; }
  // Has it closed a connection that carried so many messages?
  [[nodiscard]] bool ends_after(std::uint64_t messages) const;
  [[nodiscard]] bool down(base::Duration now) const;

 private:
  struct Window {
    base::Duration begin = base::Duration(-1);
    std::uint64_t count = 0;
    // Begins anew when its time is over; how many it has counted.
    std::uint64_t& at(base::Duration now, base::Duration length);
  };
  [[nodiscard]] std::optional<Reason> limit(base::Duration now);
  [[nodiscard]] bool greylists(Letter& letter, base::Duration now);
  [[nodiscard]] base::Duration full_for(const Letter& letter) const;
  [[nodiscard]] Reason judge(Letter& letter, base::Duration now);
  [[nodiscard]] std::uint64_t warmup_limit(std::int64_t day) const;
  [[nodiscard]] bool blocked(base::Duration now) const { return now < blocked_until_; }
  void block(base::Duration now);
  [[nodiscard]] unsigned code(Reason reason) const;

  const Provider* provider_;
  double phase_;
  unsigned connections_ = 0;
  Window rate_;
  Window refused_;
  Window complaints_;
  std::int64_t day_ = -1;  // since it first heard of us
  std::uint64_t taken_today_ = 0;
  base::Duration met_ = base::Duration(-1);  // when it first heard of us
  base::Duration blocked_until_ = {};
  unsigned passed_ = 0;  // messages through its greylist
};

}  // namespace simulate
