// See replies.h.
#include "delivery/replies.h"

#include <fmt/format.h>

#include <utility>

namespace delivery {
namespace {

using base::ErrorKind;

// Our own stop, which says nothing about the other side.
smtp::Reply stopped_reply() {
  return smtp::reply(451, {4, 3, 2}, "the attempt was stopped by this server");
}

std::string_view connect_words(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::refused: return "refused";
    case ErrorKind::timed_out: return "timed out";
    case ErrorKind::unreachable: return "impossible: no route";
    case ErrorKind::not_found: return "impossible: no such socket";
    case ErrorKind::reset:
    case ErrorKind::closed: return "broken off";
    default: return "failed";
  }
}

}  // namespace

smtp::Reply connect_reply(std::string_view where, const base::Error& error) {
  if (error.kind == ErrorKind::cancelled) return stopped_reply();
  return smtp::reply(451, {4, 4, 1},
                     fmt::format("connection to {} {}", where, connect_words(error.kind)));
}

smtp::Reply lost_reply(std::string_view where, std::string_view doing, const base::Error& error) {
  switch (error.kind) {
    case ErrorKind::cancelled: return stopped_reply();
    case ErrorKind::timed_out:
      return smtp::reply(451, {4, 4, 2}, fmt::format("no answer from {} while {}", where, doing));
    case ErrorKind::invalid:
      return smtp::reply(451, {4, 5, 0},
                         fmt::format("malformed reply from {} while {}", where, doing));
    case ErrorKind::tls: return tls_reply(where, error.detail);
    default:
      return smtp::reply(451, {4, 4, 2},
                         fmt::format("connection to {} lost while {}", where, doing));
  }
}

smtp::Reply unreadable_reply() {
  return smtp::reply(451, {4, 3, 0}, "the message could not be read from this server's disk");
}

smtp::Reply tls_reply(std::string_view where, std::string_view what) {
  return smtp::reply(451, {4, 7, 5}, fmt::format("TLS with {}: {}", where, what));
}

Trouble connect_trouble(std::string_view where, const base::Error& error) {
  return {.reply = connect_reply(where, error),
          .permanent = false,
          .tls = false,
          .detail = error.text()};
}

Trouble lost_trouble(std::string_view where, std::string_view doing, const base::Error& error) {
  return {.reply = lost_reply(where, doing, error),
          .permanent = false,
          .tls = false,
          .detail = error.text()};
}

queue::Result result_of(const smtp::Reply& reply) {
  if (reply.positive()) return queue::Result::delivered;
  return reply.permanent() ? queue::Result::failed : queue::Result::deferred;
}

}  // namespace delivery
