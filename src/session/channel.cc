// See channel.h.
#include "session/channel.h"

#include "lib/base/check.h"
#include "lib/io/deadline.h"
#include "session/idle_scope.h"

namespace session {
namespace {

constexpr std::size_t command_buffer_bytes = 2'048;
constexpr std::size_t output_bytes_max = 16'384;        // then replies go out although input waits
constexpr std::size_t swallowed_bytes_max = 1U << 20U;  // of one line: then it is an attack

}  // namespace

Channel::Channel(io::Clock& clock, std::unique_ptr<io::Stream> stream, std::size_t line_bytes_max,
                 base::Instant ends_at)
    : clock_(clock),
      ends_at_(ends_at),
      stream_(std::move(stream)),
      reader_(line_bytes_max),
      buffer_bytes_(command_buffer_bytes) {}

std::optional<base::Result<Channel::Line>> Channel::take_line() {
  std::string_view rest = input();
  const std::size_t before = rest.size();
  const auto status = reader_.feed(rest);
  consume(before - rest.size());
  swallowed_ += before - rest.size();
  if (status == smtp::CommandReader::Status::need_more) {
    if (swallowed_ == before - rest.size()) line_began_ = clock_.now();  // its first piece
    if (swallowed_ <= swallowed_bytes_max) return std::nullopt;
    return base::fail(base::ErrorKind::limit, "a command line without end");
  }
  swallowed_ = 0;
  if (status == smtp::CommandReader::Status::line) {
    return Line{.text = reader_.line(), .fault = smtp::LineFault::none, .refusal = {}};
  }
  return Line{.text = {}, .fault = reader_.fault(), .refusal = reader_.reply()};
}

// This frame is what an idle session holds: it has no coroutine below it but the stream's wait.
io::Task<base::Result<>> Channel::fill(base::Duration timeout, io::CancelScope* closing) {
  if (begin_ < end_) co_return base::Result<>{};
  IdleScope idle(co_await io::current_scope(), closing);
  // Not cut short by `closing`: it may be the 250 of the last message.
  if (!output_.empty()) {
    if (auto sent = co_await flush(timeout); !sent) co_return sent;
  }
  begin_ = end_ = 0;
  if (clock_.now() >= ends_at_) {  // a peer that always has something to say meets no timer
    co_return base::fail(base::ErrorKind::timed_out, "the session has lasted too long");
  }
  const base::Instant from = swallowed_ > 0 ? line_began_ : clock_.now();
  if (clock_.now() >= from + timeout) {  // nor does one who says it an octet at a time
    co_return base::fail(base::ErrorKind::timed_out, "a command line that does not end");
  }
  io::DeadlineScope limit(clock_, std::min(from + timeout, ends_at_), &idle.scope());
  if (closing != nullptr) {
    buffer_.reset();
    std::string().swap(output_);
    auto waiting = stream_->wait_readable();
    waiting.set_scope(limit.scope());
    auto ready = co_await std::move(waiting);
    if (!ready) co_return limit.named(std::move(ready));
  }
  make_buffer();
  auto reading = stream_->read_some({buffer_.get(), buffer_bytes_});
  reading.set_scope(limit.scope());
  auto got = limit.named(co_await std::move(reading));
  if (!got) co_return std::unexpected(std::move(got.error()));
  end_ = *got;
  co_return base::Result<>{};
}

io::Task<bool> Channel::hears(base::Duration wait) {
  if (begin_ < end_) co_return true;
  begin_ = end_ = 0;
  if (!co_await io::with_timeout(clock_, wait, stream_->wait_readable())) co_return false;
  make_buffer();  // what is there is octets, or the end
  const auto got =
      co_await io::with_timeout(clock_, wait, stream_->read_some({buffer_.get(), buffer_bytes_}));
  if (got) end_ = *got;
  co_return end_ > 0;
}

void Channel::make_buffer() {
  if (buffer_ == nullptr) buffer_ = std::make_unique_for_overwrite<char[]>(buffer_bytes_);
}

void Channel::set_buffer_bytes(std::size_t bytes) {
  const std::size_t waiting = end_ - begin_;
  const std::size_t wanted = bytes == 0 ? command_buffer_bytes : bytes;
  if (wanted < waiting || wanted == buffer_bytes_) return;  // with input left, another time
  const auto before = std::exchange(buffer_, nullptr);
  buffer_bytes_ = wanted;
  if (waiting > 0) {
    make_buffer();
    std::memcpy(buffer_.get(), before.get() + begin_, waiting);
  }
  begin_ = 0;
  end_ = waiting;
}

// Not inlined: its frame would be a part of fill()'s, which idle sessions hold (700 octets).
[[gnu::noinline]] io::Task<base::Result<>> Channel::flush(base::Duration timeout) {
  if (output_.empty()) co_return base::Result<>{};
  auto sent = co_await io::with_timeout(clock_, timeout, stream_->write(output_));
  output_.clear();
  if (output_.capacity() > output_bytes_max) std::string().swap(output_);
  co_return sent;
}

io::Task<base::Result<>> Channel::start_tls(std::shared_ptr<io::TlsServer> tls,
                                            base::Duration timeout) {
  begin_ = end_ = 0;
  reader_.reset();
  auto wrapped = co_await io::with_timeout(clock_, timeout, tls->accept(std::move(stream_)));
  if (!wrapped) co_return std::unexpected(std::move(wrapped.error()));
  stream_ = std::move(*wrapped);
  CHECK(stream_ != nullptr, "a handshake that succeeded has a stream");
  co_return base::Result<>{};
}

io::Task<void> Channel::close(base::Duration timeout) {
  if (stream_ == nullptr) co_return;
  (void)co_await io::with_timeout(clock_, timeout, stream_->finish(output_));
}

}  // namespace session
