// delivery/fixture_test.h: what the tests of delivery/ share.
//
// What:    a simulated machine with a Dispatcher, servers that follow a script, a directory, a
//          body.
// In/Out:  zone text and scripts → outcomes; what servers saw that the script did not say is in
//          `problems`.
// Errors:  gtest failures of the tests.
// Limits:  none.
// Not here: the tests.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "delivery/couriers.h"
#include "lib/dns/zone_resolver.h"
#include "lib/io/sim/host.h"
#include "lib/io/sim/script.h"
#include "lib/io/sim/world.h"

namespace delivery {

class FakeDirectory final : public directory::Directory, public directory::Snapshot {
 public:
  [[nodiscard]] std::shared_ptr<const Snapshot> snapshot() const override {
    return {std::shared_ptr<void>(), this};
  }
  [[nodiscard]] bool is_local_domain(std::string_view domain) const override {
    return domain == "demo.test";
  }
  [[nodiscard]] directory::Local lookup(const message::Address& address) const override {
    if (mailbox(address) != nullptr) return directory::Local::mailbox;
    return address.local == "alias" ? directory::Local::alias : directory::Local::unknown;
  }
  [[nodiscard]] const directory::Mailbox* mailbox(const message::Address& address) const override;
  [[nodiscard]] directory::Expansion expand(const message::Recipient& /*r*/) const override {
    return {};
  }
  [[nodiscard]] const directory::Login* login(std::string_view /*name*/) const override {
    return nullptr;
  }
  [[nodiscard]] bool may_send_as(std::string_view mailbox,
                                 const message::Address& address) const override {
    return address.text() == mailbox;
  }
  [[nodiscard]] directory::SendingLimits limits(std::string_view /*mailbox*/) const override {
    return {};
  }

  std::map<std::string, directory::Mailbox, std::less<>> mailboxes;  // by address
};

// Hands out its text in chunks.
class MemoryBody final : public queue::BodyReader {
 public:
  explicit MemoryBody(std::string text, std::size_t chunk_bytes = 1000)
      : text_(std::move(text)), chunk_bytes_(chunk_bytes) {}
  [[nodiscard]] std::uint64_t size() const override { return text_.size(); }
  io::Task<base::Result<std::string_view>> next() override;
  void rewind() override { at_ = 0; }
  std::size_t fail_at = SIZE_MAX;  // reading breaks here

 private:
  std::string text_;
  std::size_t chunk_bytes_;
  std::size_t at_ = 0;
};

// TLS without cryptography: the scripts go on in plain text after 220.
class FakeTls final : public io::TlsClient {
 public:
  io::Task<io::Network::StreamResult> connect(std::unique_ptr<io::Stream> stream,
                                              io::TlsClientOptions options) override;
  bool broken = false;
  bool trusted = true;  // the server's certificate
  io::TlsBinding binding;
  int handshakes = 0;
};

class EventLog final : public base::EventSink {
 public:
  void emit(const base::Event& event) override { events.push_back(event); }
  std::vector<base::Event> events;
};

// Lines: "> text" sends it, ">> octets" sends them without CRLF, "< text" expects a line ('*' at
// the end is any rest), "<text" takes a message up to its dot, "hang", "reset", "close", and what
// own_step() knows. After the last line QUIT is answered, and anything else is a problem.
using Script = std::vector<std::string>;

class DeliveryTest : public testing::Test {
 protected:
  DeliveryTest();
  ~DeliveryTest() override;

  // Each connection to that address follows the next script.
  void serve(const std::string& address, std::vector<Script> scripts, std::uint16_t port = 25);
  // The same on a socket file of our own machine.
  void serve_unix(const std::string& path, std::vector<Script> scripts);
  // To these recipients, in one parcel.
  std::vector<queue::Outcome> deliver(const std::vector<std::string>& to,
                                      std::string text = "Subject: x\r\n\r\nHello\r\n");
  std::vector<queue::Outcome> deliver_body(const std::vector<std::string>& to, MemoryBody& body);
  [[nodiscard]] queue::Outcome deliver_one(const std::string& to);
  void restart_with_settings();

  // A line of a script that is none of the fixture's; nothing: it is.
  virtual io::Task<std::optional<bool>> own_step(io::sim::Peer* /*peer*/, std::string /*line*/) {
    co_return std::nullopt;
  }

  static const Script greeting;  // up to and with the reply to EHLO, with PIPELINING

  io::sim::World world{1};
  io::sim::Host us{world, {"192.0.2.10", "2001:db8::10"}};
  FakeDirectory directory;
  dns::ZoneResolver zone{"", &us.doors().clock};
  std::shared_ptr<FakeTls> tls = std::make_shared<FakeTls>();
  EventLog events;
  base::Metrics metrics;
  std::shared_ptr<Settings> settings = std::make_shared<Settings>();
  std::shared_ptr<queue::MessageInfo> info = std::make_shared<queue::MessageInfo>();
  std::unique_ptr<Dispatcher> dispatcher;
  std::map<std::string, std::string> return_paths;  // of recipients that have one

  std::vector<std::string> problems;
  std::vector<std::string> texts;  // that servers took, in order
  int connections = 0;             // that servers accepted

 private:
  static io::Task<void> accept(DeliveryTest* test, std::unique_ptr<io::Listener> listener,
                               std::vector<Script> scripts);
  static io::Task<void> play(DeliveryTest* test, std::unique_ptr<io::Stream> stream, Script script);
  static io::Task<bool> step(DeliveryTest* test, io::sim::Peer* peer, std::string line);

  std::map<std::string, std::unique_ptr<io::sim::Host>> servers_;
  io::TaskGroup tasks_;
};

// "delivered", "deferred", "failed" and the reply.
std::string text_of(const queue::Outcome& outcome);

}  // namespace delivery
