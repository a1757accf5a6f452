// tests/fuzz/kit/conversation.h: one side of a whole conversation, as the fuzzer wrote it.
//
// What:    Conversation says the octets of an input on a stream, in the packets and with the waits
//          that the input asks for, and keeps what the other side says.
// In/Out:  text with octets that no text has: wait_for_answer, new_packet, pause, half_close.
// Errors:  none: who is not listened to any more stops talking.
// Limits:  heard_bytes_max is kept of what the other side says.
// Not here: who is at the other end (server_world.h, next_hop.h).
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/io/clock.h"
#include "lib/io/network.h"
#include "lib/io/task.h"
#include "lib/io/task_group.h"

namespace fuzz {

inline constexpr char wait_for_answer = '\xff';  // until the other side has said something
inline constexpr char new_packet = '\xfe';       // what follows arrives later
inline constexpr char pause = '\xfd';            // and much later: longer than some deadlines
inline constexpr char half_close = '\xfc';       // says nothing more, and listens
inline constexpr char hang_up = '\xfb';          // the end of this connection

// Octets, and what happens when they were sent; '\0': nothing.
struct Step {
  std::string_view octets;
  char then = '\0';
};
[[nodiscard]] std::vector<Step> steps_of(std::string_view input);

class Conversation {
 public:
  static constexpr std::size_t heard_bytes_max = std::size_t{4} << 20U;

  Conversation(io::Clock& clock, std::unique_ptr<io::Stream> stream)
      : clock_(clock), stream_(std::move(stream)) {}
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  // Until the other side has ended.
  io::Task<void> run(std::vector<Step> steps);
  [[nodiscard]] const std::string& heard() const { return heard_; }

 private:
  io::Task<void> speak(std::vector<Step> steps);
  io::Task<void> listen();
  io::Task<void> wait_for_more();
  io::Task<void> wait_for_end();

  io::Clock& clock_;
  std::unique_ptr<io::Stream> stream_;
  std::string heard_;
  bool ended_ = false;  // the other side
  bool hung_up_ = false;
  std::array<char, 16'384> buffer_ = {};
};

// No line end but CRLF.
[[nodiscard]] bool has_whole_lines_only(std::string_view text);

}  // namespace fuzz
