// See server_world.h.
#include "tests/fuzz/kit/server_world.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/base/check.h"
#include "lib/base/text.h"
#include "tests/fuzz/kit/conversation.h"
#include "tests/fuzz/kit/plain_tls.h"

namespace fuzz {
namespace {

using namespace std::chrono_literals;

constexpr const char* server_address = "192.0.2.1";
constexpr const char* folders[] = {"you/new/",       "back/new/",       "other/new/",
                                   "you/.Junk/new/", "back/.Junk/new/", "other/.Junk/new/"};
constexpr std::size_t connections_max = 4;  // of one input
// Client and sender have what can be found; other.test cannot be reached.
constexpr std::string_view zone = R"(
  9.100.51.198.in-addr.arpa PTR client.test
  client.test A 198.51.100.9
  client.test TXT "v=spf1 ip4:198.51.100.9 -all"
  forged.test TXT "v=spf1 -all"
  _dmarc.forged.test TXT "v=DMARC1; p=reject"
  test._domainkey.client.test TXT "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
  other.test MX 10 mx.other.test
  mx.other.test A 203.0.113.1
)";
// "pencil", made once: a verifier takes milliseconds.
constexpr const char* verifier =
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:"
    "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";

void make_small(sim::Home& home) {
  session::Settings& session = home.config.session;
  session.message_bytes_max = 65'536;
  session.recipients_max = 20;
  session.command_line_bytes_max = 600;
  session.text_line_bytes_max = 4'000;
  session.errors_max = 10;
  session.tls_timeout = 5s;
  home.config.queue.body_memory_bytes_max = 4'096;
  home.config.queue.draft_chunk_bytes = 2'048;
  home.config.policy.guard.on = false;  // an input shall not be shut out for what others did
  home.config.policy.client.rates = {.connections_per_minute_max = 0,
                                     .messages_per_minute_max = 0,
                                     .recipients_per_minute_max = 0,
                                     .unknown_recipients_per_hour_max = 0};
  home.contents.mailboxes.emplace_back("j\xc3\xb6rg@home.test");
  home.contents.logins.push_back({.login = "you@home.test", .verifier = verifier});
  home.tls_server = plain_tls_server();
}

// RFC 5321 §4.2: three digits, a hyphen where more lines follow, text, CRLF.
bool is_reply_line(std::string_view line) {
  return line.size() >= 4 && line[0] >= '2' && line[0] <= '5' && base::is_digit(line[1]) &&
         base::is_digit(line[2]) && (line[3] == ' ' || line[3] == '-') &&
         std::ranges::none_of(line, [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; });
}

// Of "250 2.0.0 Message ID is safe on disk", which LMTP says once for each recipient.
std::set<std::string> promised_ids(std::string_view heard) {
  constexpr std::string_view before = "Message ";
  constexpr std::string_view behind = " is safe on disk";
  std::set<std::string> ids;
  for (std::string_view line : base::split(heard, '\n')) {
    const std::size_t from = line.rfind(before);
    const std::size_t to = line.rfind(behind);
    if (!line.starts_with("250 2.0.0 ") || from == line.npos || to == line.npos) continue;
    ids.emplace(line.substr(from + before.size(), to - from - before.size()));
  }
  return ids;
}

std::string field_of(const base::Event& event, std::string_view name) {
  for (const auto& [key, value] : event.fields) {
    if (key == name) return value;
  }
  return {};
}

// "a@home.test, \"b, c\"@home.test": no other domain.
bool are_ours(std::string_view recipients) {
  bool quoted = false;
  for (std::size_t i = 0; i < recipients.size(); ++i) {
    if (quoted && recipients[i] == '\\') {
      ++i;
    } else if (recipients[i] == '"') {
      quoted = !quoted;
    } else if (recipients[i] == '@' && !quoted) {
      const std::string_view domain = recipients.substr(i + 1);
      if (domain.substr(0, domain.find(',')) != "home.test") return false;
    }
  }
  return true;
}

struct Talk {
  io::sim::Host& client;
  io::Endpoint to;
  std::string heard;
};

io::Task<void> talk(Talk* talk, std::string_view input) {
  io::Doors doors = talk->client.doors();
  for (std::size_t i = 0; i < connections_max; ++i) {
    auto stream = co_await doors.network.connect(talk->to, std::nullopt);
    CHECK(stream.has_value(), "the server listens");
    const std::size_t end = input.find(hang_up);
    Conversation conversation(doors.clock, std::move(*stream));
    co_await conversation.run(steps_of(input.substr(0, end == input.npos ? end : end + 1)));
    // Who hung up did not read to the end of a line.
    if (end == input.npos) {
      talk->heard += conversation.heard();
      co_return;
    }
    talk->heard += conversation.heard().substr(0, conversation.heard().rfind('\n') + 1);
    input.remove_prefix(end + 1);
  }
}

}  // namespace

session::ListenerSetting& add_listener(sim::Home& home, std::uint16_t port, session::Role role) {
  session::ListenerSetting listener;
  listener.name = fmt::format("port-{}", port);
  listener.at = {.address = *io::IpAddress::parse(server_address), .port = port};
  listener.role = role;
  listener.tls = session::Tls::none;
  return home.config.session.listeners.emplace_back(std::move(listener));
}

ServerWorld::ServerWorld(const Prepare& prepare) : home_(world_, server_address, zone) {
  world_.internet().options().trace_octets = false;
  make_small(home_);
  prepare(home_);
  CHECK(home_.start().has_value(), "the server starts");
}

ServerWorld::~ServerWorld() = default;

void ServerWorld::converse(std::uint16_t port, std::string_view input) {
  home_.events().events.clear();
  Talk conversation{client_, {*io::IpAddress::parse(server_address), port}, {}};
  world_.run(talk(&conversation, input));
  world_.run_for(2s);  // to the mailboxes
  check_replies(conversation.heard);
  check_promised(conversation.heard);
  check_accepted(base::lower(input).contains("binarymime"));
  forget_messages();
  CHECK(home_.host().network().open_connections() == 0, "no session outlives its connection");
}

void ServerWorld::check_replies(std::string_view heard) const {
  CHECK(heard.empty() || heard.ends_with("\r\n"), "a reply ends with CRLF");
  for (std::string_view line : base::split(heard, '\n')) {
    if (line.empty()) continue;
    CHECK(line.ends_with('\r'), "a line of a reply ends with CRLF");
    CHECK(is_reply_line(line.substr(0, line.size() - 1)), "a line of a reply");
  }
}

// Invariant 1: what was answered 250 is in a mailbox, or waits, or was ended by a decision.
void ServerWorld::check_promised(std::string_view heard) {
  in_maildirs_.clear();
  const io::sim::Disk& disk = home_.host().disk();
  for (const std::string& path : mail_files()) in_maildirs_.insert(disk.content(path));
  for (const std::string& id : promised_ids(heard)) {
    CHECK(is_kept(id), "answered 250 and neither delivered nor in the queue");
  }
}

bool ServerWorld::is_kept(const std::string& id) {
  for (const base::Event& event : home_.events().events) {
    if (event.name == "message.discarded" && event.message.text() == id) return true;
  }
  if (std::ranges::any_of(in_maildirs_, [&id](const auto& file) { return file.contains(id); })) {
    return true;
  }
  const auto waiting =
      world_.run(home_.assembly().queue().list({.id = *base::MessageId::parse(id)}, 1));
  return !waiting.empty();
}

// Invariants 5 and 6.
void ServerWorld::check_accepted(bool binary) {
  for (const base::Event& event : home_.events().events) {
    if (event.name != "message.accepted" || !field_of(event, "account").empty()) continue;
    CHECK(are_ours(base::lower(field_of(event, "to"))), "a stranger does not relay");
  }
  for (const std::string& file : in_maildirs_) {
    CHECK(binary || has_whole_lines_only(file), "a bare CR or LF was taken");
  }
}

std::vector<std::string> ServerWorld::mail_files() {
  std::vector<std::string> paths;
  for (const char* folder : folders) {
    const std::string whole = fmt::format("/mail/home.test/{}", folder);
    for (const std::string& name : home_.host().disk().names(whole)) paths.push_back(whole + name);
  }
  return paths;
}

void ServerWorld::forget_messages() {
  (void)world_.run(
      home_.assembly().queue().operate(queue::Operation::remove, {}, "the next input", false));
  io::Files& files = home_.host().doors().files;
  for (const std::string& path : mail_files()) {
    CHECK(files.remove(path).has_value(), "the simulated disk works");
  }
  world_.run_for(1s);
}

void converse(const ServerWorld::Prepare& prepare, std::uint16_t port, std::string_view input) {
  static std::unique_ptr<ServerWorld> world;
  static unsigned conversations = 0;
  if (world == nullptr || ++conversations > ServerWorld::conversations_max) {
    world.reset();
    world = std::make_unique<ServerWorld>(prepare);
    conversations = 0;
  }
  world->converse(port, input);
}

}  // namespace fuzz
