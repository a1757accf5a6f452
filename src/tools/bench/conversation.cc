// See conversation.h.
#include "tools/bench/conversation.h"

#include <fmt/format.h>

#include "lib/io/clock.h"

namespace bench {

io::Task<base::Result<smtp::Reply>> Conversation::open() {
  said_at_ = "the connection";
  auto connected = co_await doors_.network.connect(options_.to, source_);
  if (!connected) co_return std::unexpected(std::move(connected.error()));
  stream_ = std::move(*connected);
  if (options_.tls_mode == TlsMode::implicit) {
    if (auto done = co_await start_tls(); !done) co_return std::unexpected(done.error());
  }
  said_at_ = "the greeting";
  auto greeting = co_await reply();
  if (!greeting || !greeting->positive()) co_return greeting;
  auto answer = co_await hello();
  if (!answer || !answer->positive() || options_.tls_mode != TlsMode::starttls) co_return answer;
  said_at_ = "STARTTLS";
  if (!offered_.starttls) {
    co_return base::fail(base::ErrorKind::tls, "the server does not offer STARTTLS");
  }
  answer = co_await ask("STARTTLS");
  if (!answer || !answer->positive()) co_return answer;
  if (auto done = co_await start_tls(); !done) co_return std::unexpected(done.error());
  co_return co_await hello();
}

io::Task<base::Result<smtp::Reply>> Conversation::hello() {
  said_at_ = "EHLO";
  auto answer = co_await ask("EHLO " + options_.helo);
  if (answer && answer->positive()) offered_ = smtp::parse_ehlo(*answer);
  co_return answer;
}

io::Task<base::Result<>> Conversation::start_tls() {
  said_at_ = "the TLS handshake";
  unread_ = {};  // what came in clear after the answer counts for nothing (RFC 3207 §4.2)
  const base::Instant begin = doors_.clock.now();
  auto secured = co_await options_.tls->connect(
      std::move(stream_),
      {.server_name = {}, .must_verify = false, .sessions = options_.tls_sessions});
  if (!secured) co_return std::unexpected(std::move(secured.error()));
  stream_ = std::move(*secured);
  handshake_time_ = doors_.clock.now() - begin;
  co_return base::Result<>();
}

io::Task<base::Result<smtp::Reply>> Conversation::ask(std::string line) {
  line += "\r\n";
  if (auto sent = co_await stream_->write(line); !sent) co_return std::unexpected(sent.error());
  co_return co_await reply();
}

io::Task<base::Result<>> Conversation::write(std::span<const std::string_view> pieces) {
  return stream_->write(pieces);
}

io::Task<base::Result<smtp::Reply>> Conversation::reply() {
  using Status = smtp::ReplyReader::Status;
  for (;;) {
    const Status status = reader_.feed(unread_);
    if (status == Status::done) co_return reader_.take();
    if (status == Status::malformed) {
      co_return base::fail(base::ErrorKind::invalid, reader_.error());
    }
    buffer_.resize(reply_buffer_bytes);
    const auto got = co_await stream_->read_some(buffer_);
    if (!got) co_return std::unexpected(got.error());
    unread_ = std::string_view(buffer_).substr(0, *got);
  }
}

io::Task<void> Conversation::quit() {
  said_at_ = "QUIT";
  (void)co_await ask("QUIT");
}

std::string Conversation::tls_text() const {
  const io::TlsInfo* info = stream_ ? stream_->tls() : nullptr;
  return info == nullptr ? std::string() : fmt::format("{} {}", info->protocol, info->cipher);
}

}  // namespace bench
