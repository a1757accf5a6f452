// See session.h. Sessions behind a proxy that speaks the PROXY protocol, and proxies that are not
// listed (lib/io/proxy_header.h).
#include <fmt/format.h>

#include "lib/io/proxy_header.h"
#include "session/session.h"

namespace session {

// Version 1 is a line that is no command; version 2 begins with an empty one.
bool Session::is_proxy_header(std::string_view line) const {
  if (line.starts_with("PROXY ")) return true;
  constexpr std::string_view after_line = io::proxy_signature.substr(2);
  return line.empty() && channel_.input().starts_with(after_line);
}

// What follows comes from somebody else, and would be taken for mail of the proxy's own address,
// which may be one that is trusted.
io::Task<smtp::Reply> Session::stray_proxy_header() {
  parts_.counters.proxies_refused.add();
  base::Event told = event("session.proxy_refused", base::Severity::warning);
  told.fields.emplace_back("peer", transaction_.peer.text());
  told.fields.emplace_back("listener", transaction_.listener);
  told.fields.emplace_back("why",
                           "it sent a PROXY header, and is no proxy that the listener's "
                           "proxy_protocol names");
  parts_.events.emit(told);
  end_reason_ = "a PROXY header from an address that is no listed proxy";
  ended_ = true;
  co_return smtp::reply(554, {5, 7, 0},
                        fmt::format("{} takes PROXY headers from proxies that it knows only, and "
                                    "{} is none",
                                    settings_.hostname, transaction_.peer.address.text()));
}

// Whoever it is gets no rights that the proxy's address has, and no mail comes from nowhere. A
// proxy that looks whether we are there needs neither.
std::optional<smtp::Reply> Session::unknown_client() const {
  if (!rules_.proxy || !rules_.proxy->client_unknown) return std::nullopt;
  return smtp::reply(550, {5, 7, 0},
                     "The proxy in front of this server does not say who you are; so no mail is "
                     "taken");
}

}  // namespace session
