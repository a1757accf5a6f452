// See failure_reader.h.
#include "report/incoming/failure_reader.h"

#include <boost/json.hpp>

#include "lib/base/text.h"
#include "lib/mailauth/dkim_crypto.h"
#include "lib/message/date.h"
#include "lib/message/header.h"
#include "report/dsn_text.h"
#include "report/incoming/aggregate_reader.h"

namespace report {
namespace {

std::string field_of(const std::vector<message::FieldView>& fields, std::string_view name) {
  const message::FieldView* field = message::find_field(fields, name);
  return field == nullptr ? std::string() : clean(message::unfold(field->value), text_bytes_max);
}

}  // namespace

base::Result<ReceivedReport> read_failure(std::string_view text) {
  const auto fields = message::read_header(text);
  // RFC 5965 §3.1: required. RFC 6591 §3.1: its value for failures.
  const std::string type = base::lower(field_of(fields, "Feedback-Type"));
  if (type.empty()) {
    return base::fail(base::ErrorKind::invalid, "the failure report has no Feedback-Type");
  }
  ReceivedReport report;
  report.kind = ReportKind::failure;
  report.organization = field_of(fields, "User-Agent");
  report.contact = field_of(fields, "Reporting-MTA");
  report.domain = base::lower(field_of(fields, "Reported-Domain"));
  constexpr std::size_t id_octets = 16;
  // A failure report has no name of its own: it is known by what it says.
  report.report_id = base::hex(mailauth::sha256(text).substr(0, id_octets));
  std::string arrival = field_of(fields, "Arrival-Date");
  if (arrival.empty()) arrival = field_of(fields, "Received-Date");
  if (const auto date = message::parse_date(arrival)) report.begin = report.end = *date;
  ReceivedRow row;
  row.source = field_of(fields, "Source-IP");
  row.count = base::parse_number(field_of(fields, "Incidents")).value_or(1);
  constexpr std::uint64_t incidents_max = 1'000'000;
  row.count = std::min(row.count, incidents_max);
  row.result = field_of(fields, "Auth-Failure");
  if (row.result.empty()) row.result = type;
  row.disposition = field_of(fields, "Delivery-Result");
  report.count = row.count;
  report.rows.push_back(std::move(row));
  boost::json::object detail;
  for (const message::FieldView& field : fields) {
    constexpr std::size_t fields_max = 50;
    if (field.name.empty() || detail.size() >= fields_max) continue;
    detail[clean(field.name, 100)] = clean(message::unfold(field.value), text_bytes_max);
  }
  report.detail = boost::json::serialize(boost::json::object{{"fields", std::move(detail)}});
  return report;
}

}  // namespace report
