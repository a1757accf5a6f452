// See result.h.
#include "lib/base/result.h"

#include <cerrno>
#include <system_error>

namespace base {

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::closed: return "closed";
    case ErrorKind::reset: return "reset";
    case ErrorKind::timed_out: return "timed out";
    case ErrorKind::cancelled: return "cancelled";
    case ErrorKind::refused: return "refused";
    case ErrorKind::unreachable: return "unreachable";
    case ErrorKind::no_space: return "no space";
    case ErrorKind::io: return "input/output error";
    case ErrorKind::not_found: return "not found";
    case ErrorKind::exists: return "exists already";
    case ErrorKind::denied: return "permission denied";
    case ErrorKind::busy: return "in use";
    case ErrorKind::invalid: return "invalid";
    case ErrorKind::corrupt: return "corrupt";
    case ErrorKind::limit: return "limit reached";
    case ErrorKind::tls: return "TLS";
    case ErrorKind::unsupported: return "unsupported";
  }
  return "unknown";
}

std::string Error::text() const {
  std::string out(to_string(kind));
  if (!detail.empty()) {
    out += ": ";
    out += detail;
  }
  return out;
}

ErrorKind kind_of_errno(int error_number) {
  switch (error_number) {
    case ENOSPC:
    case EDQUOT: return ErrorKind::no_space;
    case ENOENT: return ErrorKind::not_found;
    case EEXIST: return ErrorKind::exists;
    case EACCES:
    case EPERM:
    case EROFS: return ErrorKind::denied;
    case EAGAIN:
    case EBUSY:
    case EADDRINUSE: return ErrorKind::busy;
    case ECONNREFUSED: return ErrorKind::refused;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENETDOWN:
    case EADDRNOTAVAIL: return ErrorKind::unreachable;
    case ETIMEDOUT: return ErrorKind::timed_out;
    case ECANCELED: return ErrorKind::cancelled;
    case EPIPE:
    case ECONNRESET:
    case ECONNABORTED: return ErrorKind::reset;
    case EINVAL: return ErrorKind::invalid;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EFBIG: return ErrorKind::limit;
    default: return ErrorKind::io;
  }
}

std::unexpected<Error> fail_errno(std::string_view doing, int error_number) {
  std::string detail(doing);
  detail += ": ";
  detail += std::generic_category().message(error_number);
  return fail(kind_of_errno(error_number), std::move(detail));
}

}  // namespace base
