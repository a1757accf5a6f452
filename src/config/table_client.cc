// See table.h: the connecting address, block lists and allow-lists, greylisting.
#include "config/table.h"
#include "lib/base/text.h"

namespace config {
namespace {

using policy::ClientFault;
using policy::ListCodes;
using policy::ListSetting;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::uint64_t score_max = 1'000;
constexpr std::uint64_t rate_max = 1'000'000;

Codec<ClientFault> fault_codec() {
  return choice_codec<ClientFault>({{"accept", ClientFault::accept},
                                    {"defer", ClientFault::defer},
                                    {"reject", ClientFault::reject}});
}

Codec<std::string> zone_codec() {
  Codec<std::string> codec = host_codec();
  codec.kind = "domain name";
  codec.read = [host = host_codec()](const Value& value) -> base::Result<std::string> {
    auto read = host.read(value);
    if (!read) return read;
    return base::lower(*read);
  };
  return codec;
}

std::optional<std::uint8_t> octet_of(std::string_view text) {
  const auto number = base::parse_number(text);
  if (!number || *number > 255) return std::nullopt;
  return static_cast<std::uint8_t>(*number);
}

// "*", "2" or "2-11".
std::optional<ListCodes::Range> range_of(std::string_view text) {
  if (text == "*") return ListCodes::Range{};
  const std::size_t dash = text.find('-');
  const auto first = octet_of(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : octet_of(text.substr(dash + 1));
  if (!first || !last || *last < *first) return std::nullopt;
  return ListCodes::Range{.first = *first, .last = *last};
}

// "127.0.0.2-11", "127.0.*.3 = 5", "127.0.0.10 = 4 an address for end users".
std::optional<ListCodes> codes_of(std::string_view text) {
  ListCodes out;
  out.text = text;
  const std::size_t sign = text.find('=');
  const auto octets = base::split(base::trim(text.substr(0, sign)), '.');
  if (octets.size() != out.octets.size() || octets.front() != "127") return std::nullopt;
  for (std::size_t i = 0; i < octets.size(); ++i) {
    const auto range = range_of(octets[i]);
    if (!range) return std::nullopt;
    out.octets.at(i) = *range;
  }
  if (sign == std::string_view::npos) return out;
  const std::string_view rest = base::trim(text.substr(sign + 1));
  const std::size_t space = rest.find(' ');
  const auto weight = base::parse_number(rest.substr(0, space));
  if (!weight || *weight > score_max) return std::nullopt;
  out.weight = static_cast<unsigned>(*weight);
  if (space != std::string_view::npos) out.meaning = base::trim(rest.substr(space));
  return out;
}

Codec<ListCodes> codes_codec() {
  const Codec<std::string> text = text_codec();
  return {.kind = "\"CODES\" or \"CODES = WEIGHT [MEANING]\"",
          .read = [text](const Value& value) -> base::Result<ListCodes> {
            auto read = text.read(value);
            if (!read) return std::unexpected(read.error());
            if (auto codes = codes_of(*read)) return *codes;
            return base::fail(
                base::ErrorKind::invalid,
                fmt::format("{} are no return codes; write \"127.0.0.2-11\", \"127.0.*.3\" or "
                            "\"127.0.0.10 = 4 an address for end users\"",
                            in_quotes(base::printable(*read, 100))));
          },
          .show = [](const ListCodes& codes) { return in_quotes(codes.text); }};
}

std::vector<Setting> name_settings() {
  return {
      setting("iprev", STAGEPOST_FIELD(policy.client.iprev), flag_codec(),
              "Look whether the client's address has a name that leads back to it."),
      setting("iprev_missing", STAGEPOST_FIELD(policy.client.iprev_missing), fault_codec(),
              "What becomes of mail from addresses without such a name (550 5.7.25). Trouble with "
              "the DNS is never a reason."),
      setting("helo_forged", STAGEPOST_FIELD(policy.client.helo_forged), fault_codec(),
              "What becomes of mail from clients that call themselves by our host name, a domain "
              "of ours or our address, when the name does not lead to them."),
      setting("helo_invalid", STAGEPOST_FIELD(policy.client.helo_invalid), fault_codec(),
              "The same for names that no server has: no dot, localhost, an address without "
              "brackets or of another host, no name at all."),
      setting("lookup_timeout", STAGEPOST_FIELD(policy.client.lookup_timeout),
              duration_codec(seconds(1), minutes(2)),
              "For all look-ups about a client together, which are made at its first MAIL. What is "
              "not known by then counts as unknown."),
      setting("reject_score", STAGEPOST_FIELD(policy.client.reject_score),
              count_codec<unsigned>(1, score_max),
              "Mail of clients is refused whose block lists weigh so much, allow-lists taken off. "
              "postmaster@ and abuse@ are reached all the same."),
      setting("defer_score", STAGEPOST_FIELD(policy.client.defer_score),
              count_codec<unsigned>(0, score_max),
              "Mail is put off (450) from this score on; 0: never."),
      setting("greeting_delay", STAGEPOST_FIELD(policy.client.greeting_delay),
              duration_codec(seconds(0), minutes(1)),
              "How long a stranger waits for the greeting. Servers wait for it, spam programs "
              "often do not. Without a delay only those are seen that have spoken at once."),
      setting("early_talker", STAGEPOST_FIELD(policy.client.early_talker), fault_codec(),
              "What becomes of those that speak before they are greeted."),
      setting("early_talker_score", STAGEPOST_FIELD(policy.client.early_talker_score),
              count_codec<unsigned>(0, score_max),
              "What that adds to the score of the lists, when they are accepted."),
  };
}

std::vector<Setting> rate_settings() {
  const Codec<std::uint32_t> rate = count_codec<std::uint32_t>(0, rate_max);
  return {
      setting("connections_per_minute_max",
              STAGEPOST_FIELD(policy.client.rates.connections_per_minute_max), rate,
              "Connections of one address; an IPv6 /64 counts as one. 0: as many as it likes, here "
              "and below."),
      setting("messages_per_minute_max",
              STAGEPOST_FIELD(policy.client.rates.messages_per_minute_max), rate,
              "Messages of one address."),
      setting("recipients_per_minute_max",
              STAGEPOST_FIELD(policy.client.rates.recipients_per_minute_max), rate,
              "Recipients named by one address."),
      setting("unknown_recipients_per_hour_max",
              STAGEPOST_FIELD(policy.client.rates.unknown_recipients_per_hour_max), rate,
              "Recipients that we do not have, named by one address."),
      setting("network_factor", STAGEPOST_FIELD(policy.client.rates.network_factor),
              count_codec<std::uint32_t>(1, 1'000),
              "An IPv4 /24 or IPv6 /48 may do so many times as much as one address."),
      setting("tracked_max", STAGEPOST_FIELD(policy.client.rates.tracked_max),
              count_codec<std::uint32_t>(1'000, 10'000'000),
              "Addresses and networks whose rates are in memory."),
  };
}

Section client_section() {
  Section section;
  section.name = "client";
  section.text =
      "What the address of a stranger tells who brings mail. Nothing of it is asked about people "
      "who log in, relay_networks and verify.exempt; rates and lists never about private ranges.";
  section.settings = name_settings();
  for (Setting& one : rate_settings()) section.settings.push_back(std::move(one));
  return section;
}

Section list_section() {
  Section section;
  section.name = "list";
  section.text =
      "A block list or allow-list of the DNS (RFC 5782); read its terms of use first. Each is "
      "tested hourly, and set aside while it fails: see `stagepost lists`.";
  repeat(section, STAGEPOST_FIELD(policy.client.lists));
  section.settings = {
      setting("zone", STAGEPOST_FIELD(policy.client.lists.back().zone), zone_codec(),
              "Where it is asked: \"zen.spamhaus.org\". It has to be set."),
      setting("kind", STAGEPOST_FIELD(policy.client.lists.back().kind),
              choice_codec<ListSetting::Kind>(
                  {{"block", ListSetting::Kind::block}, {"allow", ListSetting::Kind::allow}}),
              "Who is on an allow-list is trusted more: its weight is taken off the score."),
      setting("of", STAGEPOST_FIELD(policy.client.lists.back().of),
              choice_codec<ListSetting::Of>({{"address", ListSetting::Of::address},
                                             {"helo", ListSetting::Of::helo},
                                             {"sender", ListSetting::Of::sender}}),
              "What it lists: the client's address (IPv4, and IPv6 when it has any), the name in "
              "HELO, or the domain of MAIL FROM."),
      setting("weight", STAGEPOST_FIELD(policy.client.lists.back().weight),
              count_codec<unsigned>(0, score_max),
              "What a listing counts; see client.reject_score. 0: it is only recorded."),
      setting(
          "codes", STAGEPOST_FIELD(policy.client.lists.back().codes), list_codec(codes_codec()),
          "The return codes that count, such as \"127.0.0.2-9\" or \"127.0.*.2-3 = 5 trusted\"; "
          "the first that fits is taken. Empty: all but errors."),
  };
  // There is no list by default, so that of an element made to read the others is no default.
  section.settings.front().default_text = "";
  return section;
}

Section greylist_section() {
  Section section;
  section.name = "greylist";
  section.text =
      "Mail of strangers whose SPF does not pass has to come a second time. Off by default: it "
      "delays honest mail, too.";
  section.settings = {
      setting("on", STAGEPOST_FIELD(policy.client.greylist.on), flag_codec(),
              "Put off the first mail of a client's network (/24, /64), sender and recipient."),
      setting("spare_dkim", STAGEPOST_FIELD(policy.client.greylist.spare_dkim), flag_codec(),
              "Decide when the message has come: a DKIM signature that passes spares it, too."),
      setting("by_domain", STAGEPOST_FIELD(policy.client.greylist.by_domain), flag_codec(),
              "Of the sender only its domain counts."),
      setting("wait", STAGEPOST_FIELD(policy.client.greylist.wait),
              duration_codec(seconds(1), hours(24)), "How long it has to wait at least."),
      setting("window", STAGEPOST_FIELD(policy.client.greylist.window),
              duration_codec(minutes(1), hours(24 * 30)), "Within this time it has to come again."),
      setting("known_for", STAGEPOST_FIELD(policy.client.greylist.known_for),
              duration_codec(hours(1), hours(24 * 366)),
              "How long it is known after its last mail."),
      setting("successes_min", STAGEPOST_FIELD(policy.client.greylist.successes_min),
              count_codec<std::uint32_t>(0, 10'000),
              "After so many mails that came again all of the network is known; 0: never."),
      setting("entries_max", STAGEPOST_FIELD(policy.client.greylist.entries_max),
              count_codec<std::uint32_t>(1'000, 10'000'000),
              "Entries in memory and in state.db, as keyed hashes."),
  };
  return section;
}

}  // namespace

std::vector<Section> client_sections() {
  return {client_section(), list_section(), greylist_section()};
}

}  // namespace config
