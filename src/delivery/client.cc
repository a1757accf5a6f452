// See client.h.
#include "delivery/client.h"

#include <fmt/format.h>

#include <utility>

#include "lib/base/text.h"
#include "lib/io/deadline.h"
#include "lib/smtp/limits.h"

namespace delivery {

Client::Client(io::Clock& clock, std::unique_ptr<io::Stream> stream, Target target)
    : clock_(clock), stream_(std::move(stream)), target_(std::move(target)) {}

void Client::put_stream(std::unique_ptr<io::Stream> stream) {
  stream_ = std::move(stream);
  reader_ = smtp::ReplyReader();
  offers = {};  // RFC 3207 §4.2: what was learnt in plain does not count
}

io::Task<base::Result<smtp::Reply>> Client::read_reply(base::Duration timeout) {
  if (!unread_.empty()) {
    const auto status = reader_.feed(unread_);
    if (status != smtp::ReplyReader::Status::need_more) co_return parsed(status);
  }
  auto reply = co_await io::with_timeout(clock_, timeout, read_more());
  if (!reply) usable_ = false;
  co_return reply;
}

io::Task<base::Result<smtp::Reply>> Client::read_more() {
  if (!stream_) co_return base::fail(base::ErrorKind::closed, "there is no connection");
  for (;;) {
    const auto bytes = co_await stream_->read_some(buffer_);
    if (!bytes) co_return std::unexpected(bytes.error());
    unread_ = {buffer_.data(), *bytes};
    const auto status = reader_.feed(unread_);
    if (status != smtp::ReplyReader::Status::need_more) co_return parsed(status);
  }
}

base::Result<smtp::Reply> Client::parsed(smtp::ReplyReader::Status status) {
  if (status == smtp::ReplyReader::Status::malformed) {
    usable_ = false;
    return base::fail(base::ErrorKind::invalid, reader_.error());
  }
  smtp::Reply reply = reader_.take();
  // RFC 5321 §4.2.3: with a 421 the server closes the connection.
  if (reply.code == 421) usable_ = false;
  return reply;
}

io::Task<base::Result<>> Client::write(std::span<const std::string_view> pieces,
                                       base::Duration timeout) {
  auto written = co_await io::with_timeout(clock_, timeout, write_all(pieces));
  if (!written) usable_ = false;
  co_return written;
}

io::Task<base::Result<>> Client::write_all(std::span<const std::string_view> pieces) {
  if (!stream_) co_return base::fail(base::ErrorKind::closed, "there is no connection");
  co_return co_await stream_->write(pieces);
}

io::Task<base::Result<smtp::Reply>> Client::command(std::string line, base::Duration timeout) {
  const std::array<std::string_view, 1> pieces{line};
  const auto written = co_await write(pieces, timeout);
  if (!written) co_return std::unexpected(written.error());
  co_return co_await read_reply(timeout);
}

io::Task<void> say_goodbye(std::unique_ptr<Client> client) {
  // RFC 5321 §4.1.1.10: the client sends QUIT and waits for the reply; more than this is not its
  // due.
  const auto reply = co_await client->command("QUIT\r\n", smtp::quit_timeout);
  static_cast<void>(reply);
}

}  // namespace delivery
