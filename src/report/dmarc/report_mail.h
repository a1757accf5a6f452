// report/dmarc/report_mail.h: the mail that carries an aggregate report (RFC 9990 §3.5.2).
//
// What:    compresses the XML, names the file, writes header and parts.
// In/Out:  report, XML, one recipient → the whole message with CRLF, ready to be signed.
// Errors:  limit when zlib refuses (it never should).
// Limits:  the XML's size.
// Not here: the XML (aggregate_xml.h), signing and the queue (server/).
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/message/address.h"
#include "report/dmarc/aggregate_xml.h"

namespace report {

struct Submitter {
  message::Address from;
  std::string domain;    // of the From address: "receiver" of the file name
  std::string hostname;  // of the Message-ID
};

// receiver!policy-domain!begin!end!id.xml.gz
[[nodiscard]] std::string report_file_name(const Submitter& submitter,
                                           const AggregateReport& report);

[[nodiscard]] base::Result<std::string> gzip(std::string_view bytes);

struct MailInput {
  const Submitter& submitter;
  const AggregateReport& report;
  std::string_view compressed;  // gzip() of the XML
  message::Address to;
  base::Time now;
};
[[nodiscard]] std::string write_report_mail(const MailInput& input);

}  // namespace report
