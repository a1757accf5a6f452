// See aggregate_reader.h.
#include "report/incoming/aggregate_reader.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <charconv>
#include <pugixml.hpp>

#include "lib/base/text.h"
#include "report/dsn_text.h"
#include "report/incoming/xml_repair.h"

namespace report {
namespace {

using base::ErrorKind;
using boost::json::array;
using boost::json::object;

// "ns:feedback" is "feedback".
std::string_view local_name(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  const auto colon = name.rfind(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

pugi::xml_node child(const pugi::xml_node& parent, std::string_view name) {
  for (const pugi::xml_node& one : parent.children()) {
    if (local_name(one) == name) return one;
  }
  return {};
}

std::string text(const pugi::xml_node& parent, std::string_view name) {
  return clean(base::trim(child(parent, name).text().get()), text_bytes_max);
}

// Whole seconds; some write "1529366400.0" or a sign.
std::int64_t number(const pugi::xml_node& parent, std::string_view name) {
  const std::string value = text(parent, name);
  std::int64_t out = 0;
  std::from_chars(value.data(), value.data() + value.size(), out);
  return out;
}

base::Time time_of(std::int64_t seconds) {
  // Until the year 2500; what is beyond is no date of a report, and would overflow.
  constexpr std::int64_t seconds_max = 16'725'225'600;
  return base::Time(std::chrono::seconds(std::clamp<std::int64_t>(seconds, 0, seconds_max)));
}

object fields(const pugi::xml_node& parent, std::initializer_list<std::string_view> names) {
  object out;
  for (const std::string_view name : names) {
    if (const std::string value = text(parent, name); !value.empty()) out[name] = value;
  }
  return out;
}

void remark(ReceivedReport& report, std::string words) {
  if (report.remarks.size() < remarks_max) report.remarks.push_back(std::move(words));
}

std::unexpected<base::Error> refuse(std::string words) {
  return base::fail(ErrorKind::invalid, std::move(words));
}

// RFC 9990 §3.1.6: words of the schema, in lower case. A reporter that writes others has not said
// what we would count.
base::Result<bool> aligned(const pugi::xml_node& evaluated, std::string_view name) {
  const std::string value = text(evaluated, name);
  if (value == "pass") return true;
  if (value == "fail" || value.empty()) return false;
  return refuse(fmt::format("policy_evaluated has {} \"{}\", which is neither pass nor fail", name,
                            base::printable(value, 40)));
}

array results(const pugi::xml_node& parent, std::string_view which) {
  array out;
  for (const pugi::xml_node& one : parent.children()) {
    if (local_name(one) != which || out.size() == 100) continue;  // RFC 9990 §3.1.4: 100
    out.push_back(fields(one, {"domain", "selector", "scope", "result", "human_result"}));
  }
  return out;
}

base::Result<> read_record(const pugi::xml_node& record, ReceivedReport& report, array& records) {
  const pugi::xml_node row = child(record, "row");
  const pugi::xml_node evaluated = child(row, "policy_evaluated");
  const auto dkim = aligned(evaluated, "dkim");
  if (!dkim) return std::unexpected(dkim.error());
  const auto spf = aligned(evaluated, "spf");
  if (!spf) return std::unexpected(spf.error());
  ReceivedRow out;
  out.source = text(row, "source_ip");
  const std::int64_t count = number(row, "count");
  constexpr std::int64_t count_max = 1'000'000'000'000;
  if (count < 0 || count > count_max) return refuse("a row has an impossible count");
  out.count = static_cast<std::uint64_t>(count);
  out.good = *dkim || *spf;
  out.result = *dkim && *spf ? "dkim+spf" : *dkim ? "dkim" : *spf ? "spf" : "none";
  out.disposition = text(evaluated, "disposition");
  // Drafts called them identities.
  pugi::xml_node identifiers = child(record, "identifiers");
  if (!identifiers) identifiers = child(record, "identities");
  array reasons;
  for (const pugi::xml_node& one : evaluated.children()) {
    if (local_name(one) == "reason" && reasons.size() < 20) {
      if (object reason = fields(one, {"type", "comment"}); !reason.empty()) {
        reasons.push_back(std::move(reason));
      }
    }
  }
  const pugi::xml_node auth = child(record, "auth_results");
  records.push_back(
      object{{"source", out.source},
             {"count", out.count},
             {"disposition", out.disposition},
             {"dkim_aligned", *dkim},
             {"spf_aligned", *spf},
             {"reasons", std::move(reasons)},
             {"identifiers", fields(identifiers, {"envelope_to", "envelope_from", "header_from"})},
             {"dkim", results(auth, "dkim")},
             {"spf", results(auth, "spf")}});
  report.count += out.count;
  if (out.good) report.good += out.count;
  report.rows.push_back(std::move(out));
  return {};
}

// The root, wherever it is: a schema around it has been seen.
pugi::xml_node find_feedback(const pugi::xml_document& document) {
  for (const pugi::xml_node& one : document.children()) {
    if (local_name(one) == "feedback") return one;
    if (const pugi::xml_node inner = child(one, "feedback")) return inner;
  }
  return {};
}

base::Result<ReceivedReport> read_feedback(const pugi::xml_node& feedback) {
  ReceivedReport report;
  const pugi::xml_node metadata = child(feedback, "report_metadata");
  const pugi::xml_node range = child(metadata, "date_range");
  const pugi::xml_node policy = child(feedback, "policy_published");
  report.organization = text(metadata, "org_name");
  report.contact = text(metadata, "email");
  report.report_id = text(metadata, "report_id");
  report.domain = base::lower(text(policy, "domain"));
  report.begin = time_of(number(range, "begin"));
  report.end = time_of(number(range, "end"));
  if (report.domain.empty()) return refuse("it does not say whose mail it is about");
  if (report.report_id.empty()) return refuse("it has no report_id");
  if (report.organization.empty()) {
    remark(report, "the reporter does not say who it is (org_name is empty)");
    report.organization = report.contact;
  }
  if (report.end < report.begin) remark(report, "it ends before it begins");
  array records;
  for (const pugi::xml_node& record : feedback.children()) {
    if (local_name(record) != "record") continue;
    if (report.rows.size() == records_max) {
      remark(report,
             fmt::format("it has more than {} records; the others were not read", records_max));
      break;
    }
    if (auto read = read_record(record, report, records); !read) {
      return std::unexpected(read.error());
    }
  }
  if (report.rows.empty()) return refuse("it has no records");
  array errors;
  for (const pugi::xml_node& one : metadata.children()) {
    if (local_name(one) == "error" && errors.size() < remarks_max) {
      errors.emplace_back(clean(one.text().get(), text_bytes_max));
    }
  }
  report.detail = boost::json::serialize(
      object{{"version", text(feedback, "version")},
             {"extra_contact_info", text(metadata, "extra_contact_info")},
             {"generator", text(metadata, "generator")},
             {"errors", std::move(errors)},
             {"policy", fields(policy, {"domain", "adkim", "aspf", "p", "sp", "np", "pct", "fo",
                                        "psd", "testing", "t", "discovery_method"})},
             {"records", std::move(records)}});
  return report;
}

constexpr unsigned options = pugi::parse_cdata | pugi::parse_escapes | pugi::parse_eol;

}  // namespace

base::Result<ReceivedReport> read_aggregate(std::string_view xml) {
  pugi::xml_document document;
  // UTF-16 and others are recognized by the parser; it reads no DTD and knows XML's entities alone.
  const pugi::xml_parse_result parsed = document.load_buffer(xml.data(), xml.size(), options);
  pugi::xml_node feedback = parsed ? find_feedback(document) : pugi::xml_node();
  std::string why;
  if (!feedback) {
    why = parsed ? "no element <feedback> where it should be" : parsed.description();
    const std::string mended = repair_xml(xml);
    if (!document.load_buffer(mended.data(), mended.size(), options, pugi::encoding_utf8)) {
      return refuse(fmt::format("it is no XML: {}", why));
    }
    feedback = find_feedback(document);
  }
  if (!feedback) return refuse("it is no DMARC report: there is no element <feedback>");
  auto report = read_feedback(feedback);
  if (report && !why.empty()) {
    remark(*report, fmt::format("the XML was broken and has been mended ({})", why));
  }
  return report;
}

}  // namespace report
