// tools/bench/trouble.h: clients that misbehave.
//
// What:    a session that begins a message and then goes away, falls silent, or dribbles; until the
//          run ends.
// In/Out:  "0.1:stall" → Trouble; make_trouble() for one such session.
// Errors:  whatever the server does to it is fine.
// Limits:  cancelled by its owner.
// Not here: sessions that behave (load.h).
#pragma once

#include <cstdint>
#include <string_view>

#include "lib/io/ref.h"
#include "tools/bench/transaction.h"

namespace bench {

struct Trouble {
  enum class Kind : std::uint8_t { abort, stall, slow };
  double share = 0;  // of the sessions, below 1
  Kind kind = Kind::abort;

  [[nodiscard]] static base::Result<Trouble> parse(std::string_view text);
  // Whether session `index` misbehaves: evenly spread.
  [[nodiscard]] bool chooses(unsigned index) const;
};

// One connection: half a message, then trouble. Ends when the server has had enough, or cancelled.
[[nodiscard]] io::Task<void> make_trouble(Trouble::Kind kind, io::Ref<Conversation> talk,
                                          io::Ref<const Outgoing> message,
                                          io::Ref<io::Clock> clock);

}  // namespace bench
