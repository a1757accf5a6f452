// admin/certificates.h: what administration asks of the certificate's keeper.
//
// What:    the seam to whoever holds, orders and renews the certificate; server/ joins them.
// In/Out:  questions as tasks of the administrator's loop → CertificateState.
// Errors:  those of an order: the authority's words and the remedy; busy while one is under way.
// Limits:  none of its own.
// Not here: HTTP (certificate_routes.cc), how it is done (server/certificate).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/io/certificate.h"
#include "lib/io/task.h"

namespace admin {

struct TlsaLine {
  std::string name;       // "_25._tcp.mail.example.org"
  std::string data;       // "3 1 1 0123…"
  std::string whose;      // "current" or "next"
  std::string published;  // "yes", "no", "unknown: …"
};

struct CertificateState {
  std::string source;  // "files", "acme" or "self-signed"
  std::string path;
  io::Certificate facts;
  std::string problem;  // why peers that verify may refuse it; empty: nothing
  std::vector<TlsaLine> tlsa;
  bool orders = false;  // [acme] is set; what follows is of it
  bool busy = false;    // an order is under way
  std::string directory_url;
  std::string challenge;
  base::Time renew_at;
  std::string rollover;   // what a new key waits for, in words; empty: nothing
  unsigned failures = 0;  // in a row
  std::string failure;
  base::Time failed_at;
  base::Time retry_at;
};

struct OrderWish {
  bool only_if_due = false;
  bool new_key = false;  // the next key, once its TLSA record allows it
  bool force = false;    // whatever the TLSA records say
};

class Certificates {
 public:
  Certificates() = default;
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;
  virtual ~Certificates() = default;
  // `ask_dns`: whether the TLSA records are published.
  virtual io::Task<base::Result<CertificateState>> state(bool ask_dns) = 0;
  // Ends when the new certificate is in use: true. False: it was not due.
  virtual io::Task<base::Result<bool>> order(OrderWish wish) = 0;
};

}  // namespace admin
