// See stream.h.
#include "lib/io/real/stream.h"

#include <boost/asio/buffer.hpp>

#include "lib/io/real/socket_wait.h"

namespace io::real {
namespace {

// A peer that sends as fast as we read must not keep the loop from the others.
constexpr unsigned reads_in_a_row_max = 8;
// More pieces than this in one write are rare; the rest follows in another call.
constexpr std::size_t pieces_per_call_max = 64;

// Where a gathered write stands.
class Gather {
 public:
  explicit Gather(std::span<const std::string_view> pieces) : pieces_(pieces) { skip_empty(); }

  [[nodiscard]] bool done() const { return pieces_.empty(); }

  [[nodiscard]] ssize_t send(int socket) {
    std::array<iovec, pieces_per_call_max> vectors;  // filled up to `count`
    std::size_t count = 0;
    given_ = 0;
    for (const std::string_view piece : pieces_) {
      if (count == vectors.size()) break;
      const std::string_view rest = count == 0 ? piece.substr(offset_) : piece;
      given_ += rest.size();
      if (!rest.empty()) vectors[count++] = {const_cast<char*>(rest.data()), rest.size()};
    }
    msghdr message = {};
    message.msg_iov = vectors.data();
    message.msg_iovlen = count;
    return retry([&] { return ::sendmsg(socket, &message, MSG_NOSIGNAL); });
  }

  // True when the kernel took all that the last send gave it, so it may take more.
  [[nodiscard]] bool advance(std::size_t sent) {
    const bool took_all = sent == given_;
    while (sent > 0) {
      CHECK(!pieces_.empty(), "the kernel sent more than it was given");
      const std::size_t left = pieces_.front().size() - offset_;
      if (sent < left) {
        offset_ += sent;
        return took_all;
      }
      sent -= left;
      pieces_ = pieces_.subspan(1);
      offset_ = 0;
    }
    skip_empty();
    return took_all;
  }

 private:
  void skip_empty() {
    while (!pieces_.empty() && pieces_.front().size() == offset_) {
      pieces_ = pieces_.subspan(1);
      offset_ = 0;
    }
  }

  std::span<const std::string_view> pieces_;
  std::size_t offset_ = 0;  // into the first piece
  std::size_t given_ = 0;   // octets in the last send
};

}  // namespace

base::Result<std::unique_ptr<SocketStream>> SocketStream::make(boost::asio::io_context& context,
                                                               Descriptor descriptor,
                                                               const SocketAddress& peer) {
  std::unique_ptr<SocketStream> stream(new SocketStream(context));
  error_code error;
  stream->socket_.assign({peer.family(), 0}, descriptor.get(), error);
  if (error) return fail_asio("register a socket", error);
  (void)descriptor.release();
  stream->peer_ = peer.endpoint();
  return stream;
}

SocketStream::~SocketStream() {
  CHECK(!reading_ && !writing_, "a stream ended while somebody waits for it");
}

std::string SocketStream::doing(std::string_view what) const {
  return fmt::format("{} {}", what, peer_.port == 0 ? "a unix socket" : peer_.text());
}

Task<base::Result<>> SocketStream::wait_connected() {
  if (auto waited = co_await wait_writable(); !waited) co_return waited;
  int error = 0;
  socklen_t length = sizeof(error);
  ::getsockopt(socket_.native_handle(), SOL_SOCKET, SO_ERROR, &error, &length);
  if (error != 0) co_return base::fail_errno(doing("connect to"), error);
  co_return base::Result<>();
}

// Nothing but the system call: when the last read filled its buffer, there is mostly more.
std::optional<base::Result<std::size_t>> SocketStream::read_ready(std::span<char> into) {
  const ssize_t got =
      retry([&] { return ::recv(socket_.native_handle(), into.data(), into.size(), 0); });
  if (got < 0) return std::nullopt;  // the asio operation meets it again, if it is an error
  if (got == 0) return base::fail(base::ErrorKind::closed, doing("read from"));
  more_likely_ = static_cast<std::size_t>(got) == into.size();
  return static_cast<std::size_t>(got);
}

Task<base::Result<std::size_t>> SocketStream::read_some(std::span<char> into) {
  CHECK(!reading_, "one read at a time");
  CHECK(!into.empty(), "a read has room for an octet");
  if (stopped(co_await current_scope())) {
    co_return base::fail(base::ErrorKind::cancelled, doing("read from"));
  }
  if (more_likely_ && reads_in_a_row_ < reads_in_a_row_max) {
    ++reads_in_a_row_;
    if (auto ready = read_ready(into)) co_return std::move(*ready);
  }
  // asio tries recv at once and registers nothing: without data this costs that one call, then the
  // loop's epoll_wait. Its handler comes from the loop, after others that are ready.
  reading_ = true;
  SocketWait wait(cancel_read_);
  socket_.async_read_some(boost::asio::buffer(into.data(), into.size()), wait.handler());
  const SocketOutcome outcome = co_await wait;
  reading_ = false;
  reads_in_a_row_ = 0;
  more_likely_ = outcome.bytes == into.size();
  if (outcome.bytes > 0) co_return outcome.bytes;
  co_return fail_asio(doing("read from"), outcome.error);
}

Task<base::Result<>> SocketStream::wait_readable() {
  CHECK(!reading_, "one read at a time");
  reading_ = true;
  SocketWait wait(cancel_read_);
  socket_.async_wait(Socket::wait_read, wait.handler());
  const SocketOutcome outcome = co_await wait;
  reading_ = false;
  reads_in_a_row_ = 0;
  more_likely_ = !outcome.error;
  if (outcome.error) co_return fail_asio(doing("read from"), outcome.error);
  co_return base::Result<>();
}

Task<base::Result<>> SocketStream::wait_writable() {
  SocketWait wait(cancel_write_);
  socket_.async_wait(Socket::wait_write, wait.handler());
  const SocketOutcome outcome = co_await wait;
  if (outcome.error) co_return fail_asio(doing("write to"), outcome.error);
  co_return base::Result<>();
}

Task<base::Result<>> SocketStream::write(std::span<const std::string_view> pieces) {
  CHECK(!writing_, "one write at a time");
  if (stopped(co_await current_scope())) {
    co_return base::fail(base::ErrorKind::cancelled, doing("write to"));
  }
  Gather gather(pieces);
  while (!gather.done()) {
    const ssize_t sent = gather.send(socket_.native_handle());
    if (sent < 0 && errno != EAGAIN) co_return base::fail_errno(doing("write to"), errno);
    if (sent > 0 && gather.advance(static_cast<std::size_t>(sent))) continue;
    writing_ = true;
    auto waited = co_await wait_writable();
    writing_ = false;
    if (!waited) co_return waited;
  }
  co_return base::Result<>();
}

Task<base::Result<>> SocketStream::shutdown() {
  if (::shutdown(socket_.native_handle(), SHUT_WR) != 0 && errno != ENOTCONN) {
    co_return base::fail_errno(doing("shut down the stream to"), errno);
  }
  co_return base::Result<>();
}

std::optional<LocalPeer> SocketStream::local_peer() const {
  // basic_stream_socket gives its descriptor to those only who may change it.
  auto& socket = const_cast<Socket&>(socket_);
  ucred who = {};
  socklen_t length = sizeof(who);
  int family = 0;
  socklen_t family_length = sizeof(family);
  const int number = socket.native_handle();
  if (::getsockopt(number, SOL_SOCKET, SO_DOMAIN, &family, &family_length) != 0 ||
      family != AF_UNIX || ::getsockopt(number, SOL_SOCKET, SO_PEERCRED, &who, &length) != 0) {
    return std::nullopt;
  }
  return LocalPeer{.user = who.uid, .group = who.gid};
}

Endpoint SocketStream::local() const {
  SocketAddress address;
  const int result =
      ::getsockname(const_cast<Socket&>(socket_).native_handle(), address.raw(), &address.length);
  return result == 0 ? address.endpoint() : Endpoint();
}

}  // namespace io::real
