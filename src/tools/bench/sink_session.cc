// See sink_session.h.
#include "tools/bench/sink_session.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/io/clock.h"
#include "lib/io/deadline.h"
#include "lib/io/files.h"

namespace bench {
namespace {

constexpr base::Duration idle_timeout = std::chrono::minutes(10);
// With more sessions than this on a loop each reads its next command into a few octets of its own.
constexpr std::size_t sessions_with_buffers_max = 256;
// Slow reading takes this many small sips a second.
constexpr std::uint64_t sips_per_second = 10;

}  // namespace

io::Task<void> SinkSession::run() {
  parts_.counters.note_connection();
  parts_.counts_changed();
  if (co_await say(Stage::connect, "220 sink ESMTP\r\n") == Said::closed) co_return;
  using Status = smtp::CommandReader::Status;
  for (;;) {
    const Status status = reader_.feed(input_);
    if (status == Status::need_more) {
      if (!co_await fill()) co_return;
    } else if (status == Status::fault) {
      reader_.reply().append_wire(out_);
    } else {
      const smtp::Command command = smtp::parse_command(reader_.line());
      if (!co_await handle(command.verb, std::string(command.argument))) break;
    }
  }
  (void)co_await flush();
}

io::Task<bool> SinkSession::flush() {
  if (out_.empty()) co_return true;
  const auto sent = co_await stream_->write(out_);
  out_.clear();
  co_return sent.has_value();
}

io::Task<bool> SinkSession::fill() {
  if (!co_await flush()) co_return false;
  const bool want_large = parts_.sessions <= sessions_with_buffers_max || in_text_;
  if (want_large && !large_) large_ = parts_.buffers.take();
  if (!want_large && large_) large_ = BufferPool::Buffer();
  std::span<char> room = large_ ? large_.span() : std::span<char>(small_);
  const std::uint64_t pace = parts_.settings.tarpit_bytes_per_second;
  if (pace > 0) room = room.first(std::clamp<std::size_t>(pace / sips_per_second, 1, room.size()));
  const auto got =
      co_await io::with_timeout(parts_.doors.clock, idle_timeout, stream_->read_some(room));
  if (!got) co_return false;
  input_ = {room.data(), *got};
  if (pace > 0) {
    const base::Duration took(*got * 1'000'000 / pace);
    if (!co_await io::sleep_for(parts_.doors.clock, took)) co_return false;
  }
  co_return true;
}

// The answer at this stage, as the rules want it.
io::Task<SinkSession::Said> SinkSession::say(Stage stage, std::string_view text) {
  const Reaction reaction = parts_.settings.behaviour.react(stage, parts_.dice);
  if (reaction.delay.count() > 0) {
    if (!co_await flush()) co_return Said::closed;
    if (!co_await io::sleep_for(parts_.doors.clock, reaction.delay)) co_return Said::closed;
  }
  if (reaction.close) {
    (void)co_await flush();
    co_return Said::closed;
  }
  if (!reaction.code) {
    out_ += text;
    co_return Said::yes;
  }
  const int code = *reaction.code;
  fmt::format_to(std::back_inserter(out_), "{} {}.3.0 As the sink was told\r\n", code, code / 100);
  parts_.counters.note_refusal();
  parts_.counts_changed();
  if (code != 421) co_return Said::refused;
  (void)co_await flush();  // RFC 5321 §3.8: 421 ends the connection
  co_return Said::closed;
}

void SinkSession::reset() {
  mail_ = false;
  recipients_ = 0;
  in_text_ = in_bdat_ = false;
  inspection_ = Inspection();
  kept_.clear();
  kept_too_long_ = false;
}

// False ends the connection.
io::Task<bool> SinkSession::handle(smtp::Verb verb, std::string argument) {
  switch (verb) {
    case smtp::Verb::helo: co_return co_await hello(false);
    case smtp::Verb::ehlo: co_return co_await hello(true);
    case smtp::Verb::starttls: co_return co_await start_tls();
    case smtp::Verb::mail: co_return co_await envelope(Stage::mail);
    case smtp::Verb::rcpt: co_return co_await envelope(Stage::rcpt);
    case smtp::Verb::data: co_return co_await data();
    case smtp::Verb::bdat: co_return co_await bdat(std::move(argument));
    case smtp::Verb::rset:
      reset();
      out_ += "250 2.0.0 Ok\r\n";
      co_return true;
    case smtp::Verb::noop: out_ += "250 2.0.0 Ok\r\n"; co_return true;
    case smtp::Verb::quit: out_ += "221 2.0.0 Bye\r\n"; co_return false;
    default: out_ += "502 5.5.1 Not implemented\r\n"; co_return true;
  }
}

io::Task<bool> SinkSession::hello(bool extended) {
  std::string text = "250 sink\r\n";
  if (extended) {
    text = "250-sink\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n";
    if (parts_.settings.pipelining) text += "250-PIPELINING\r\n";
    if (parts_.settings.chunking) text += "250-CHUNKING\r\n";
    if (parts_.settings.tls && stream_->tls() == nullptr) text += "250-STARTTLS\r\n";
    text += fmt::format("250 SIZE {}\r\n", message_bytes_max);
  }
  reset();
  co_return co_await say(Stage::ehlo, text) != Said::closed;
}

io::Task<bool> SinkSession::start_tls() {
  if (!parts_.settings.tls || stream_->tls() != nullptr) {
    out_ += "503 5.5.1 No TLS now\r\n";
    co_return true;
  }
  out_ += "220 2.0.0 Go ahead\r\n";
  if (!co_await flush()) co_return false;
  input_ = {};  // what came in clear counts for nothing (RFC 3207 §4.2)
  reader_.reset();
  reset();
  auto secured = co_await io::with_timeout(parts_.doors.clock, idle_timeout,
                                           parts_.settings.tls->accept(std::move(stream_)));
  if (!secured) co_return false;
  stream_ = std::move(*secured);
  co_return true;
}

io::Task<bool> SinkSession::envelope(Stage stage) {
  const bool rcpt = stage == Stage::rcpt;
  if (mail_ != rcpt) {
    out_ += rcpt ? "503 5.5.1 MAIL comes first\r\n" : "503 5.5.1 There was a MAIL\r\n";
    co_return true;
  }
  const Said said = co_await say(stage, "250 2.1.0 Ok\r\n");
  if (said == Said::yes && rcpt) ++recipients_;
  if (said == Said::yes && !rcpt) mail_ = true;
  co_return said != Said::closed;
}

void SinkSession::feed(std::string_view octets) {
  inspection_.feed(octets);
  if (parts_.settings.folder.empty()) return;
  kept_too_long_ = kept_too_long_ || kept_.size() + octets.size() > kept_bytes_max;
  if (!kept_too_long_) kept_ += octets;
}

io::Task<bool> SinkSession::data() {
  if (recipients_ == 0 || in_bdat_) {
    out_ += "503 5.5.1 Without recipients there is no message\r\n";
    co_return true;
  }
  const Said said = co_await say(Stage::data, "354 Go ahead\r\n");
  if (said != Said::yes) co_return said != Said::closed;
  if (!co_await flush()) co_return false;
  in_text_ = true;
  smtp::DataReader text({.size_max = message_bytes_max});
  while (!text.done()) {
    parts_.scratch.clear();
    input_.remove_prefix(text.feed(input_, parts_.scratch));
    feed(parts_.scratch);
    if (!text.done() && !co_await fill()) co_return false;
  }
  if (const auto fault = text.fault()) {
    smtp::fault_reply(*fault).append_wire(out_);
    parts_.counters.note_refusal();
    parts_.counts_changed();
    reset();
    co_return true;
  }
  co_return co_await end_of_message();
}

io::Task<bool> SinkSession::bdat(std::string argument) {
  const auto chunk = smtp::parse_bdat(argument);
  if (!chunk) {
    chunk.error().append_wire(out_);
    co_return false;  // how much follows is not known
  }
  const bool wanted = recipients_ > 0 && parts_.settings.chunking;
  in_text_ = in_bdat_ = true;
  for (std::uint64_t left = chunk->size; left > 0;) {
    const std::string_view now = input_.substr(0, std::min<std::uint64_t>(left, input_.size()));
    if (wanted) feed(now);
    input_.remove_prefix(now.size());
    left -= now.size();
    if (left > 0 && !co_await fill()) co_return false;
  }
  if (!wanted) {
    reset();
    out_ += "503 5.5.1 Without recipients there is no message\r\n";
    co_return true;
  }
  if (chunk->last) co_return co_await end_of_message();
  out_ += "250 2.0.0 Chunk taken\r\n";
  co_return true;
}

io::Task<bool> SinkSession::end_of_message() {
  const Finding finding = inspection_.finish();
  if (const auto kept = keep(); !kept) {
    std::fprintf(stderr, "stagepost: %s\n", kept.error().detail.c_str());
    out_ += "451 4.3.0 The message could not be kept\r\n";
    parts_.counters.note_refusal();
    reset();
    co_return true;
  }
  const Said said = co_await say(Stage::end, "250 2.0.0 Taken\r\n");
  if (said == Said::yes) {
    parts_.counters.note_message(finding);
    parts_.counts_changed();
  }
  reset();
  co_return said != Said::closed;
}

// A file for each message, unsynced; what Behaviour refuses afterwards is there, too.
base::Result<> SinkSession::keep() {
  if (parts_.settings.folder.empty()) return {};
  if (kept_too_long_) return base::fail(base::ErrorKind::limit, "a message is too long to keep");
  const std::uint64_t number = parts_.next_file.fetch_add(1, std::memory_order_relaxed);
  auto file = parts_.doors.files.open(fmt::format("{}/{:09}.eml", parts_.settings.folder, number),
                                      io::OpenMode::create);
  if (!file) return std::unexpected(std::move(file.error()));
  if (auto cut = (*file)->truncate(0); !cut) return cut;
  const std::string_view all = kept_;
  return (*file)->write_at(0, {&all, 1});
}

}  // namespace bench
