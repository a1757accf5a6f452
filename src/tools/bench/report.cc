// See report.h.
#include "tools/bench/report.h"

#include <fmt/format.h>

#include <array>
#include <boost/json.hpp>

#include "lib/base/size.h"

namespace bench {
namespace {

double millis(base::Duration duration) { return static_cast<double>(duration.count()) / 1000.0; }

// Members that say how long it took.
std::string pace_json(std::uint64_t count, base::Duration took) {
  return fmt::format(R"("seconds":{:.6f},"rate":{:.1f})", seconds_of(took),
                     per_second(count, took));
}

std::string refused_json(const LoadReport& report) {
  std::string out;
  for (const auto& [code, count] : report.refused) {
    out += fmt::format("{}\"{}\":{}", out.empty() ? "" : ",", code, count);
  }
  return out;
}

std::string refused_words(const LoadReport& report) {
  std::string out;
  for (const auto& [code, count] : report.refused) {
    out += fmt::format("{}{} with {}", out.empty() ? "" : ", ", with_commas(count), code);
  }
  return out.empty() ? "0" : out;
}

}  // namespace

double seconds_of(base::Duration duration) { return static_cast<double>(duration.count()) / 1e6; }

double per_second(std::uint64_t count, base::Duration took) {
  return took.count() > 0 ? static_cast<double>(count) / seconds_of(took) : 0;
}

std::string json_string(std::string_view text) { return boost::json::serialize(text); }

std::string with_commas(std::uint64_t number) {
  std::string out = fmt::format("{}", number);
  for (std::size_t at = out.size(); at > 3;) out.insert(at -= 3, ",");
  return out;
}

std::string percentiles_json(const Histogram& times) {
  return fmt::format(R"({{"p50":{:.3f},"p90":{:.3f},"p99":{:.3f},"max":{:.3f}}})",
                     millis(times.percentile(0.5)), millis(times.percentile(0.9)),
                     millis(times.percentile(0.99)), millis(times.max()));
}

std::string percentiles_head() {
  return fmt::format("{:24}{:>10}{:>10}{:>10}{:>10}\n", "milliseconds", "p50", "p90", "p99", "max");
}

std::string percentiles_row(std::string_view name, const Histogram& times) {
  if (times.count() == 0) return {};
  return fmt::format("  {:22}{:>10.3f}{:>10.3f}{:>10.3f}{:>10.3f}\n", name,
                     millis(times.percentile(0.5)), millis(times.percentile(0.9)),
                     millis(times.percentile(0.99)), millis(times.max()));
}

std::string load_json(const LoadReport& report) {
  std::string out = fmt::format(
      R"({{"messages":{},"accepted":{},"refused":{{{}}},"recipients_refused":{},"errors":{},{},)",
      report.messages, report.accepted, refused_json(report), report.recipients_refused,
      report.errors, pace_json(report.messages, report.took));
  out += fmt::format(R"("first_error":{},"latency_ms":{{"accept":{},"connect":{}}},)",
                     json_string(report.first_error), percentiles_json(report.accept),
                     percentiles_json(report.connect));
  if (!report.tls.empty()) {
    out += fmt::format(R"("handshake_ms":{},)", percentiles_json(report.handshake));
  }
  out += fmt::format(R"("bytes":{},"tls":{},"pipelining":{},"trouble":{}}})"
                     "\n",
                     report.bytes, json_string(report.tls), report.pipelining, report.trouble);
  return out;
}

std::string load_table(const LoadReport& report, std::uint64_t message_bytes) {
  std::string out = fmt::format(
      "{} messages of {} in {:.2f} s: {:.0f} messages/s, {}/s{}{}\n", with_commas(report.messages),
      base::format_size(message_bytes), seconds_of(report.took),
      per_second(report.messages, report.took),
      base::format_size(static_cast<std::uint64_t>(per_second(report.bytes, report.took))),
      report.pipelining ? ", pipelined" : "", report.tls.empty() ? "" : ", " + report.tls);
  out +=
      fmt::format("  accepted  {}\n  refused   {}\n  errors    {}\n", with_commas(report.accepted),
                  refused_words(report), with_commas(report.errors));
  if (report.recipients_refused > 0) {
    out += fmt::format("  recipients refused, of messages accepted for others: {}\n",
                       with_commas(report.recipients_refused));
  }
  if (report.trouble > 0) {
    out += fmt::format("  besides   {} connections that misbehaved\n", with_commas(report.trouble));
  }
  if (!report.first_error.empty()) out += fmt::format("  first     {}\n", report.first_error);
  if (report.accepted == 0) return out;
  out += percentiles_head();
  out += percentiles_row("MAIL to 250", report.accept);
  out += percentiles_row("connect to 250", report.connect);
  out += percentiles_row("TLS handshake", report.handshake);
  return out;
}

}  // namespace bench
