// lib/acme/order.h: a certificate, from the order to the chain (RFC 8555 §7.4, §7.5).
//
// What:    obtain() orders, proves each name by a Solver, sends the request, fetches the chain.
// In/Out:  names and a PKCS #10 request → PEM text of the certificate and its chain.
// Errors:  the authority's words about the name that failed, with the remedy; the solver's own.
// Limits:  chain_bytes_max; the caller's deadline for all of it (the authority decides how often
//          it is asked: pause_min to pause_max apart).
// Not here: how a name is proved (solvers are the caller's), keys and files (store.h).
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "lib/acme/client.h"
#include "lib/base/result.h"
#include "lib/io/ref.h"
#include "lib/io/task.h"

namespace acme {

inline constexpr std::size_t chain_bytes_max = 128UL * 1024;
inline constexpr base::Duration pause_min = std::chrono::milliseconds(250);
inline constexpr base::Duration pause_max = std::chrono::seconds(15);

// What the authority must find (RFC 8555 §8).
struct Proof {
  std::string name;
  std::string token;
  std::string key_authorization;
};

class Solver {
 public:
  Solver() = default;
  Solver(const Solver&) = delete;
  Solver& operator=(const Solver&) = delete;
  virtual ~Solver() = default;
  [[nodiscard]] virtual std::string_view type() const = 0;  // "http-01"
  // When it is done, the authority may look.
  virtual io::Task<base::Result<>> prepare(Proof proof) = 0;
  // Always called after prepare(), also when that failed.
  virtual io::Task<void> clean(Proof proof) = 0;
};

struct Wanted {
  std::vector<std::string> names;
  std::string request;             // DER
  std::string* refused = nullptr;  // takes the name that could not be proved, if that is it
};

// The client is open.
[[nodiscard]] io::Task<base::Result<std::string>> obtain(io::Ref<Client> client,
                                                         io::Ref<Solver> solver, Wanted wanted);

}  // namespace acme
