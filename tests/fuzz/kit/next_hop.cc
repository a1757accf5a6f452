// See next_hop.h.
#include "tests/fuzz/kit/next_hop.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <vector>

#include "delivery/couriers.h"
#include "lib/base/check.h"
#include "lib/base/text.h"
#include "lib/dns/zone_resolver.h"
#include "lib/smtp/data_reader.h"
#include "tests/fuzz/kit/conversation.h"
#include "tests/fuzz/kit/plain_tls.h"
#include "tests/sim/home.h"

namespace fuzz {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view zone = R"(
  peer.test MX 10 mx1.peer.test
  peer.test MX 20 mx2.peer.test
  mx1.peer.test A 198.51.100.3
  mx2.peer.test A 198.51.100.3
  relay.test A 198.51.100.3
)";
constexpr std::uint16_t ports[] = {24, 25, 465};

class NoEvents final : public base::EventSink {
 public:
  void emit(const base::Event& /*event*/) override {}
};

class MemoryBody final : public queue::BodyReader {
 public:
  explicit MemoryBody(std::string_view text) : text_(text) {}
  [[nodiscard]] std::uint64_t size() const override { return text_.size(); }
  io::Task<base::Result<std::string_view>> next() override {
    const std::string_view chunk = text_.substr(at_, 100);
    at_ += chunk.size();
    co_return chunk;
  }
  void rewind() override { at_ = 0; }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

// What is sent, by the first octet of the input.
struct Letter {
  char name;
  std::string_view text;
  void (*dress)(message::Envelope& envelope);
};

constexpr Letter letters[] = {
    {'a', "Subject: x\r\n\r\n.Hello\r\n..\r\n.\r\nlast\r\n", [](message::Envelope&) {}},
    {'8', "Subject: x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nGr\xc3\xbc\xc3\x9f e\r\n",
     [](message::Envelope& envelope) { envelope.eight_bit = true; }},
    {'u', "Subject: Gr\xc3\xbc\xc3\x9f e\r\n\r\nHello\r\n",
     [](message::Envelope& envelope) { envelope.smtputf8 = envelope.eight_bit = true; }},
    {'b', "Subject: x\r\nContent-Transfer-Encoding: binary\r\n\r\na\rb\nc\x80\r\n.\r\n",
     [](message::Envelope& envelope) { envelope.binary = envelope.eight_bit = true; }},
    {'d', "Subject: x\r\n\r\nHello\r\n",
     [](message::Envelope& envelope) {
       envelope.ret = message::Envelope::Ret::headers;
       envelope.envid = "QQ314159";
       envelope.priority = 3;
       envelope.by = {.mode = message::DeliverBy::Mode::notify, .trace = true, .deadline = {}};
       for (auto& recipient : envelope.recipients) {
         recipient.notify = message::notify_success | message::notify_failure;
         recipient.orcpt = "rfc822;first@elsewhere.test";
       }
     }},
    {'t', "Subject: x\r\n\r\nHello\r\n",
     [](message::Envelope& envelope) { envelope.require_tls = true; }},
};

const Letter& letter_of(char name) {
  const auto* const found = std::ranges::find(letters, name, &Letter::name);
  return found == std::end(letters) ? letters[0] : *found;
}

// The octets that followed a DATA or a last BDAT of ours, read as a server reads them, are this
// text.
bool was_sent(std::string_view heard, std::string_view text) {
  for (std::size_t at = 0; (at = heard.find("DATA\r\n", at)) != heard.npos;) {
    at += 6;
    smtp::DataReader reader;
    std::string message;
    reader.feed(heard.substr(at), message);
    if (reader.done() && message == text) return true;
  }
  for (std::size_t at = 0; (at = heard.find(" LAST\r\n", at)) != heard.npos;) {
    at += 7;
    if (heard.substr(at).starts_with(text)) return true;
  }
  return false;
}

// Everything but the Dispatcher lives as long as the process.
class Place {
 public:
  Place();
  ~Place() { world_.run(accepting_.stop()); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  void deliver(const HopSettings& settings, const Letter& letter, std::string_view script);

 private:
  io::Task<void> accept(io::Listener* listener);
  io::Task<void> converse(std::unique_ptr<io::Stream> stream);
  [[nodiscard]] queue::Parcel parcel(const Letter& letter, bool local);
  void check(const HopSettings& settings, const Letter& letter, std::string_view script,
             const std::vector<queue::Outcome>& outcomes) const;

  io::sim::World world_{1};
  io::sim::Host us_{world_, {"192.0.2.10"}};
  io::sim::Host hop_{world_, {"198.51.100.3"}};
  dns::ZoneResolver resolver_{zone, &us_.doors().clock};
  sim::FixedDirectory directory_{
      {.domains = {"home.test"}, .mailboxes = {"you@home.test", "back@home.test"}},
      us_.doors().clock.wall()};
  NoEvents events_;
  std::deque<std::unique_ptr<io::Listener>> listeners_;
  io::TaskGroup accepting_;
  std::string_view script_;  // what is left of it
  std::string heard_;        // that we said on all connections
};

Place::Place() {
  world_.internet().options().trace_octets = false;
  world_.set_steps_max(200'000);
  for (const std::uint16_t port : ports) {
    auto listener = hop_.doors().network.listen({*io::IpAddress::parse("198.51.100.3"), port}, {});
    CHECK(listener.has_value(), "a fresh host has its ports free");
    accepting_.spawn(accept(listeners_.emplace_back(std::move(*listener)).get()));
  }
}

io::Task<void> Place::accept(io::Listener* listener) {
  for (;;) {
    auto stream = co_await listener->accept();
    if (!stream) co_return;
    accepting_.spawn(converse(std::move(*stream)));
  }
}

io::Task<void> Place::converse(std::unique_ptr<io::Stream> stream) {
  const std::size_t end = script_.find(hang_up);
  const std::string_view part = script_.substr(0, end == script_.npos ? end : end + 1);
  if (end != script_.npos) script_.remove_prefix(end + 1);
  Conversation conversation(hop_.doors().clock, std::move(stream));
  co_await conversation.run(steps_of(part));
  heard_ += conversation.heard();
}

queue::Parcel Place::parcel(const Letter& letter, bool local) {
  auto info = std::make_shared<queue::MessageInfo>();
  info->id = {12345};
  info->accepted = us_.doors().clock.wall();
  info->envelope.sender = {"back", "home.test"};
  for (const char* name : {"you", "back"}) {
    const message::Address address{name, local ? "home.test" : "peer.test"};
    info->envelope.recipients.push_back({address, address, {}});
  }
  letter.dress(info->envelope);
  if (info->envelope.by.given()) info->envelope.by.deadline = info->accepted + 1h;
  queue::Parcel parcel;
  parcel.message = std::move(info);
  parcel.recipients = {0, 1};
  return parcel;
}

void Place::deliver(const HopSettings& settings, const Letter& letter, std::string_view script) {
  script_ = script;
  heard_.clear();
  base::Metrics metrics;
  delivery::Dispatcher dispatcher(
      delivery::Parts{us_.doors(), resolver_, directory_, plain_tls_client(settings.trusted),
                      events_, metrics},
      std::make_shared<delivery::Settings>(settings.delivery));
  MemoryBody body(letter.text);
  queue::Parcel parcel = this->parcel(letter, !settings.delivery.lmtp.empty());
  parcel.destination = dispatcher.destination(parcel.message->envelope.recipients[0].address);
  parcel.body = &body;
  const base::Instant began = world_.now();
  const auto outcomes = world_.run(dispatcher.deliver(parcel));
  CHECK(world_.now() - began <= settings.delivery.attempt_timeout + 1min, "a deadline for all");
  world_.run(dispatcher.stop());
  world_.run_for(24h);  // those who still talk give up
  check(settings, letter, script, outcomes);
  CHECK(us_.network().open_connections() == 0, "no connection is forgotten");
}

void Place::check(const HopSettings& settings, const Letter& letter, std::string_view script,
                  const std::vector<queue::Outcome>& outcomes) const {
  CHECK(outcomes.size() == 2 && outcomes[0].recipient != outcomes[1].recipient,
        "one outcome for each recipient");
  for (const queue::Outcome& outcome : outcomes) {
    CHECK(outcome.attempt.reply.code != 0 || outcome.result != queue::Result::failed, "a reason");
    if (outcome.result == queue::Result::delivered) {
      CHECK(script.contains('2'), "nobody said yes");
      CHECK(letter.name != 'a' || was_sent(heard_, letter.text), "delivered and not sent whole");
    }
    if (outcome.result == queue::Result::failed && letter.name == 'a') {
      CHECK(script.contains('5'), "nobody said no");
    }
  }
  if (settings.secret) {
    const std::string plain = base::base64(std::string("\0me\0", 4) + hop_password);
    CHECK(!heard_.contains(plain) && !heard_.contains(base::base64(hop_password)),
          "the password is not shown");
  }
}

}  // namespace

void deliver_to_hop(const HopSettings& settings, std::string_view input) {
  static Place place;
  const char name = input.empty() ? 'a' : input.front();
  place.deliver(settings, letter_of(name), input.substr(std::min<std::size_t>(1, input.size())));
}

HopSettings hop_settings() {
  HopSettings settings;
  settings.delivery.hostname = "us.test";
  settings.delivery.mail_folder = "/mail";
  return settings;
}

delivery::RouteSetting relay_route() {
  delivery::RouteSetting route;
  route.domain = "*";
  route.host = "relay.test";
  route.port = 465;
  route.implicit_tls = true;
  route.tls = delivery::TlsDemand::required;
  route.user = "me";
  route.password = hop_password;
  return route;
}

}  // namespace fuzz
