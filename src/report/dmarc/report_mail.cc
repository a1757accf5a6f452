// See report_mail.h.
#include "report/dmarc/report_mail.h"

#include <fmt/format.h>
#include <zlib.h>

#include "lib/base/text.h"
#include "lib/message/multipart.h"
#include "lib/message/recode.h"
#include "lib/message/trace_fields.h"
#include "report/dsn_text.h"

namespace report {
namespace {

std::int64_t seconds(base::Time time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

std::string human_part(const MailInput& input, std::string_view file) {
  const AggregateReport& report = input.report;
  std::uint64_t messages = report.dropped;
  for (const CountedRow& row : report.rows) messages += row.count;
  std::string out = wrap(
      fmt::format("This is a DMARC aggregate report about {} messages whose author was of {}, from "
                  "{} until {}. It was made by a program for programs, which read the attached "
                  "file {}; the address it goes to was found in the DNS record _dmarc.{}.",
                  messages, report.policy.domain, base::format_time(report.begin),
                  base::format_time(report.end), file, report.policy.domain),
      "");
  return out;
}

}  // namespace

std::string report_file_name(const Submitter& submitter, const AggregateReport& report) {
  return fmt::format("{}!{}!{}!{}!{}.xml.gz", submitter.domain, report.policy.domain,
                     seconds(report.begin), seconds(report.end), report.report_id);
}

base::Result<std::string> gzip(std::string_view bytes) {
  constexpr int gzip_window = 15 + 16;  // the largest window, a gzip header (zlib.h)
  constexpr int memory_level = 8;       // zlib's default
  z_stream stream = {};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, gzip_window, memory_level,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    return base::fail(base::ErrorKind::limit, "zlib has no memory");
  }
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int done = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (done != Z_STREAM_END) return base::fail(base::ErrorKind::limit, "zlib did not finish");
  return out;
}

std::string write_report_mail(const MailInput& input) {
  const AggregateReport& report = input.report;
  const std::string file = report_file_name(input.submitter, report);
  std::vector<message::Part> parts;
  parts.push_back({.header = "Content-Type: text/plain; charset=us-ascii\r\n",
                   .body = human_part(input, file)});
  parts.push_back({.header = fmt::format("Content-Type: application/gzip;\r\n\tname=\"{0}\"\r\n"
                                         "Content-Transfer-Encoding: base64\r\n"
                                         "Content-Disposition: attachment;\r\n"
                                         "\tfilename=\"{0}\"\r\n",
                                         file),
                   .body = message::base64_lines(input.compressed)});
  const message::Multipart body =
      message::write_multipart("multipart/mixed", parts, report.report_id);

  std::string out = message::date_field(input.now);
  out += fmt::format("From: {}\r\n", input.submitter.from.text());
  out += fmt::format("To: {}\r\n", input.to.text());
  // RFC 9990 §3.5.2: these words in this order.
  out += fmt::format("Subject: Report Domain: {}\r\n Submitter: {}\r\n Report-ID: <{}>\r\n",
                     report.policy.domain, input.submitter.domain, report.report_id);
  // The same for a report that is sent once more, and another for each of its addresses.
  out += message::message_id_field(
      fmt::format("{}.{}", report.report_id, base::hex(input.to.domain).substr(0, 24)),
      input.submitter.hostname);
  out += "Auto-Submitted: auto-generated\r\n";  // RFC 3834 §5.1
  out += "MIME-Version: 1.0\r\n";
  out += fmt::format("Content-Type: {}\r\n\r\n", body.content_type);
  return out + body.body;
}

}  // namespace report
