// lib/base/result.h: what a function returns when it can fail.
//
// What:    Result<T> is a value or an Error; an Error says what kind of trouble and, in words,
//          which.
// In/Out:  functions return Result<T>; callers test it (a dropped Result is a compiler warning).
// Errors:  exceptions are for bugs and lost resources only, never for what a peer or a disk does.
// Limits:  none.
// Not here: a mail error with its SMTP reply (lib/smtp/reply.h), invariants (check.h).
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace base {

// Kinds of trouble that some caller handles differently. Add one only with such a caller.
enum class ErrorKind {
  closed,       // the other side ended the stream in an orderly way
  reset,        // the stream broke
  timed_out,    // a deadline passed
  cancelled,    // we were told to stop
  refused,      // connection refused
  unreachable,  // no route, network down
  no_space,     // ENOSPC, EDQUOT
  io,           // EIO and other trouble of a device
  not_found,
  exists,
  denied,
  busy,     // somebody else holds it
  invalid,  // malformed input or argument
  corrupt,  // our own data does not match its checksum
  limit,    // one of our limits was met
  tls,      // handshake or certificate
  unsupported,
};

[[nodiscard]] std::string_view to_string(ErrorKind kind);

struct Error {
  ErrorKind kind = ErrorKind::invalid;
  std::string detail;  // for the log and the administrator: "open var/journal/1: Permission denied"

  // "timed_out: reading the greeting"
  [[nodiscard]] std::string text() const;
};

template <class T = void>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> fail(ErrorKind kind, std::string detail) {
  return std::unexpected(Error{kind, std::move(detail)});
}

// An Error from errno, with what was being done in front: fail_errno("open x") → "open x: No such
// file…".
[[nodiscard]] std::unexpected<Error> fail_errno(std::string_view doing, int error_number);
[[nodiscard]] ErrorKind kind_of_errno(int error_number);

}  // namespace base
