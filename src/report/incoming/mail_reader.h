// report/incoming/mail_reader.h: the reports in a mail.
//
// What:    walks the MIME parts, decodes and unpacks what may be a report; reads who sent it and
//          what our own Authentication-Results field says of that.
// In/Out:  a whole message → Unpacked, From and authentication. read_file() takes a file of any
//          kind: a mail, an attachment, bare XML or JSON.
// Errors:  in Unpacked::problems.
// Limits:  IncomingSettings: octets of the mail and unpacked.
// Not here: storing (report_store.h), the queue (inbox_courier.h).
#pragma once

#include <string>
#include <string_view>

#include "report/incoming/unpack.h"
#include "report/settings.h"

namespace report {

struct ReadMail {
  Unpacked found;
  std::string from;            // the From field, decoded and cleaned
  std::string authentication;  // "dmarc=pass …"; "not checked"
  bool proven = false;         // DMARC passed
};

// `authserv_id`: whose Authentication-Results count: our host name; those below the first of it are
// not looked at.
[[nodiscard]] ReadMail read_report_mail(std::string_view message, const IncomingSettings& limits,
                                        std::string_view authserv_id);

[[nodiscard]] Unpacked read_report_file(std::string_view octets, const std::string& name,
                                        const IncomingSettings& limits);

}  // namespace report
