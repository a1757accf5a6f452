// See observation.h.
#include "report/dmarc/observation.h"

#include <boost/json.hpp>
#include <string_view>

#include "report/dsn_text.h"

namespace report {
namespace {

using boost::json::array;
using boost::json::object;

constexpr std::size_t value_bytes_max = 255;  // a domain name; the words of a result

std::string cut(std::string_view text) { return clean(text, value_bytes_max); }

std::string text_of(const object& from, std::string_view key) {
  const auto* value = from.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

bool flag_of(const object& from, std::string_view key) {
  const auto* value = from.if_contains(key);
  return value != nullptr && value->is_bool() && value->get_bool();
}

const array& list_of(const object& from, std::string_view key) {
  static const array none;
  const auto* value = from.if_contains(key);
  return value != nullptr && value->is_array() ? value->get_array() : none;
}

// What we wrote ourselves; of a damaged database nothing is believed.
object object_of(std::string_view text) {
  boost::system::error_code error;
  boost::json::value value = boost::json::parse(text, error);
  return !error && value.is_object() ? std::move(value.get_object()) : object();
}

}  // namespace

std::string encode_row(const ReportRow& row) {
  array reasons;
  for (const Reason& one : row.reasons) {
    if (reasons.size() == reasons_max) break;
    reasons.push_back(object{{"t", cut(one.type)}, {"c", cut(one.comment)}});
  }
  array dkim;
  for (const SignatureResult& one : row.dkim) {
    if (dkim.size() == signatures_max) break;
    dkim.push_back(object{{"d", cut(one.domain)},
                          {"s", cut(one.selector)},
                          {"r", cut(one.result)},
                          {"w", cut(one.words)}});
  }
  return boost::json::serialize(object{{"ip", row.source},
                                       {"disposition", row.disposition},
                                       {"dkim_aligned", row.dkim_aligned},
                                       {"spf_aligned", row.spf_aligned},
                                       {"reasons", std::move(reasons)},
                                       {"header_from", cut(row.header_from)},
                                       {"envelope_from", cut(row.envelope_from)},
                                       {"envelope_to", cut(row.envelope_to)},
                                       {"dkim", std::move(dkim)},
                                       {"spf_domain", cut(row.spf_domain)},
                                       {"spf_result", cut(row.spf_result)}});
}

ReportRow decode_row(std::string_view text) {
  const object from = object_of(text);
  ReportRow row;
  row.source = text_of(from, "ip");
  row.disposition = text_of(from, "disposition");
  row.dkim_aligned = flag_of(from, "dkim_aligned");
  row.spf_aligned = flag_of(from, "spf_aligned");
  row.header_from = text_of(from, "header_from");
  row.envelope_from = text_of(from, "envelope_from");
  row.envelope_to = text_of(from, "envelope_to");
  row.spf_domain = text_of(from, "spf_domain");
  row.spf_result = text_of(from, "spf_result");
  for (const auto& one : list_of(from, "reasons")) {
    if (!one.is_object()) continue;
    row.reasons.push_back(
        {.type = text_of(one.get_object(), "t"), .comment = text_of(one.get_object(), "c")});
  }
  for (const auto& one : list_of(from, "dkim")) {
    if (!one.is_object()) continue;
    const object& signature = one.get_object();
    row.dkim.push_back({.domain = text_of(signature, "d"),
                        .selector = text_of(signature, "s"),
                        .result = text_of(signature, "r"),
                        .words = text_of(signature, "w")});
  }
  return row;
}

std::string encode_policy(const PublishedPolicy& policy) {
  return boost::json::serialize(object{{"domain", cut(policy.domain)},
                                       {"p", cut(policy.p)},
                                       {"sp", cut(policy.sp)},
                                       {"np", cut(policy.np)},
                                       {"strict_dkim", policy.strict_dkim},
                                       {"strict_spf", policy.strict_spf},
                                       {"testing", policy.testing},
                                       {"fo", cut(policy.fo)}});
}

PublishedPolicy decode_policy(std::string_view text) {
  const object from = object_of(text);
  PublishedPolicy policy;
  policy.domain = text_of(from, "domain");
  policy.p = text_of(from, "p");
  policy.sp = text_of(from, "sp");
  policy.np = text_of(from, "np");
  policy.strict_dkim = flag_of(from, "strict_dkim");
  policy.strict_spf = flag_of(from, "strict_spf");
  policy.testing = flag_of(from, "testing");
  policy.fo = text_of(from, "fo");
  return policy;
}

}  // namespace report
