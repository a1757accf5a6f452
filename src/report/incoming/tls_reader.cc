// See tls_reader.h.
#include "report/incoming/tls_reader.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <optional>

#include "lib/base/text.h"
#include "report/dsn_text.h"
#include "report/incoming/aggregate_reader.h"

namespace report {
namespace {

using boost::json::object;
using boost::json::value;

constexpr std::uint64_t count_max = 1'000'000'000'000;

const value* at(const object& from, std::string_view key) { return from.if_contains(key); }

std::string text(const object& from, std::string_view key) {
  const value* found = at(from, key);
  if (found == nullptr || !found->is_string()) return {};
  const auto& string = found->get_string();
  return clean(std::string_view(string.data(), string.size()), text_bytes_max);
}

// Some write numbers as text, some with a point.
std::uint64_t count(const object& from, std::string_view key) {
  const value* found = at(from, key);
  if (found == nullptr) return 0;
  double number = 0;
  if (found->is_string()) {
    const auto& string = found->get_string();
    number = static_cast<double>(
        base::parse_number(std::string_view(string.data(), string.size())).value_or(0));
  } else if (found->is_int64()) {
    number = static_cast<double>(found->get_int64());
  } else if (found->is_uint64()) {
    number = static_cast<double>(found->get_uint64());
  } else if (found->is_double()) {
    number = found->get_double();
  }
  if (!(number > 0)) return 0;
  return number > static_cast<double>(count_max) ? count_max : static_cast<std::uint64_t>(number);
}

const object* object_at(const object& from, std::string_view key) {
  const value* found = at(from, key);
  return found != nullptr ? found->if_object() : nullptr;
}

// RFC 3339 §5.6: fractions of a second say nothing here; an offset is rare, but allowed.
std::optional<base::Time> read_date(std::string_view text) {
  constexpr std::string_view shape = "0000-00-00T00:00:00";
  auto time = base::parse_time(base::upper(text.substr(0, shape.size())) + ".000Z");
  if (!time) return std::nullopt;
  text.remove_prefix(shape.size());
  if (text.starts_with('.')) {
    const auto end = text.find_first_not_of("0123456789", 1);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end);
  }
  if (text == "Z" || text == "z" || text.empty()) return *time;  // some leave the zone out
  const auto hours = base::parse_number(text.substr(1, 2));
  const auto minutes = text.size() == 6 ? base::parse_number(text.substr(4)) : std::nullopt;
  if (text.size() != 6 || text[3] != ':' || !hours || !minutes) return std::nullopt;
  const base::Duration offset = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
  if (text[0] == '+') return *time - offset;
  if (text[0] == '-') return *time + offset;
  return std::nullopt;
}

base::Time time_at(const object& range, std::string_view key, ReceivedReport& report) {
  const auto time = read_date(text(range, key));
  if (time) return *time;
  if (report.remarks.size() < remarks_max) {
    report.remarks.push_back(fmt::format("{} is no date", key));
  }
  return {};
}

void read_failures(const object& policy, ReceivedReport& report) {
  const value* details = at(policy, "failure-details");
  if (details == nullptr || !details->is_array()) return;
  for (const value& one : details->get_array()) {
    if (!one.is_object() || report.rows.size() >= records_max) continue;
    const object& failure = one.get_object();
    ReceivedRow row;
    row.source = text(failure, "sending-mta-ip");
    row.result = text(failure, "result-type");
    row.disposition = text(failure, "receiving-mx-hostname");
    row.count = count(failure, "failed-session-count");
    report.rows.push_back(std::move(row));
  }
}

void read_policy(const object& entry, ReceivedReport& report) {
  if (const object* policy = object_at(entry, "policy")) {
    if (report.domain.empty()) report.domain = base::lower(text(*policy, "policy-domain"));
  }
  if (const object* summary = object_at(entry, "summary")) {
    const std::uint64_t good = count(*summary, "total-successful-session-count");
    const std::uint64_t bad = count(*summary, "total-failure-session-count");
    report.good += good;
    report.count += good + bad;
    if (good > 0) {
      report.rows.push_back(
          {.source = "", .count = good, .good = true, .result = "success", .disposition = ""});
    }
  }
  read_failures(entry, report);
}

}  // namespace

base::Result<ReceivedReport> read_tls_report(std::string_view json) {
  boost::system::error_code error;
  const value parsed = boost::json::parse(json, error);
  if (error) {
    return base::fail(base::ErrorKind::invalid, fmt::format("it is no JSON: {}", error.message()));
  }
  const object* top = parsed.if_object();
  const value* policies = top != nullptr ? at(*top, "policies") : nullptr;
  if (policies == nullptr || !policies->is_array()) {
    return base::fail(base::ErrorKind::invalid, "it is no TLS report: there are no policies");
  }
  ReceivedReport report;
  report.kind = ReportKind::tls;
  report.organization = text(*top, "organization-name");
  report.contact = text(*top, "contact-info");
  report.report_id = text(*top, "report-id");
  if (report.report_id.empty()) {
    return base::fail(base::ErrorKind::invalid, "it has no report-id");
  }
  if (const object* range = object_at(*top, "date-range")) {
    report.begin = time_at(*range, "start-datetime", report);
    report.end = time_at(*range, "end-datetime", report);
  }
  for (const value& one : policies->get_array()) {
    if (one.is_object() && report.rows.size() < records_max) {
      read_policy(one.get_object(), report);
    }
  }
  if (report.domain.empty()) {
    return base::fail(base::ErrorKind::invalid, "it does not say whose mail it is about");
  }
  report.detail = boost::json::serialize(parsed);
  return report;
}

}  // namespace report
