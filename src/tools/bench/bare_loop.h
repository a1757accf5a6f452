// tools/bench/bare_loop.h: one loop of the reference server.
//
// What:    accepts, writes everything that finished in a turn with one write and one sync, answers,
//          and relays over kept connections. By epoll and callbacks: as little as can be.
// In/Out:  BareOptions → run() until stop(); BareCounts.
// Errors:  trouble with the log ends the program's run; a message that cannot be relayed is lost
//          (counted): there is no retry.
// Limits:  text_bytes_max per message; memory_bytes_max of messages in all, then reading pauses;
//          relays_max connections; line_bytes_max.
// Not here: several loops (bare.h). No policy, no queue, no restart: not a mail server.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/io/files.h"
#include "lib/io/real/poller.h"
#include "tools/bench/bare_wire.h"

namespace bench {

struct BareMessage {
  std::string envelope;  // MAIL, RCPT and DATA lines as they go out
  std::size_t recipients = 0;
  std::string text;  // with its dots and its end
};

struct BareCounts {
  std::atomic<std::uint64_t> accepted = 0;
  std::atomic<std::uint64_t> relayed = 0;
  std::atomic<std::uint64_t> lost = 0;
};

class BareLoop;

// Whoever has a socket in the poller.
class BareNode {
 public:
  BareNode(BareLoop& loop, io::real::Descriptor socket) : loop_(loop), socket_(std::move(socket)) {}
  BareNode(const BareNode&) = delete;
  BareNode& operator=(const BareNode&) = delete;
  virtual ~BareNode() = default;
  virtual void on_news() = 0;

  [[nodiscard]] bool dead() const { return dead_; }
  [[nodiscard]] const io::real::Descriptor& socket() const { return socket_; }

 protected:
  // True when something came into `into`; false: nothing now, or the end (dead).
  bool receive(std::string_view& into);
  void die();   // freed at the end of the turn
  void send();  // as much of out_ and body_ as goes

  BareLoop& loop_;
  io::real::Descriptor socket_;
  std::string out_;
  std::string_view body_;  // goes behind out_
  bool dead_ = false;
};

class BareInbound final : public BareNode {
 public:
  static constexpr std::size_t line_bytes_max = 4096;
  static constexpr std::size_t text_bytes_max = 64UL << 20;

  using BareNode::BareNode;
  void greet();
  void on_news() override;
  // The message is safe: says so and goes on.
  void committed();

 private:
  void take(std::string_view octets);
  std::string_view take_text(std::string_view octets);
  std::string_view take_line(std::string_view octets);
  void command(std::string_view line);

  bool in_text_ = false;
  bool committing_ = false;
  std::string line_;  // the beginning of one
  std::string held_;  // came while committing
  BareMessage message_;
};

class BareRelay final : public BareNode {
 public:
  using BareNode::BareNode;
  void on_news() override;
  [[nodiscard]] bool idle() const { return state_ == State::idle && !dead_; }
  void give(BareMessage message);
  void lose();  // its message, when there is one
  [[nodiscard]] bool answered() const { return answered_; }

 private:
  enum class State : std::uint8_t { greeting, hello, idle, envelope, text };
  void on_reply(int code);
  void end_message(bool good);

  State state_ = State::greeting;
  ReplyCodes codes_;
  std::size_t replies_wanted_ = 0;
  bool refused_ = false;
  bool answered_ = false;
  BareMessage message_;
};

struct BareOptions {
  static constexpr std::size_t log_bytes = 256UL << 20;
  static constexpr std::size_t memory_bytes_max = 64UL << 20;
  static constexpr std::size_t relays_max = 20;

  io::Endpoint listen;
  io::Endpoint relay;
  std::string folder;
  bool share_port = false;
};

class BareLoop {
 public:
  // Binds the port and prepares the log, so that its blocks are there before the first message.
  [[nodiscard]] static base::Result<std::unique_ptr<BareLoop>> make(const BareOptions& options,
                                                                    io::Files& files,
                                                                    unsigned index,
                                                                    BareCounts& counts);
  ~BareLoop();
  base::Result<> run();  // until stop()
  void stop();           // thread-safe

  // For the nodes.
  [[nodiscard]] std::span<char> buffer() { return buffer_; }
  [[nodiscard]] bool crowded() const { return memory_bytes_ >= BareOptions::memory_bytes_max; }
  void pause(BareInbound& inbound) { paused_.push_back(&inbound); }
  void finished(BareInbound& inbound, BareMessage message);
  void relay_done(std::size_t bytes, bool good);
  void relay_next();
  void note_death() { deaths_ = true; }

 private:
  BareLoop(const BareOptions& options, BareCounts& counts)
      : options_(options), counts_(counts), buffer_(buffer_bytes) {}
  base::Result<> open_log(io::Files& files, unsigned index);
  void accept();
  base::Result<> commit();
  void sweep();

  static constexpr std::size_t buffer_bytes = 256UL * 1024;

  const BareOptions options_;
  BareCounts& counts_;
  io::real::Poller poller_;
  io::real::Descriptor listening_;
  std::unique_ptr<io::File> log_;
  std::uint64_t log_at_ = 0;
  std::atomic<bool> stopping_ = false;
  std::vector<char> buffer_;
  std::vector<std::unique_ptr<BareInbound>> inbound_;
  std::vector<std::unique_ptr<BareRelay>> relays_;
  std::vector<BareInbound*> paused_;
  std::vector<BareInbound*> committing_;
  std::vector<BareMessage> turn_;  // beside committing_
  std::deque<BareMessage> to_relay_;
  std::size_t memory_bytes_ = 0;
  bool deaths_ = false;
  bool relay_failed_ = false;  // said once
};

}  // namespace bench
