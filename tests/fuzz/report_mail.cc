// Fuzz target: whole mails and files with reports in them: MIME, base64, gzip, ZIP, XML, JSON, ARF.
#include <cstdint>
#include <string_view>

#include "lib/base/check.h"
#include "report/incoming/mail_reader.h"
#include "report/incoming/transfer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  report::IncomingSettings limits;
  limits.unpacked_bytes_max = 256U << 10U;
  const report::ReadMail read = report::read_report_mail(text, limits, "mx.demo.test");
  for (const report::FoundReport& one : read.found.reports) {
    CHECK(one.report.good <= one.report.count, "no more good ones than all");
    CHECK(one.file.size() <= 255, "a short name");
  }
  CHECK(read.from.size() <= 600 && read.authentication.size() <= 600, "texts are cut");
  (void)report::read_report_file(text, "file", limits);
  CHECK(report::decode_base64(text).size() <= size, "decoding never grows");
  CHECK(report::decode_quoted_printable(text).size() <= size, "nor this");
  return 0;
}
