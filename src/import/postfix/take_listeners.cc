// See move.h: master.cf: which services become listeners, and what the others are here.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "import/postfix/lines.h"
#include "import/postfix/move.h"
#include "import/postfix/words.h"
#include "lib/base/text.h"
#include "lib/io/address.h"

namespace postfix {
namespace {

// Programs of Postfix's own machinery: our server is one program.
constexpr auto machinery = std::to_array<std::string_view>(
    {"pickup",   "cleanup", "qmgr",     "oqmgr",    "tlsmgr", "trivial-rewrite",
     "bounce",   "verify",  "flush",    "proxymap", "showq",  "error",
     "discard",  "local",   "virtual",  "lmtp",     "anvil",  "scache",
     "postlogd", "dnsblog", "tlsproxy", "smtp",     "spawn",  "nqmgr"});

std::string value_in(const Move& move, const Service& service, std::string_view name) {
  if (const Override* own = service.find(name)) return move.main.expand(own->raw);
  return move.value(name);
}

void note_service(Move& move, const Service& service, Fate fate, std::string_view words) {
  move.note_at({.file = move.master_file, .line = service.line},
               fmt::format("{} {}", service.label(), service.command), fate, words);
}

// IP addresses of "all", "loopback-only" or a list.
std::vector<std::string> interface_addresses(Move& move, std::string_view interfaces) {
  const std::string protocols = move.value("inet_protocols");
  const bool v4 =
      protocols.find("ipv6") == std::string::npos || protocols.find("ipv4") != std::string::npos;
  const bool v6 =
      protocols.find("ipv6") != std::string::npos || protocols.find("all") != std::string::npos;
  std::vector<std::string> out;
  for (std::string item : list_of(interfaces)) {
    if (item == "all") item = "0.0.0.0 ::";
    if (item == "loopback-only" || item == "localhost") item = "127.0.0.1 ::1";
    std::erase_if(item, [](char c) { return c == '[' || c == ']'; });
    for (const std::string_view text : base::words(item)) {
      const auto address = io::IpAddress::parse(text);
      if (address && (address->is_v6() ? v6 : v4)) out.push_back(address->text());
    }
  }
  return out;
}

struct Door {
  std::vector<std::string> addresses;
  std::uint16_t port = 0;
};

// "smtp", "[::1]:smtp", "192.0.2.1:587"; nothing when it is no port of mail.
std::optional<Door> door_of(Move& move, const Service& service) {
  const std::size_t colon = service.name.rfind(':');
  const std::string port_text =
      colon == std::string::npos ? service.name : service.name.substr(colon + 1);
  const auto port = mail_port(port_text);
  if (!port) return std::nullopt;
  const std::string where = colon == std::string::npos ? value_in(move, service, "inet_interfaces")
                                                       : service.name.substr(0, colon);
  return Door{.addresses = interface_addresses(move, where), .port = *port};
}

// People send here, who log in.
bool is_submission(const Move& move, const Service& service, std::uint16_t port) {
  if (port == 587 || port == 465 || is_yes(value_in(move, service, "smtpd_tls_wrappermode"))) {
    return true;
  }
  const Override* own = service.find("smtpd_client_restrictions");
  const std::string who = own == nullptr ? "" : move.main.expand(own->raw);
  return who.find("permit_sasl_authenticated") != std::string::npos &&
         who.find("reject") != std::string::npos;
}

std::string_view tls_of(const Move& move, const Service& service, std::uint16_t port) {
  if (port == 465 || is_yes(value_in(move, service, "smtpd_tls_wrappermode"))) return "implicit";
  const std::string level = value_in(move, service, "smtpd_tls_security_level");
  const Override* own = service.find("smtpd_tls_security_level");
  return own != nullptr && level == "none" ? "none" : "starttls";
}

// Mail that a content filter hands back comes in by such a door.
bool is_reinjection(const Service& service) {
  const Override* filter = service.find("content_filter");
  return filter != nullptr && filter->raw.empty() && service.name.starts_with("127.");
}

void take_smtpd(Move& move, const Service& service) {
  if (is_reinjection(service)) {
    note_service(move, service, Fate::different,
                 "takes mail back from a content filter; filters here are milters or rspamd, which "
                 "give nothing back");
    return;
  }
  const auto door = door_of(move, service);
  if (!door || door->addresses.empty()) {
    note_service(move, service, Fate::by_hand,
                 "its address or port is not known here; add a [[listener]] with address = "
                 "\"IP:PORT\"");
    return;
  }
  const std::string role = is_submission(move, service, door->port) ? "submission" : "mx";
  const std::string tls(tls_of(move, service, door->port));
  const Override* log_name = service.find("syslog_name");
  std::string name = log_name == nullptr ? "" : move.main.expand(log_name->raw);
  name = name.substr(name.rfind('/') == std::string::npos ? 0 : name.rfind('/') + 1);
  std::vector<std::string> made;
  for (const std::string& address : door->addresses) {
    const std::string at = address.find(':') == std::string::npos
                               ? fmt::format("{}:{}", address, door->port)
                               : fmt::format("[{}]:{}", address, door->port);
    Element element;
    if (!name.empty()) element.emplace_back("name", text_value(name));
    element.emplace_back("address", text_value(at));
    element.emplace_back("role", text_value(role));
    element.emplace_back("tls", text_value(tls));
    const auto done =
        move.draft.add("listener", element,
                       fmt::format("{}:{} {}", move.master_file, service.line, service.label()));
    if (done) made.push_back(at);
    if (!done) note_service(move, service, Fate::by_hand, done.error().detail);
  }
  if (made.empty()) return;
  note_service(move, service, Fate::taken,
               fmt::format("as [[listener]] {} with role = \"{}\", tls = \"{}\"",
                           fmt::join(made, ", "), role, tls));
}

void take_service(Move& move, const Service& service) {
  const bool inet = service.type == "inet";
  if (service.type == "pass" && service.command == "smtpd") {
    note_service(move, service, Fate::same, "our listener hands nothing over");
  } else if (inet && (service.command == "smtpd" || service.command == "postscreen")) {
    take_smtpd(move, service);
  } else if (service.command == "pipe") {
    note_service(move, service, Fate::by_hand,
                 "no program is run on mail here; if it delivers, let Dovecot do it (`stagepost "
                 "dovecot-config`); if it filters, use its milter");
  } else if (inet) {
    note_service(move, service, Fate::different, "no such service is offered here");
  } else if (service.command == "spawn") {
    note_service(move, service, Fate::different,
                 "starts a policy service; see what check_policy_service asks of it");
  } else if (std::ranges::find(machinery, service.command) != machinery.end()) {
    note_service(move, service, Fate::same,
                 "part of Postfix's machinery; our server is one program");
  } else {
    note_service(move, service, Fate::different, "not a service that is known here");
  }
}

// The settings of one service, each with its line.
void note_overrides(Move& move, const Service& service) {
  for (const Override& own : service.overrides) {
    const Place place{.file = move.master_file, .line = own.line};
    const std::string value = move.main.expand(own.raw);
    Words words = words_for_service(service, own.name, value);
    if (is_reinjection(service)) {
      words = {"", Fate::different, "belongs to the way back from a content filter"};
    } else if (value.empty() && words.fate == Fate::by_hand && !own.name.ends_with("_milters")) {
      words = {"", Fate::same, "is empty"};
    }
    move.note_at(place, fmt::format("{}: -o {}={}", service.label(), own.name, own.raw), words.fate,
                 words.words);
  }
}

bool has_submission(Move& move) {
  return std::ranges::any_of(move.master.services, [&](const Service& service) {
    if (service.command != "smtpd" || service.type != "inet") return false;
    const auto door = door_of(move, service);
    return door && is_submission(move, service, door->port);
  });
}

}  // namespace

void take_listeners(Move& move) {
  for (const Service& service : move.master.services) {
    take_service(move, service);
    note_overrides(move, service);
  }
  for (const BrokenLine& line : move.master.broken) {
    move.note_at({.file = move.master_file, .line = line.line}, line.text, Fate::by_hand,
                 "is no service: a line has at least eight words");
  }
  if (!move.draft.has_section("listener")) {
    const auto done = move.draft.add("listener", {{"address", text_value("0.0.0.0:25")}},
                                     "master.cf has no service that listens");
    move.note("inet_interfaces", Fate::by_hand,
              done ? "no service listens; a [[listener]] on 0.0.0.0:25 was made" : "");
    return;
  }
  if (move.is_on("smtpd_sasl_auth_enable") && !has_submission(move)) {
    move.note("smtpd_sasl_auth_enable", Fate::by_hand,
              "people log in on port 25; here they do on a [[listener]] of their own: add one with "
              "address = \"0.0.0.0:587\", role = \"submission\", and one on port 465 with tls = "
              "\"implicit\"");
  }
  move.note("inet_interfaces", Fate::taken, "as the addresses of [[listener]]");
}

}  // namespace postfix
