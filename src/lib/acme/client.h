// lib/acme/client.h: one conversation with a certificate authority (RFC 8555 §6, §7.1 to §7.3).
//
// What:    reads the directory, logs in with the account's key (makes the account when there is
//          none), then sends signed requests; fetches nonces and repeats what had a stale one.
// In/Out:  open() once, then post(url, payload) → the authority's answer.
// Errors:  the authority's problem document with its remedy (problem.h); those of the connection.
// Limits:  nonce_tries_max for one request; the Web's for time and octets.
// Not here: orders (order.h), connections and names (Web is the caller's).
#pragma once

#include <optional>
#include <string>

#include "lib/acme/jws.h"
#include "lib/acme/objects.h"
#include "lib/base/time.h"
#include "lib/http/message.h"
#include "lib/io/clock.h"
#include "lib/io/task.h"

namespace acme {

// The door to the authority: one request to an https URL.
class Web {
 public:
  Web() = default;
  Web(const Web&) = delete;
  Web& operator=(const Web&) = delete;
  virtual ~Web() = default;
  virtual io::Task<base::Result<http::Response>> ask(std::string url, http::Request request) = 0;
};

class Client {
 public:
  static constexpr unsigned nonce_tries_max = 12;  // authorities forget nonces, some on purpose

  // The web and the clock outlive it.
  struct Parts {
    Web& web;
    io::Clock& clock;
    AccountKey key;
    std::string directory_url;
  };
  explicit Client(Parts parts) : parts_(std::move(parts)) {}
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // `email`: where the authority writes to; empty: nowhere.
  io::Task<base::Result<>> open(std::string email);
  // An empty payload asks only (POST-as-GET, RFC 8555 §6.3). Statuses of trouble are errors.
  io::Task<base::Result<http::Response>> post(std::string url, std::string payload);

  [[nodiscard]] const Directory& directory() const { return directory_; }
  [[nodiscard]] const AccountKey& key() const { return parts_.key; }
  [[nodiscard]] io::Clock& clock() { return parts_.clock; }
  // How long the last answer asked us to wait (RFC 9110 §10.2.3, in seconds).
  [[nodiscard]] std::optional<base::Duration> retry_after() const { return retry_after_; }

 private:
  io::Task<base::Result<>> fetch_nonce();
  void note(const http::Response& response);

  Parts parts_;
  Directory directory_;
  std::string account_;  // its URL
  std::string nonce_;    // empty: one must be fetched
  std::optional<base::Duration> retry_after_;
};

}  // namespace acme
