// import/postfix/hops.h: next hops of Postfix, as [[route]] sections.
//
// What:    Hop is "[smtp.example.net]:587"; Hops finds its TLS (smtp_tls_policy_maps) and what it
//          logs in with (smtp_sasl_password_maps), and knows which entries were of use.
// In/Out:  domain and Hop → Element for Draft::add, and what to remark.
// Errors:  an entry that cannot be read has its note, by hand.
// Limits:  those of table.h.
// Not here: which mail goes there (take_routes.cc, take_senders.cc).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "import/postfix/move.h"

namespace postfix {

struct Hop {
  std::string written;
  std::string host;
  std::uint16_t port = 25;
  bool in_brackets = false;
};

// "[smtp.example.net]:587" or "smtp.example.net:587".
[[nodiscard]] std::optional<Hop> read_hop(std::string_view text);

// smtp_tls_security_level, or what stood for it in old times.
[[nodiscard]] std::string smtp_level(const Move& move);
// As delivery.mx_tls has it.
[[nodiscard]] std::string_view tls_of_level(std::string_view level);
// What a level promises beyond ours.
[[nodiscard]] std::string_view remark_on_level(std::string_view level);

// [[route]] sections to hops.
class Hops {
 public:
  explicit Hops(Move& move);

  // Of one domain, or "*"; `login`: what to log in with in place of what the hop's own entry says.
  [[nodiscard]] Element element(const std::string& domain, const Hop& hop, std::string& remark,
                                const Entry* login = nullptr);
  void note(const Entry& entry, Fate fate, std::string_view words);

  [[nodiscard]] const std::vector<Table>& passwords() const { return passwords_; }
  [[nodiscard]] const std::vector<Table>& policies() const { return policies_; }
  [[nodiscard]] bool is_used(const Entry& entry) const;
  [[nodiscard]] std::size_t policies_used() const { return policies_used_; }
  [[nodiscard]] std::size_t logins() const { return logins_; }  // routes that log in

 private:
  [[nodiscard]] static const Entry* find(const std::vector<Table>& tables, const Hop& hop);
  [[nodiscard]] Element credentials(const Entry& entry);

  Move& move_;
  std::vector<Table> passwords_;
  std::vector<Table> policies_;
  std::vector<Place> used_;
  std::size_t policies_used_ = 0;
  std::size_t logins_ = 0;
};

// Those of sender_dependent_relayhost_maps and smtp_sender_dependent_authentication; for
// take_routes(), before that of relayhost. `for_all`: a transport takes the mail of all senders.
void take_senders(Move& move, Hops& hops, bool for_all);

}  // namespace postfix
