// lib/io/real/socket_wait.h: how a coroutine waits for one asio operation.
//
// What:    SocketWait is a Completion that an asio handler completes; its cancel() cancels that
//          operation alone, so the other direction of the socket is not disturbed.
// In/Out:  start the asio operation with handler(wait), then co_await the wait.
// Errors:  cancelled; others as asio reports them.
// Limits:  the handler still comes after a cancel(); until then the wait is not completed, so its
//          frame and the caller's buffer stay. Bytes that had arrived before are given, never lost.
// Not here: the operations (stream.cc, listener.cc).
#pragma once

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <string>

#include "lib/base/result.h"
#include "lib/io/completion.h"

namespace io::real {

using boost::system::error_code;

struct SocketOutcome {
  error_code error;
  std::size_t bytes = 0;
};

class SocketWait final : public Completion<SocketOutcome> {
 public:
  explicit SocketWait(boost::asio::cancellation_signal& signal) : signal_(signal) {}
  void cancel() override { signal_.emit(boost::asio::cancellation_type::terminal); }

  // For operations with and without a count of bytes.
  struct Handler {
    SocketWait* wait;
    using cancellation_slot_type = boost::asio::cancellation_slot;
    [[nodiscard]] cancellation_slot_type get_cancellation_slot() const noexcept {
      return wait->signal_.slot();
    }
    void operator()(const error_code& error, std::size_t bytes = 0) const {
      wait->complete({error, bytes});
    }
  };
  [[nodiscard]] Handler handler() { return {this}; }

 private:
  boost::asio::cancellation_signal& signal_;
};

[[nodiscard]] inline std::unexpected<base::Error> fail_asio(std::string doing, error_code error) {
  if (error == boost::asio::error::operation_aborted) {
    return base::fail(base::ErrorKind::cancelled, std::move(doing));
  }
  if (error == boost::asio::error::eof) {
    return base::fail(base::ErrorKind::closed, std::move(doing));
  }
  return base::fail_errno(doing, error.value());
}

// A task that has been told to stop starts nothing new, even what would succeed at once.
[[nodiscard]] inline bool stopped(const CancelScope* scope) {
  return scope != nullptr && scope->cancelled();
}

}  // namespace io::real
