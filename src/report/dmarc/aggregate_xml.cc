// See aggregate_xml.h.
//
// Reason to differ from the newest words: a report must be read by readers of RFC 7489 and of RFC
// 9990. So only elements and values that both schemas have are written where there is a choice: no
// <version> and no <generator> (optional in RFC 9990, unknown to strict readers of its first
// implementations), disposition "none" and not "pass" for mail that passed, IPv6 in full.
#include "report/dmarc/aggregate_xml.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "lib/base/text.h"
#include "lib/message/utf8.h"
#include "report/dsn_text.h"

namespace report {
namespace {

constexpr std::size_t xml_value_bytes_max = 500;

// XML 1.0 §2.2: no control characters, §2.4: no bare < and &.
std::string escape(std::string_view text) {
  std::string out;
  for (const char c : clean(text, xml_value_bytes_max)) {
    switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  // U+FFFE and U+FFFF are UTF-8, but no characters of XML.
  for (const std::string_view none : {"\xef\xbf\xbe", "\xef\xbf\xbf"}) {
    for (auto at = out.find(none); at != std::string::npos; at = out.find(none)) {
      out.replace(at, none.size(), "?");
    }
  }
  return out;
}

class Writer {
 public:
  void open(std::string_view name) {
    line(fmt::format("<{}>", name));
    ++depth_;
  }
  void close(std::string_view name) {
    --depth_;
    line(fmt::format("</{}>", name));
  }
  void leaf(std::string_view name, std::string_view value) {
    line(fmt::format("<{0}>{1}</{0}>", name, escape(value)));
  }
  void leaf_if(std::string_view name, std::string_view value) {
    if (!value.empty()) leaf(name, value);
  }
  void line(std::string_view text) {
    out_.append(depth_ * 2, ' ');
    out_ += text;
    out_ += '\n';
  }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  std::string out_;
  std::size_t depth_ = 0;
};

std::string_view one_of(std::string_view word, std::initializer_list<std::string_view> words,
                        std::string_view otherwise) {
  return std::ranges::find(words, word) != words.end() ? word : otherwise;
}

// The enumerations of RFC 9990, Appendix A.
std::string_view dkim_result(std::string_view word) {
  return one_of(word, {"none", "pass", "fail", "policy", "neutral", "temperror", "permerror"},
                "neutral");
}
std::string_view spf_result(std::string_view word) {
  return one_of(word, {"none", "neutral", "pass", "fail", "softfail", "temperror", "permerror"},
                "none");
}
std::string_view policy_word(std::string_view word) {
  return one_of(word, {"none", "quarantine", "reject"}, "none");
}
std::string_view reason_type(std::string_view word) {
  return one_of(word, {"local_policy", "mailing_list", "policy_test_mode", "trusted_forwarder"},
                "other");
}

std::int64_t seconds(base::Time time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

void write_metadata(Writer& writer, const AggregateReport& report) {
  writer.open("report_metadata");
  writer.leaf("org_name", report.organization);
  writer.leaf("email", report.contact);
  writer.leaf("report_id", report.report_id);
  writer.open("date_range");
  writer.leaf("begin", fmt::to_string(seconds(report.begin)));
  writer.leaf("end", fmt::to_string(seconds(report.end)));
  writer.close("date_range");
  if (report.dropped > 0) {
    writer.leaf("error", fmt::format("{} more messages are not in this report: there were more "
                                     "different rows than we keep",
                                     report.dropped));
  }
  writer.close("report_metadata");
}

void write_policy(Writer& writer, const PublishedPolicy& policy) {
  const std::string_view p = policy_word(policy.p);
  writer.open("policy_published");
  writer.leaf("domain", policy.domain);
  writer.leaf("discovery_method", "treewalk");
  writer.leaf("adkim", policy.strict_dkim ? "s" : "r");
  writer.leaf("aspf", policy.strict_spf ? "s" : "r");
  writer.leaf("p", p);
  // RFC 9989 §4.7: what is not published has its default.
  const std::string_view sp = policy.sp.empty() ? p : policy_word(policy.sp);
  writer.leaf("sp", sp);
  writer.leaf("np", policy.np.empty() ? sp : policy_word(policy.np));
  writer.leaf_if("fo", policy.fo);
  if (policy.testing) writer.leaf("testing", "y");  // "n" is the default
  writer.close("policy_published");
}

void write_results(Writer& writer, const ReportRow& row) {
  writer.open("auth_results");
  for (const SignatureResult& one : row.dkim) {
    writer.open("dkim");
    writer.leaf("domain", one.domain);
    writer.leaf("selector", one.selector);
    writer.leaf("result", dkim_result(one.result));
    writer.leaf_if("human_result", one.words);
    writer.close("dkim");
  }
  writer.open("spf");
  writer.leaf("domain", row.spf_domain);
  writer.leaf("scope", "mfrom");  // the only value; also for the null sender (RFC 7208 §2.4)
  writer.leaf("result", spf_result(row.spf_result));
  writer.close("spf");
  writer.close("auth_results");
}

void write_record(Writer& writer, const CountedRow& counted) {
  const ReportRow& row = counted.row;
  writer.open("record");
  writer.open("row");
  writer.leaf("source_ip", row.source);
  writer.leaf("count", fmt::to_string(counted.count));
  writer.open("policy_evaluated");
  writer.leaf("disposition", policy_word(row.disposition));
  writer.leaf("dkim", row.dkim_aligned ? "pass" : "fail");
  writer.leaf("spf", row.spf_aligned ? "pass" : "fail");
  for (const Reason& reason : row.reasons) {
    writer.open("reason");
    writer.leaf("type", reason_type(reason.type));
    writer.leaf_if("comment", reason.comment);
    writer.close("reason");
  }
  writer.close("policy_evaluated");
  writer.close("row");
  writer.open("identifiers");
  writer.leaf_if("envelope_to", row.envelope_to);
  writer.leaf("envelope_from", row.envelope_from);  // empty: the null sender
  writer.leaf("header_from", row.header_from);
  writer.close("identifiers");
  write_results(writer, row);
  writer.close("record");
}

}  // namespace

std::string write_aggregate_xml(const AggregateReport& report) {
  Writer writer;
  writer.line("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
  writer.line("<feedback xmlns=\"urn:ietf:params:xml:ns:dmarc-2.0\">");
  write_metadata(writer, report);
  write_policy(writer, report.policy);
  for (const CountedRow& row : report.rows) write_record(writer, row);
  writer.line("</feedback>");
  return writer.take();
}

std::string full_address(std::string_view octets) {
  const auto at = [octets](std::size_t i) { return static_cast<unsigned char>(octets[i]); };
  if (octets.size() == 4) return fmt::format("{}.{}.{}.{}", at(0), at(1), at(2), at(3));
  std::string out;
  for (std::size_t i = 0; i + 1 < octets.size(); i += 2) {
    out += fmt::format("{}{:x}", i == 0 ? "" : ":", at(i) << 8U | at(i + 1));
  }
  return out;
}

}  // namespace report
