// See listener.h.
#include "lib/io/real/listener.h"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/post.hpp>

#include "lib/io/real/socket_wait.h"
#include "lib/io/real/stream.h"

namespace io::real {
namespace {

// With more connections waiting than this the loop serves those that it has in between.
constexpr unsigned connections_in_a_row_max = 16;

bool out_of_resources(int error_number) {
  return error_number == EMFILE || error_number == ENFILE || error_number == ENOBUFS ||
         error_number == ENOMEM;
}

// Errors of the one connection that was about to be accepted (accept(2), "Error handling").
bool connection_is_lost(int error_number) {
  switch (error_number) {
    case ECONNABORTED:
    case ENETDOWN:
    case EPROTO:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EPERM: return true;
    default: return false;
  }
}

}  // namespace

Network::ListenerResult SocketListener::make(boost::asio::io_context& context,
                                             Descriptor descriptor, std::string path) {
  std::unique_ptr<SocketListener> listener(new SocketListener(context));
  SocketAddress address;
  if (::getsockname(descriptor.get(), address.raw(), &address.length) == 0) {
    listener->local_ = address.endpoint();
  }
  error_code error;
  listener->waiter_.assign(descriptor.get(), error);
  if (error) return fail_asio("register a listening socket", error);
  (void)descriptor.release();
  struct stat file = {};
  if (!path.empty() && ::stat(path.c_str(), &file) == 0) {
    listener->path_ = std::move(path);
    listener->file_device_ = file.st_dev;
    listener->file_inode_ = file.st_ino;
  }
  return listener;
}

SocketListener::~SocketListener() {
  CHECK(!accepting_, "a listener ended while somebody accepts");
  if (path_.empty()) return;
  // A new server may have put its own socket there: that one stays.
  struct stat file = {};
  const bool ours = ::stat(path_.c_str(), &file) == 0 && file.st_dev == file_device_ &&
                    file.st_ino == file_inode_;
  if (ours) ::unlink(path_.c_str());
}

// A descriptor of -1 (false) says that nobody waits.
base::Result<Descriptor> SocketListener::accept_ready(SocketAddress& peer) {
  for (;;) {
    peer.length = sizeof(peer.storage);
    const int number =
        ::accept4(waiter_.native_handle(), peer.raw(), &peer.length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (number >= 0) return Descriptor(number);
    const int error = errno;
    if (error == EAGAIN) return Descriptor();
    if (error == EINTR || connection_is_lost(error)) continue;
    auto failure = base::fail_errno("accept", error);
    if (out_of_resources(error)) failure.error().kind = base::ErrorKind::limit;
    return failure;
  }
}

Task<base::Result<>> SocketListener::wait_readable() {
  accepting_ = true;
  SocketWait wait(cancel_accept_);
  waiter_.async_wait(Waiter::wait_read, wait.handler());
  const SocketOutcome outcome = co_await wait;
  accepting_ = false;
  connections_in_a_row_ = 0;
  if (outcome.error) co_return fail_asio("accept", outcome.error);
  co_return base::Result<>();
}

Task<void> SocketListener::let_others_run() {
  accepting_ = true;
  Completion<bool> turn;  // comes at once, so it need not be cancelled
  boost::asio::post(context_, [&turn] { turn.complete(true); });
  co_await turn;
  accepting_ = false;
  connections_in_a_row_ = 0;
}

Task<base::Result<std::unique_ptr<Stream>>> SocketListener::accept() {
  CHECK(!accepting_, "one accept at a time");
  CancelScope* const scope = co_await current_scope();
  if (connections_in_a_row_ >= connections_in_a_row_max) co_await let_others_run();
  for (;;) {
    if (stopped(scope)) co_return base::fail(base::ErrorKind::cancelled, "accept");
    SocketAddress peer;
    auto descriptor = accept_ready(peer);
    if (!descriptor) co_return std::unexpected(std::move(descriptor.error()));
    if (*descriptor) {
      ++connections_in_a_row_;
      co_return SocketStream::make(context_, std::move(*descriptor), peer);
    }
    if (auto waited = co_await wait_readable(); !waited) {
      co_return std::unexpected(std::move(waited.error()));
    }
  }
}

}  // namespace io::real
