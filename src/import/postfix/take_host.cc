// See move.h: what this host is called, and who may relay through it.
#include <fmt/format.h>

#include <algorithm>

#include "import/postfix/lines.h"
#include "import/postfix/move.h"
#include "lib/base/text.h"
#include "lib/io/address.h"

namespace postfix {
namespace {

void take_names(Move& move) {
  const std::string host = move.value("myhostname");
  const auto done = move.draft.set("hostname", text_value(host),
                                   fmt::format("{} myhostname", move.place("myhostname").text()));
  if (done) {
    move.note("myhostname", Fate::taken, fmt::format("as hostname = \"{}\"", host));
  } else {
    // Without a name there is no configuration at all.
    const auto fallback = move.draft.set("hostname", text_value("mail.invalid"),
                                         "myhostname is no host name; write the right one");
    move.note("myhostname", Fate::by_hand,
              fmt::format("hostname {}{}", done.error().detail, fallback ? "" : "!"));
  }
  move.note("mydomain", Fate::taken,
            fmt::format("as \"{}\" wherever $mydomain stands", move.value("mydomain")));
}

// "/etc/mailname" names a file with the name in it.
void take_origin(Move& move) {
  std::string origin = move.value("myorigin");
  if (origin.starts_with('/')) {
    const auto file = move.sources.read(origin);
    if (!file) {
      move.note("myorigin", Fate::by_hand,
                fmt::format("{} cannot be read ({}); {} is taken for it", origin,
                            file.error().detail, move.value("myhostname")));
      move.main.set_default("stagepost_origin", move.value("myhostname"));
      return;
    }
    const std::string_view text = base::trim(file->text);
    origin = text.substr(0, text.find_first_of("\r\n"));
  }
  move.main.set_default("stagepost_origin", base::lower(origin));
  move.note(
      "myorigin", Fate::taken,
      fmt::format("names without a domain in tables get @{}; here a program that sends has to "
                  "name its domain, or logs in and gets that of its account",
                  origin));
}

// "[::1]/128" → "::1/128"; "[::ffff:127.0.0.0]/104" → "127.0.0.0/8".
std::string network_text(std::string_view item) {
  std::string text(item);
  std::erase_if(text, [](char c) { return c == '[' || c == ']'; });
  constexpr std::string_view mapped = "::ffff:";
  if (!base::istarts_with(text, mapped) || text.find('.') == std::string::npos) return text;
  const std::size_t slash = text.find('/');
  const auto bits = base::parse_number(
      slash == std::string::npos ? "128" : std::string_view(text).substr(slash + 1));
  if (!bits || *bits < 96) return text;
  return fmt::format("{}/{}", text.substr(mapped.size(), slash - mapped.size()), *bits - 96);
}

constexpr std::string_view exceptions = "exceptions have no equal; name the networks that remain";

class Networks {
 public:
  explicit Networks(Move& move) : move_(move) {}

  void add(std::string_view item) {
    if (item.starts_with('!')) {
      leave(item, exceptions);
      return;
    }
    if (is_table(item) && !io::IpNetwork::parse(network_text(item))) {
      add_table(item);
      return;
    }
    const auto network = io::IpNetwork::parse(network_text(item));
    if (!network) {
      leave(item, "is no network; write it as in 192.0.2.0/24");
    } else if (network->prefix_bits == 0) {
      leave(item, "would let the whole world relay, and is left out");
    } else if (std::ranges::find(found_, network->text()) == found_.end()) {
      found_.push_back(network->text());
    }
  }

  [[nodiscard]] const std::vector<std::string>& found() const { return found_; }

 private:
  void add_table(std::string_view item) {
    const std::string name(item.starts_with('/') ? "texthash:" + std::string(item)
                                                 : std::string(item));
    const Table table = read_table(name, move_.sources);
    move_.note_table("mynetworks", table);
    for (const Entry& entry : table.entries) {
      const bool exception = base::iequals(entry.value, "reject") || entry.key.starts_with('!');
      if (exception) {
        move_.note_at(entry.place, entry.key, Fate::by_hand, exceptions);
      } else if (!io::IpNetwork::parse(network_text(entry.key))) {
        move_.note_at(entry.place, entry.key, Fate::by_hand, "is no network");
      } else {
        move_.note_at(entry.place, entry.key, Fate::taken, "in policy.relay_networks");
        add(entry.key);
      }
    }
  }

  void leave(std::string_view item, std::string_view why) {
    move_.note_at(move_.place("mynetworks"), fmt::format("mynetworks: {}", item), Fate::by_hand,
                  std::string(why));
  }

  Move& move_;
  std::vector<std::string> found_;
};

// Do the restrictions let mynetworks relay at all?
bool networks_may_relay(const Move& move) {
  const auto has = [&](std::string_view name) {
    return move.value(name).find("permit_mynetworks") != std::string::npos;
  };
  return has("smtpd_relay_restrictions") || has("smtpd_recipient_restrictions");
}

void take_networks(Move& move) {
  if (!networks_may_relay(move)) {
    move.note(
        "mynetworks", Fate::different,
        "no restriction says permit_mynetworks, so nobody relays without logging in; here, too");
    return;
  }
  Networks networks(move);
  for (const std::string& item : list_of(move.value("mynetworks"))) networks.add(item);
  if (move.is_set("mynetworks")) {
    move.take("mynetworks", "policy.relay_networks", list_value(networks.found()));
    move.note("mynetworks_style", Fate::same, "mynetworks is set and counts");
    return;
  }
  // Postfix would look at the host's interfaces; this host itself is what every style lets relay.
  const auto done = move.draft.set("policy.relay_networks", list_value(networks.found()),
                                   "this host itself, as mynetworks_style has it");
  const std::string style = move.value("mynetworks_style");
  move.note("mynetworks_style", style == "host" ? Fate::taken : Fate::by_hand,
            style == "host" ? fmt::format("as policy.relay_networks = {}{}",
                                          written(list_value(networks.found())), done ? "" : "!")
                            : "only this host itself may relay here; add your networks to "
                              "policy.relay_networks, one by one");
}

void take_delimiter(Move& move) {
  const std::string value = move.value("recipient_delimiter");
  if (value == "+") {
    move.note("recipient_delimiter", Fate::same, "you+anything@ finds you@");
  } else {
    move.note("recipient_delimiter", value.empty() ? Fate::different : Fate::by_hand,
              value.empty()
                  ? "here you+anything@ finds you@"
                  : "you+anything@ finds you@, and no other sign than + does; make aliases "
                    "for addresses that are in use");
  }
}

void take_source(Move& move, std::string_view name, std::string_view path) {
  const std::string address = move.value(name);
  if (!address.empty()) move.take(name, path, text_value(address));
}

}  // namespace

void take_host(Move& move) {
  take_names(move);
  take_origin(move);
  take_networks(move);
  take_delimiter(move);
  take_source(move, "smtp_bind_address", "delivery.source_ipv4");
  take_source(move, "smtp_bind_address6", "delivery.source_ipv6");
  const std::string protocols = move.value("inet_protocols");
  if (protocols.find("ipv6") == std::string::npos && protocols.find("all") == std::string::npos) {
    move.take("inet_protocols", "delivery.ipv6", flag_value(false), "and no listener has IPv6");
  } else {
    move.note("inet_protocols", protocols == "ipv6" ? Fate::by_hand : Fate::same,
              protocols == "ipv6" ? "listeners have IPv6 alone; deliveries use IPv4, too"
                                  : "both are used");
  }
}

}  // namespace postfix
