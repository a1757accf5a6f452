// Fuzz target: words and short texts from settings, command line, DNS, headers and other people's
// programs, each by the function that reads it. What has a writer is written and read again.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "admin/expiry.h"
#include "admin/webhooks/places.h"
#include "lib/base/check.h"
#include "lib/base/id.h"
#include "lib/base/pattern.h"
#include "lib/base/size.h"
#include "lib/base/text.h"
#include "lib/base/time.h"
#include "lib/dns/tsig_key.h"
#include "lib/dns/updater.h"
#include "lib/http/message.h"
#include "lib/io/address.h"
#include "lib/io/service_place.h"
#include "lib/message/content_type.h"
#include "lib/message/date.h"
#include "lib/message/look_alike.h"
#include "lib/message/shown_text.h"
#include "lib/smtp/deliver_by.h"
#include "lib/smtp/future_release.h"
#include "lib/smtp/xclient.h"
#include "lib/smtp/xtext.h"
#include "policy/client/list_codes.h"
#include "policy/filters/rspamd.h"
#include "policy/login/web.h"
#include "report/dmarc/destinations.h"
#include "trace/message_search.h"

namespace {

void read_addresses(std::string_view text) {
  if (const auto one = io::IpAddress::parse(text)) {
    CHECK(io::IpAddress::parse(one->text()) == one, "an address");
  }
  if (const auto one = io::Endpoint::parse(text)) {
    CHECK(io::Endpoint::parse(one->text()) == one, "an endpoint");
  }
  (void)io::IpNetwork::parse(text);
  if (const auto one = io::ServicePlace::parse(text)) {
    CHECK(io::ServicePlace::parse(one->text()) == one, "a place");
  }
  (void)dns::parse_server(text);
  (void)webhooks::read_target(text, {});
  (void)policy::parse_url(text);
  (void)policy::parse_rspamd_url(text);
  (void)report::parse_report_uri(text);
}

void read_numbers(std::string_view text) {
  (void)base::parse_number(text);
  (void)base::parse_size(text);
  (void)base::parse_duration(text);
  if (const auto when = base::parse_time(text)) {
    CHECK(base::parse_time(base::format_time(*when)).has_value(), "a time");
  }
  (void)admin::parse_expiry(text, {});
  if (const auto when = message::parse_date(text)) {
    CHECK(message::parse_date(message::date_text(*when)).has_value(), "a date");
  }
  (void)smtp::parse_by(text);
  (void)smtp::parse_hold_for(text);
  (void)smtp::parse_date_time(text);
  if (const auto id = base::MessageId::parse(text)) {
    CHECK(base::MessageId::parse(id->text()) == id, "an id");
  }
  if (const auto place = trace::parse_place(text)) {
    CHECK(trace::parse_place(trace::place_text(*place)) == place, "a place in the trace");
  }
}

void read_codings(std::string_view text) {
  if (const auto octets = base::unhex(text)) {
    CHECK(base::hex(*octets) == base::lower(text), "hexadecimal");
  }
  (void)base::unbase64(text);
  (void)smtp::parse_xtext(text);
  for (const bool plus : {false, true}) (void)http::percent_decode(text, plus);
  const auto back = http::percent_decode(http::percent_encode(text), false);
  CHECK(back && *back == text, "percent");
  (void)http::parse_query(text);
  (void)dns::parse_tsig_key(text);
  (void)dns::parse_tsig_secret(text, "key.test");
}

void read_words(std::string_view text) {
  (void)message::parse_content_type(text);
  (void)message::first_token(text);
  (void)message::shown_text(text);
  CHECK(message::name_tokens(text).size() <= message::name_tokens_max, "a bound");
  (void)message::name_key(text);
  (void)message::mixes_scripts(text);
  (void)message::swap_twins(message::skeleton(text));
  (void)base::matches_pattern("mx.home.test", text);
  (void)smtp::parse_xclient(
      text, {"ADDR", "NAME", "PORT", "PROTO", "HELO", "LOGIN", "DESTADDR", "DESTPORT"});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  read_addresses(text);
  read_numbers(text);
  read_codings(text);
  read_words(text);
  return 0;
}
