// Tests of delivery/: what they share.
#include "delivery/fixture_test.h"

#include "lib/io/clock.h"

namespace delivery {
namespace {

// A stream that says it is encrypted.
class FakeTlsStream final : public io::Stream {
 public:
  FakeTlsStream(std::unique_ptr<io::Stream> below, const io::TlsClientOptions& options,
                const FakeTls& tls)
      : below_(std::move(below)), binding_(tls.binding) {
    info_.protocol = "TLSv1.3";
    info_.cipher = "FAKE";
    info_.server_name = options.server_name;
    info_.verified = tls.trusted;
    if (!tls.trusted) info_.verify_error = "self-signed certificate";
  }
  io::Task<base::Result<std::size_t>> read_some(std::span<char> into) override {
    return below_->read_some(into);
  }
  io::Task<base::Result<>> wait_readable() override { return below_->wait_readable(); }
  io::Task<base::Result<>> write(std::span<const std::string_view> pieces) override {
    return below_->write(pieces);
  }
  io::Task<base::Result<>> shutdown() override { return below_->shutdown(); }
  [[nodiscard]] io::Endpoint local() const override { return below_->local(); }
  [[nodiscard]] io::Endpoint peer() const override { return below_->peer(); }
  [[nodiscard]] const io::TlsInfo* tls() const override { return &info_; }
  [[nodiscard]] io::TlsBinding tls_binding() const override { return binding_; }

 private:
  std::unique_ptr<io::Stream> below_;
  io::TlsInfo info_;
  io::TlsBinding binding_;
};

}  // namespace

const directory::Mailbox* FakeDirectory::mailbox(const message::Address& address) const {
  const auto found =
      mailboxes.find(message::local_key(address.local) + "@" + message::domain_key(address.domain));
  return found == mailboxes.end() ? nullptr : &found->second;
}

io::Task<base::Result<std::string_view>> MemoryBody::next() {
  if (at_ >= fail_at) co_return base::fail(base::ErrorKind::io, "the disk is broken");
  const std::string_view chunk = std::string_view(text_).substr(at_, chunk_bytes_);
  at_ += chunk.size();
  co_return chunk;
}

io::Task<io::Network::StreamResult> FakeTls::connect(std::unique_ptr<io::Stream> stream,
                                                     io::TlsClientOptions options) {
  ++handshakes;
  if (broken) co_return base::fail(base::ErrorKind::tls, "handshake failure");
  if (options.must_verify && !trusted) {
    co_return base::fail(base::ErrorKind::tls, "self-signed certificate");
  }
  co_return std::make_unique<FakeTlsStream>(std::move(stream), options, *this);
}

const Script DeliveryTest::greeting = {"> 220 mx", "< EHLO us.example", "> 250-mx",
                                       "> 250-PIPELINING", "> 250 8BITMIME"};

DeliveryTest::DeliveryTest() {
  settings->hostname = "us.example";
  settings->mail_folder = "/mail";
  directory.mailboxes = {{"you@demo.test", {"you@demo.test"}}, {"me@demo.test", {"me@demo.test"}}};
  info->id = {12345};
  info->accepted = base::Time(std::chrono::seconds(1'795'442'400));
  info->envelope.sender = {"sender", "demo.test"};
  restart_with_settings();
}

DeliveryTest::~DeliveryTest() {
  if (dispatcher) world.run(dispatcher->stop());
  tasks_.cancel();
  world.run(tasks_.join());
  for (const std::string& problem : problems) ADD_FAILURE() << problem;
}

void DeliveryTest::restart_with_settings() {
  if (dispatcher) world.run(dispatcher->stop());
  dispatcher.reset();
  dispatcher = std::make_unique<Dispatcher>(
      Parts{us.doors(), zone, directory, tls, events, metrics}, settings);
}

void DeliveryTest::serve(const std::string& address, std::vector<Script> scripts,
                         std::uint16_t port) {
  auto& host = servers_[address];
  if (!host) host = std::make_unique<io::sim::Host>(world, std::vector<std::string>{address});
  auto listener = host->doors().network.listen({*io::IpAddress::parse(address), port}, {});
  ASSERT_TRUE(listener);
  tasks_.spawn(accept(this, std::move(*listener), std::move(scripts)));
}

void DeliveryTest::serve_unix(const std::string& path, std::vector<Script> scripts) {
  auto listener = us.doors().network.listen_unix(path, 0600);
  ASSERT_TRUE(listener);
  tasks_.spawn(accept(this, std::move(*listener), std::move(scripts)));
}

io::Task<void> DeliveryTest::accept(DeliveryTest* test, std::unique_ptr<io::Listener> listener,
                                    std::vector<Script> scripts) {
  for (Script& script : scripts) {
    auto stream = co_await listener->accept();
    if (!stream) co_return;
    ++test->connections;
    test->tasks_.spawn(play(test, std::move(*stream), std::move(script)));
  }
}

io::Task<bool> DeliveryTest::step(DeliveryTest* test, io::sim::Peer* peer, std::string line) {
  if (const auto own = co_await test->own_step(peer, line)) co_return *own;
  if (line.starts_with(">> ")) co_return co_await peer->send(line.substr(3));
  if (line.starts_with("> ")) co_return co_await peer->send(line.substr(2) + "\r\n");
  if (line == "<text") {
    std::string text;
    for (std::string got; (got = co_await peer->read_line()) != ".";) {
      if (got.starts_with('<')) co_return false;  // "<closed>"
      text += got + "\n";
    }
    test->texts.push_back(text);
    co_return true;
  }
  if (line == "hang") {
    co_return (co_await io::sleep_for(test->us.doors().clock, std::chrono::hours(100))).has_value();
  }
  if (line == "reset") io::sim::reset(peer->stream());
  if (line == "reset" || line == "close") co_return false;
  const std::string got = co_await peer->read_line();
  const std::string want = line.substr(2);
  const bool matches =
      want.ends_with('*') ? got.starts_with(want.substr(0, want.size() - 1)) : got == want;
  if (!matches) test->problems.push_back("a server expected " + want + " and got " + got);
  co_return matches;
}

io::Task<void> DeliveryTest::play(DeliveryTest* test, std::unique_ptr<io::Stream> stream,
                                  Script script) {
  io::sim::Peer peer(std::move(stream));
  for (std::string& line : script) {
    if (!co_await step(test, &peer, std::move(line))) co_return;
  }
  const std::string last = co_await peer.read_line();
  if (last == "QUIT") co_await peer.send("221 bye\r\n");
  if (last != "QUIT" && last != "<closed>" && last != "<reset>" && last != "<cancelled>") {
    test->problems.push_back("after its script a server got " + last);
  }
}

std::vector<queue::Outcome> DeliveryTest::deliver(const std::vector<std::string>& to,
                                                  std::string text) {
  MemoryBody body(std::move(text));
  return deliver_body(to, body);
}

std::vector<queue::Outcome> DeliveryTest::deliver_body(const std::vector<std::string>& to,
                                                       MemoryBody& body) {
  queue::Parcel parcel;
  info->envelope.recipients.clear();
  for (const std::string& address : to) {
    parcel.recipients.push_back(info->envelope.recipients.size());
    info->envelope.recipients.push_back({*message::parse_address(address), {}, {}});
    if (const auto path = return_paths.find(address); path != return_paths.end()) {
      info->envelope.recipients.back().return_path = *message::parse_address(path->second);
    }
  }
  parcel.message = info;
  parcel.destination = dispatcher->destination(info->envelope, info->envelope.recipients[0]);
  parcel.body = &body;
  auto outcomes = world.run(dispatcher->deliver(parcel));
  std::ranges::sort(outcomes, {}, &queue::Outcome::recipient);
  EXPECT_EQ(outcomes.size(), to.size());
  return outcomes;
}

queue::Outcome DeliveryTest::deliver_one(const std::string& to) { return deliver({to}).at(0); }

std::string text_of(const queue::Outcome& outcome) {
  const char* const words[] = {"delivered ", "deferred ", "failed "};
  return words[static_cast<std::size_t>(outcome.result)] + outcome.attempt.reply.text();
}

}  // namespace delivery
