// See destinations.h.
#include "report/dmarc/destinations.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/base/text.h"
#include "lib/http/message.h"
#include "lib/io/deadline.h"
#include "lib/mailauth/dmarc.h"
#include "report/dsn_text.h"

namespace report {
namespace {

constexpr base::Duration query_time_max = std::chrono::seconds(20);
constexpr base::Duration walk_time_max = std::chrono::seconds(60);  // eight look-ups
constexpr std::size_t uri_bytes_max = 1'000;
constexpr std::size_t name_bytes_max = 253;  // RFC 1035 §2.3.4, as text

std::string_view strip(std::string_view text) { return base::trim(text); }

// "10m" of RFC 7489 §6.2: a number and k, m, g or t, each 2 to the 10th of the one before.
std::optional<std::uint64_t> parse_limit(std::string_view text) {
  unsigned shift = 0;
  if (!text.empty() && !base::is_digit(text.back())) {
    constexpr std::string_view units = "kmgt";
    const auto unit = units.find(base::to_lower(text.back()));
    if (unit == std::string_view::npos) return std::nullopt;
    shift = 10U * (static_cast<unsigned>(unit) + 1);
    text.remove_suffix(1);
  }
  const auto number = base::parse_number(text);
  constexpr std::uint64_t number_max = 1U << 20U;
  if (!number || *number > number_max) return std::nullopt;
  return *number << shift;
}

io::Task<base::Result<dns::Answer>> query_txt(io::Ref<dns::Resolver> resolver, std::string name) {
  co_return co_await resolver->query(std::move(name), dns::Type::txt);
}

io::Task<dns::Answer> ask(io::Ref<dns::Resolver> resolver, io::Ref<io::Clock> clock,
                          std::string name) {
  auto answer =
      co_await io::with_timeout(*clock, query_time_max, query_txt(resolver, std::move(name)));
  co_return answer ? std::move(*answer) : dns::no_answer(answer.error().text());
}

io::Task<base::Result<mailauth::TreeWalk>> walk(io::Ref<dns::Resolver> resolver,
                                                std::string domain) {
  co_return co_await mailauth::walk_tree(resolver, std::move(domain));
}

// The organizational domain; empty: nobody can say.
io::Task<std::string> organization_of(io::Ref<dns::Resolver> resolver, io::Ref<io::Clock> clock,
                                      std::string domain) {
  auto found = co_await io::with_timeout(*clock, walk_time_max, walk(resolver, std::move(domain)));
  co_return found && !found->trouble ? found->organizational_domain : std::string();
}

bool failed(const dns::Answer& answer) {
  return answer.status == dns::Status::trouble || answer.status == dns::Status::bogus;
}

// RFC 9990 §4, steps 6 and 8: v=DMARC1 comes first; a p= is not asked for.
bool is_consent(std::string_view txt) {
  const std::string_view first = strip(txt.substr(0, txt.find(';')));
  const auto equals = first.find('=');
  return equals != std::string_view::npos && strip(first.substr(0, equals)) == "v" &&
         strip(first.substr(equals + 1)) == "DMARC1";
}

struct Look {
  io::Ref<dns::Resolver> resolver;
  io::Ref<io::Clock> clock;
  DestinationQuery query;
  std::string organization;  // of the domain, once somebody asked for it
};

void refuse(Destinations& out, const ReportUri& uri, std::string_view why) {
  out.refused.push_back(fmt::format("{}: {}", clean(uri.address.text(), 300), why));
}

// The host of the URI consents, or not; and may name other addresses at the same host.
io::Task<void> ask_consent(io::Ref<Look> look, ReportUri uri, io::Ref<Destinations> out) {
  const std::string host = message::domain_key(uri.address.domain);
  const std::string name = fmt::format("{}._report._dmarc.{}", look->query.domain, host);
  if (name.size() > name_bytes_max) {
    refuse(*out, uri, "the name to ask for its consent is too long");
    co_return;
  }
  const dns::Answer answer = co_await ask(look->resolver, look->clock, name);
  if (failed(answer)) {
    out->trouble = true;
    refuse(*out, uri, fmt::format("no answer for {}: {}", name, answer.why));
    co_return;
  }
  std::vector<std::string> instead;
  bool agrees = false;
  for (const dns::Record& record : answer.records) {
    if (!is_consent(record.data)) continue;
    agrees = true;
    for (std::string& one : report_uris(record.data)) instead.push_back(std::move(one));
  }
  if (!agrees) {
    refuse(*out, uri,
           fmt::format("not asked for: there is no TXT record \"v=DMARC1\" at {}", name));
    co_return;
  }
  if (instead.empty()) {
    out->to.push_back(std::move(uri));
    co_return;
  }
  for (const std::string& text : instead) {
    const auto other = parse_report_uri(text);
    // RFC 9990 §4: an override leads to the same host, else neither of the two gets anything.
    if (!other || message::domain_key(other->address.domain) != host) {
      refuse(*out, uri, fmt::format("{} leads to another host", name));
      continue;
    }
    out->to.push_back(*other);
  }
}

io::Task<bool> is_external(io::Ref<Look> look, std::string host) {
  const std::string& domain = look->query.domain;
  if (host == domain) co_return false;
  if (look->organization.empty()) {
    look->organization = co_await organization_of(look->resolver, look->clock, domain);
  }
  const std::string other = co_await organization_of(look->resolver, look->clock, std::move(host));
  // In doubt it is external: then its consent is asked for, which answers the question for sure.
  co_return other.empty() || other != look->organization;
}

io::Task<void> add_uri(io::Ref<Look> look, std::string text, io::Ref<Destinations> out) {
  auto uri = parse_report_uri(text);
  if (!uri) {
    out->refused.push_back(fmt::format("{}: not a mailto: address", clean(text, 300)));
    co_return;
  }
  if (co_await is_external(look, message::domain_key(uri->address.domain))) {
    co_await ask_consent(look, std::move(*uri), out);
  } else {
    out->to.push_back(std::move(*uri));
  }
}

}  // namespace

std::optional<ReportUri> parse_report_uri(std::string_view uri) {
  constexpr std::string_view scheme = "mailto:";
  uri = strip(uri);
  if (uri.size() > uri_bytes_max || !base::istarts_with(uri, scheme)) return std::nullopt;
  uri.remove_prefix(scheme.size());
  ReportUri out;
  // RFC 7489 §6.2: a "!" of the address itself is written %21.
  if (const auto mark = uri.rfind('!'); mark != std::string_view::npos) {
    const auto limit = parse_limit(uri.substr(mark + 1));
    if (!limit) return std::nullopt;
    out.bytes_max = *limit;
    uri = uri.substr(0, mark);
  }
  uri = uri.substr(0, uri.find('?'));  // RFC 6068: header fields for a form; not for us
  const auto decoded = http::percent_decode(uri, false);
  if (!decoded) return std::nullopt;
  auto address = message::parse_address(*decoded);
  if (!address || address->domain.empty() || address->domain.starts_with('[')) return std::nullopt;
  if (!address->is_ascii()) return std::nullopt;
  out.address = std::move(*address);
  return out;
}

std::vector<std::string> report_uris(std::string_view record) {
  std::vector<std::string> out;
  for (const std::string_view tag : base::split(record, ';')) {
    const auto equals = tag.find('=');
    if (equals == std::string_view::npos) continue;
    if (!base::iequals(strip(tag.substr(0, equals)), "rua")) continue;
    for (const std::string_view uri : base::split(tag.substr(equals + 1), ',')) {
      if (out.size() == mailauth::report_addresses_max) return out;
      if (!strip(uri).empty()) out.emplace_back(strip(uri));
    }
    break;
  }
  return out;
}

io::Task<Destinations> find_destinations(io::Ref<dns::Resolver> resolver, io::Ref<io::Clock> clock,
                                         DestinationQuery query) {
  Destinations out;
  Look look{.resolver = resolver, .clock = clock, .query = std::move(query), .organization = {}};
  const dns::Answer answer = co_await ask(resolver, clock, "_dmarc." + look.query.domain);
  if (failed(answer)) {
    out.trouble = true;
    out.refused.push_back(
        fmt::format("no answer for _dmarc.{}: {}", look.query.domain, answer.why));
    co_return out;
  }
  std::vector<std::string> records;
  for (const dns::Record& record : answer.records) {
    if (mailauth::parse_dmarc(record.data)) records.push_back(record.data);
  }
  // RFC 9989 §4.10.1: several records are none.
  if (records.size() != 1) {
    out.refused.emplace_back("the domain publishes no DMARC record any more");
    co_return out;
  }
  for (std::string& uri : report_uris(records.front())) {
    if (out.to.size() >= look.query.destinations_max) {
      out.refused.push_back(fmt::format("{}: more addresses than we send to", clean(uri, 300)));
      continue;
    }
    co_await add_uri(look, std::move(uri), out);
  }
  if (out.to.empty() && out.refused.empty()) {
    out.refused.emplace_back("the domain asks for no reports");
  }
  if (out.to.size() > look.query.destinations_max) out.to.resize(look.query.destinations_max);
  // The same address twice is one.
  std::vector<ReportUri> once;
  for (ReportUri& uri : out.to) {
    if (std::ranges::find(once, uri.address, &ReportUri::address) == once.end()) {
      once.push_back(std::move(uri));
    }
  }
  out.to = std::move(once);
  co_return out;
}

}  // namespace report
