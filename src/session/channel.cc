// See channel.h.
#include "session/channel.h"

#include "lib/base/check.h"
#include "lib/io/deadline.h"

namespace session {
namespace {

constexpr std::size_t idle_buffer_bytes = 2'048;  // commands; thousands of idle sessions hold one
constexpr std::size_t output_bytes_max = 16'384;  // then replies go out although input waits
constexpr std::size_t swallowed_bytes_max = 1U << 20U;  // of one line: then it is an attack

}  // namespace

Channel::Channel(io::Clock& clock, std::unique_ptr<io::Stream> stream, std::size_t line_bytes_max,
                 base::Instant ends_at)
    : clock_(clock),
      ends_at_(ends_at),
      stream_(std::move(stream)),
      reader_(line_bytes_max),
      buffer_(std::make_unique_for_overwrite<char[]>(idle_buffer_bytes)),
      buffer_bytes_(idle_buffer_bytes) {}

io::Task<base::Result<Channel::Line>> Channel::line(base::Duration timeout) {
  for (std::size_t swallowed = 0;;) {
    std::string_view rest = input();
    const std::size_t before = rest.size();
    const auto status = reader_.feed(rest);
    consume(before - rest.size());
    swallowed += before - rest.size();
    if (status == smtp::CommandReader::Status::line)
      co_return Line{.text = reader_.line(), .fault = smtp::LineFault::none, .refusal = {}};
    if (status == smtp::CommandReader::Status::fault) {
      co_return Line{.text = {}, .fault = reader_.fault(), .refusal = reader_.reply()};
    }
    if (swallowed > swallowed_bytes_max) {
      co_return base::fail(base::ErrorKind::limit, "a command line without end");
    }
    auto filled = co_await fill(timeout);
    if (!filled) co_return std::unexpected(std::move(filled.error()));
  }
}

io::Task<base::Result<>> Channel::fill(base::Duration timeout) {
  if (begin_ < end_) co_return base::Result<>{};
  if (auto sent = co_await flush(timeout); !sent) co_return sent;
  begin_ = end_ = 0;
  if (clock_.now() >= ends_at_) {  // a peer that always has something to say meets no timer
    co_return base::fail(base::ErrorKind::timed_out, "the session has lasted too long");
  }
  const base::Instant deadline = std::min(clock_.now() + timeout, ends_at_);
  auto got = co_await io::with_deadline(clock_, deadline,
                                        stream_->read_some({buffer_.get(), buffer_bytes_}));
  if (!got) co_return std::unexpected(std::move(got.error()));
  end_ = *got;
  co_return base::Result<>{};
}

io::Task<bool> Channel::hears(base::Duration wait) {
  if (begin_ < end_) co_return true;
  begin_ = end_ = 0;
  const auto got =
      co_await io::with_timeout(clock_, wait, stream_->read_some({buffer_.get(), buffer_bytes_}));
  if (got) end_ = *got;
  co_return end_ > 0;
}

void Channel::set_buffer_bytes(std::size_t bytes) {
  const std::size_t waiting = end_ - begin_;
  const std::size_t wanted = bytes == 0 ? idle_buffer_bytes : bytes;
  if (wanted < waiting || wanted == buffer_bytes_) return;  // with input left, another time
  auto buffer = std::make_unique_for_overwrite<char[]>(wanted);
  std::memcpy(buffer.get(), buffer_.get() + begin_, waiting);
  buffer_ = std::move(buffer);
  buffer_bytes_ = wanted;
  begin_ = 0;
  end_ = waiting;
}

io::Task<base::Result<>> Channel::flush(base::Duration timeout) {
  if (output_.empty()) co_return base::Result<>{};
  auto sent = co_await io::with_timeout(clock_, timeout, stream_->write(output_));
  output_.clear();
  if (output_.capacity() > output_bytes_max) output_ = {};
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
  if (co_await flush(timeout)) {
    (void)co_await io::with_timeout(clock_, timeout, stream_->shutdown());
  }
}

}  // namespace session
