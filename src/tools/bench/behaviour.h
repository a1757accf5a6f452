// tools/bench/behaviour.h: how the sink answers when it is not to be nice.
//
// What:    rules of the command line: another code for a share of the answers at a stage, delays,
//          closing instead of answering, slow reading.
// In/Out:  "451/0.01@rcpt", "50@end", "0.1@data" → rules; react(stage, dice) → what to do now.
// Errors:  invalid, with words for whoever typed it.
// Limits:  rules_max of each kind.
// Not here: doing it (sink_session.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/time.h"

namespace bench {

// What is answered: the connection (220), EHLO, MAIL, RCPT, DATA (354), the end of the text.
enum class Stage : std::uint8_t { connect, ehlo, mail, rcpt, data, end };

// Numbers in [0, 1) without a system call; good enough for shares.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed * 2 + 1) {}
  [[nodiscard]] double roll();

 private:
  std::uint64_t state_;
};

struct Reaction {
  base::Duration delay = {};  // first
  bool close = false;         // then close without an answer
  std::optional<int> code;    // or answer this instead
};

class Behaviour {
 public:
  static constexpr std::size_t rules_max = 64;
  static constexpr base::Duration delay_max = std::chrono::hours(1);

  // CODE[/SHARE][@STAGE], 400 to 599, share 1, stage `end`
  [[nodiscard]] base::Result<> add_answer(std::string_view rule);
  // MILLISECONDS[@STAGE], stage `end`
  [[nodiscard]] base::Result<> add_delay(std::string_view rule);
  // SHARE@STAGE
  [[nodiscard]] base::Result<> add_close(std::string_view rule);

  [[nodiscard]] Reaction react(Stage stage, Dice& dice) const;

 private:
  struct Rule {
    Stage stage = Stage::end;
    double share = 1;
    int code = 0;               // answers
    base::Duration delay = {};  // delays
  };
  std::vector<Rule> answers_;
  std::vector<Rule> delays_;
  std::vector<Rule> closes_;
};

}  // namespace bench
