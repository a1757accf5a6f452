// See bare_loop.h.
#include "tools/bench/bare_loop.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>

namespace bench {
namespace {

// The listening socket's tag: no node.
int listening_tag = 0;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): its address

}  // namespace

base::Result<std::unique_ptr<BareLoop>> BareLoop::make(const BareOptions& options, io::Files& files,
                                                       unsigned index, BareCounts& counts) {
  std::unique_ptr<BareLoop> loop(new BareLoop(options, counts));
  auto poller = io::real::Poller::make();
  if (!poller) return std::unexpected(std::move(poller.error()));
  loop->poller_ = std::move(*poller);
  auto listening = io::real::listen_socket(options.listen, options.share_port);
  if (!listening) return std::unexpected(std::move(listening.error()));
  loop->listening_ = std::move(*listening);
  if (auto opened = loop->open_log(files, index); !opened) {
    return std::unexpected(std::move(opened.error()));
  }
  if (auto added = loop->poller_.add(loop->listening_, &listening_tag); !added) {
    return std::unexpected(std::move(added.error()));
  }
  return loop;
}

BareLoop::~BareLoop() = default;

// Every block is written once: a block that is only reserved costs a change of metadata at its
// first sync (0.20 ms against 0.12 ms).
base::Result<> BareLoop::open_log(io::Files& files, unsigned index) {
  const std::string path = fmt::format("{}/bare-{}.log", options_.folder, index);
  auto file = files.open(path, io::OpenMode::create);
  if (!file) return std::unexpected(std::move(file.error()));
  log_ = std::move(*file);
  if (auto done = log_->allocate(BareOptions::log_bytes); !done) return done;
  const std::string zeros(1UL << 20, '\0');
  const std::string_view piece = zeros;
  for (std::uint64_t at = 0; at < BareOptions::log_bytes; at += zeros.size()) {
    if (auto done = log_->write_at(at, {&piece, 1}); !done) return done;
  }
  return log_->sync();
}

void BareLoop::stop() {
  stopping_ = true;
  poller_.wake();
}

base::Result<> BareLoop::run() {
  std::array<void*, io::real::Poller::events_max> tags{};
  while (!stopping_) {
    const std::size_t count = poller_.wait(tags);
    for (void* const tag : std::span(tags).first(count)) {
      if (tag == &listening_tag) {
        accept();
      } else {
        static_cast<BareNode*>(tag)->on_news();
      }
    }
    // What comes after a 250 may finish the next message.
    while (!turn_.empty()) {
      if (auto done = commit(); !done) return done;
    }
    relay_next();
    if (!crowded() && !paused_.empty()) {
      for (BareInbound* one : std::exchange(paused_, {})) one->on_news();
    }
    if (deaths_) sweep();
  }
  return {};
}

void BareLoop::accept() {
  for (;;) {
    auto socket = io::real::accept_socket(listening_);
    if (!socket) return;
    inbound_.push_back(std::make_unique<BareInbound>(*this, std::move(socket)));
    BareInbound& inbound = *inbound_.back();
    inbound.greet();
    if (!poller_.add(inbound.socket(), static_cast<BareNode*>(&inbound))) inbound_.pop_back();
  }
}

void BareLoop::finished(BareInbound& inbound, BareMessage message) {
  memory_bytes_ += message.text.size();
  committing_.push_back(&inbound);
  turn_.push_back(std::move(message));
}

// One write and one sync for everybody; then, not before, 250.
base::Result<> BareLoop::commit() {
  std::vector<std::string_view> pieces;
  pieces.reserve(turn_.size() * 2);
  std::size_t bytes = 0;
  for (const BareMessage& message : turn_) {
    pieces.push_back(message.envelope);
    pieces.push_back(message.text);
    bytes += message.envelope.size() + message.text.size();
  }
  // The log is a ring; it is larger than what may wait for its relay.
  if (log_at_ + bytes > BareOptions::log_bytes) log_at_ = 0;
  if (auto done = log_->write_at(log_at_, pieces); !done) return done;
  if (auto done = log_->sync(); !done) return done;
  log_at_ += bytes;
  counts_.accepted.fetch_add(turn_.size(), std::memory_order_relaxed);
  std::ranges::move(turn_, std::back_inserter(to_relay_));
  turn_.clear();
  for (BareInbound* one : std::exchange(committing_, {})) one->committed();
  return {};
}

void BareLoop::relay_next() {
  for (const auto& relay : relays_) {
    if (to_relay_.empty()) return;
    if (!relay->idle()) continue;
    relay->give(std::move(to_relay_.front()));
    to_relay_.pop_front();
  }
  while (relays_.size() < std::min(BareOptions::relays_max, to_relay_.size())) {
    auto socket = io::real::connect_socket(options_.relay);
    if (!socket) break;
    relays_.push_back(std::make_unique<BareRelay>(*this, std::move(*socket)));
    BareRelay& relay = *relays_.back();
    if (!poller_.add(relay.socket(), static_cast<BareNode*>(&relay))) {
      relays_.pop_back();
      break;
    }
  }
}

void BareLoop::relay_done(std::size_t bytes, bool good) {
  memory_bytes_ -= bytes;
  (good ? counts_.relayed : counts_.lost).fetch_add(1, std::memory_order_relaxed);
}

void BareLoop::sweep() {
  deaths_ = false;
  std::erase_if(paused_, [](const BareInbound* one) { return one->dead(); });
  std::erase_if(inbound_, [](const auto& one) { return one->dead(); });
  for (const auto& relay : relays_) {
    if (!relay->dead()) continue;
    relay->lose();
    if (!std::exchange(relay_failed_, true)) {
      std::fprintf(stderr, "stagepost: a connection to %s broke; its message is lost\n",
                   options_.relay.text().c_str());
    }
    // A relay that never answers must not be tried for ever: the message it was for is given up.
    if (!to_relay_.empty() && !relay->answered()) {
      relay_done(to_relay_.front().text.size(), false);
      to_relay_.pop_front();
    }
  }
  std::erase_if(relays_, [](const auto& one) { return one->dead(); });
}

void BareNode::die() {
  dead_ = true;
  loop_.note_death();
}

bool BareNode::receive(std::string_view& into) {
  if (dead_) return false;
  const auto got = io::real::receive(socket_, loop_.buffer());
  if (!got) {
    die();
    return false;
  }
  into = {loop_.buffer().data(), got->value_or(0)};
  return got->has_value();
}

void BareNode::send() {
  while (!dead_ && (!out_.empty() || !body_.empty())) {
    const std::array<std::string_view, 2> pieces{out_, body_};
    const auto sent = io::real::send_pieces(socket_, pieces);
    if (!sent) die();
    if (!sent || !*sent) return;
    const std::size_t from_out = std::min(**sent, out_.size());
    const bool all = **sent == out_.size() + body_.size();
    out_.erase(0, from_out);
    body_.remove_prefix(**sent - from_out);
    if (!all) return;  // an edge comes when there is room
  }
}

}  // namespace bench
