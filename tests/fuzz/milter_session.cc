// Fuzz target: a whole conversation with a milter whose every packet is the input's, for one
// connection with one message. What it changes makes no line of ours begin or end elsewhere.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/check.h"
#include "lib/dns/zone_resolver.h"
#include "lib/io/sim/host.h"
#include "policy/filters/milter_conversation.h"
#include "tests/fuzz/kit/conversation.h"

namespace {

using namespace std::chrono_literals;

constexpr std::string_view header = "From: a@home.test\r\nSubject: x\r\n y\r\n";
constexpr std::string_view body = "Hello\r\n";

class Octets final : public policy::ReceivedOctets {
 public:
  explicit Octets(std::string text) : text_(std::move(text)) {}
  [[nodiscard]] std::uint64_t size() const override { return text_.size(); }
  io::Task<base::Result<std::string>> read(std::uint64_t offset, std::uint64_t length) override {
    co_return text_.substr(std::min<std::size_t>(offset, text_.size()), length);
  }

 private:
  std::string text_;
};

// A packet is written when the one before it has been answered, or a moment later: some answers
// are several packets.
std::vector<fuzz::Step> packets_of(std::string_view input) {
  std::vector<fuzz::Step> steps;
  while (!input.empty()) {
    std::size_t size = 4;
    for (std::size_t i = 0; i < 4 && i < input.size(); ++i) {
      size += static_cast<std::size_t>(static_cast<unsigned char>(input[i])) << (24 - 8 * i);
    }
    size = std::min(size, input.size());
    steps.push_back({input.substr(0, size), fuzz::new_packet});
    input.remove_prefix(size);
  }
  return steps;
}

class Place {
 public:
  Place() {
    world_.internet().options().trace_octets = false;
    auto listener = host_.doors().network.listen_unix("/milter", 0600);
    CHECK(listener.has_value(), "a fresh host has the name free");
    listener_ = std::move(*listener);
    tasks_.spawn(accept());
  }
  ~Place() { world_.run(tasks_.stop()); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  void converse(std::string_view input) {
    input_ = input;
    world_.run(judge());
    world_.run_for(24h);
    CHECK(host_.network().open_connections() == 0, "no connection is forgotten");
  }

 private:
  io::Task<void> accept() {
    for (;;) {
      auto stream = co_await listener_->accept();
      if (!stream) co_return;
      tasks_.spawn(answer(std::move(*stream)));
    }
  }
  io::Task<void> answer(std::unique_ptr<io::Stream> stream) {
    fuzz::Conversation conversation(host_.doors().clock, std::move(stream));
    co_await conversation.run(packets_of(input_));
  }

  // The moments of one connection, as the session comes to them.
  io::Task<void> judge() {
    policy::Transaction transaction;
    transaction.header = header;
    transaction.peer = *io::Endpoint::parse("198.51.100.9:4711");
    transaction.helo = "client.test";
    transaction.envelope.sender = {"a", "client.test"};
    transaction.envelope.recipients.push_back({{"you", "home.test"}, {"you", "home.test"}, {}});
    const std::string received = std::string(header) + "\r\n" + std::string(body);
    transaction.received_bytes = received.size();
    policy::MilterConversation talk({.doors = host_.doors(),
                                     .resolver = resolver_,
                                     .settings = settings(),
                                     .hostname = "mx.home.test",
                                     .replaced_body_bytes_max = 65'536});
    const message::Recipient recipient = transaction.envelope.recipients.front();
    check((co_await talk.at_connect(transaction, "client.test")));
    check((co_await talk.at_helo(transaction)));
    check((co_await talk.at_mail(transaction)));
    check((co_await talk.at_rcpt(transaction, recipient)));
    check((co_await talk.at_data(transaction)));
    if (!talk.done_with_message()) {
      Octets octets(received);
      const auto outcome =
          co_await talk.judge(transaction, policy::PassingMessage(transaction, {}), octets);
      auto content = message::Content::whole(received.size());
      content.apply(outcome.message.edits());
      CHECK(fuzz::has_whole_lines_only(content.assemble(received)), "a line ends with CRLF");
    }
    co_await talk.abort();
    co_await talk.end();
  }

  static policy::MilterSettings settings() {
    policy::MilterSettings settings;
    settings.address.path = "/milter";
    return settings;
  }
  static void check(const policy::MilterAnswer& answer) {
    CHECK(answer.kind != policy::MilterAnswer::Kind::refuse || answer.reply.temporary() ||
              answer.reply.permanent(),
          "a refusal refuses");
  }

  io::sim::World world_{1};
  io::sim::Host host_{world_, {"192.0.2.1"}};
  dns::ZoneResolver resolver_{"", &host_.doors().clock};
  std::unique_ptr<io::Listener> listener_;
  io::TaskGroup tasks_;
  std::string_view input_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Place place;
  place.converse({reinterpret_cast<const char*>(data), size});
  return 0;
}
