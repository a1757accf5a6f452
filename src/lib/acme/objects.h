// lib/acme/objects.h: what a certificate authority answers (RFC 8555 §7.1), as values.
//
// What:    directory, order, authorization and problem document, read from JSON.
// In/Out:  text → value.
// Errors:  invalid, naming the field that is missing or of the wrong kind.
// Limits:  text_bytes_max for a field, items_max for a list; a token has the alphabet of base64url,
//          because it becomes part of a path and of a DNS record.
// Not here: asking for them (client.h), what a problem means for the administrator (problem.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace acme {

inline constexpr std::size_t text_bytes_max = 4096;
inline constexpr std::size_t items_max = 100;
inline constexpr std::size_t token_bytes_max = 256;

// RFC 7807, RFC 8555 §6.7.
struct Problem {
  struct Part {
    std::string name;  // whose
    std::string type;
    std::string detail;
  };
  std::string type;  // "urn:ietf:params:acme:error:connection"
  std::string detail;
  std::vector<Part> parts;  // of several names
};

struct Directory {
  std::string new_nonce;
  std::string new_account;
  std::string new_order;
  std::string terms_of_service;  // empty: none
  bool external_account_required = false;
};

enum class Status : std::uint8_t { pending, processing, ready, valid, invalid, other };

struct Order {
  Status status = Status::other;
  std::vector<std::string> authorizations;
  std::string finalize;
  std::string certificate;  // empty before it is valid
  std::optional<Problem> problem;
};

struct Challenge {
  std::string type;  // "http-01"
  std::string url;
  std::string token;
  Status status = Status::other;
  std::optional<Problem> problem;
};

struct Authorization {
  Status status = Status::other;
  std::string name;       // without "*."
  bool wildcard = false;  // of "*.NAME"
  std::vector<Challenge> challenges;
};

[[nodiscard]] base::Result<Directory> read_directory(std::string_view json);
[[nodiscard]] base::Result<Order> read_order(std::string_view json);
[[nodiscard]] base::Result<Authorization> read_authorization(std::string_view json);
// Of whatever a server sent with a status of trouble; nothing that is no problem document.
[[nodiscard]] std::optional<Problem> read_problem(std::string_view json);

}  // namespace acme
