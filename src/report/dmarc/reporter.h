// report/dmarc/reporter.h: sends aggregate reports when their time has come (RFC 9990 §3).
//
// What:    a day is told after it has ended, at an hour of the settings, the domains spread over
//          the time after it; an operator may send earlier, or only look.
// In/Out:  run() until cancelled; send() at once → what was or would be sent. `post` takes a mail
//          and ends when it is safe in the queue.
// Errors:  DNS trouble: again in retry_after, for give_up_after; then told and dropped. A queue
//          that takes nothing: likewise.
// Limits:  OutgoingSettings.
// Not here: where to (destinations.h), what (aggregate_xml.h), the queue and signing (server/).
//
// A period is closed in reports.db after all its mails are safe in the queue, so a crash between
// the two sends it once more and never loses it: with the same Report-ID and file name, by which
// its receiver knows it as the same (RFC 9990 §3.5.1).
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "lib/base/event.h"
#include "lib/dns/resolver.h"
#include "lib/io/doors.h"
#include "report/dmarc/destinations.h"
#include "report/dmarc/report_mail.h"
#include "report/reports.h"

namespace report {

inline constexpr base::Duration retry_after = std::chrono::minutes(30);
inline constexpr base::Duration give_up_after = std::chrono::hours(72);
inline constexpr base::Duration look_every = std::chrono::minutes(1);

struct ReportToPost {
  message::Address from;  // of the header; the envelope's sender is the null sender
  message::Address to;
  std::string message;
};
// Ends when the mail is safe in the queue.
using Post = std::function<io::Task<base::Result<>>(ReportToPost)>;

struct SendWish {
  std::string domain;    // empty: all
  bool today = false;    // also what was counted of the day that has not ended
  bool dry_run = false;  // nothing is sent and nothing is closed
};

struct SendResult {
  std::string domain;
  std::string report_id;
  base::Time begin;
  base::Time end;
  std::uint64_t messages = 0;
  std::vector<std::string> sent_to;
  std::vector<std::string> refused;
  bool later = false;  // trouble: it will be tried again
  std::string xml;     // of a dry run
};

class Reporter {
 public:
  struct Parts {
    io::Doors doors;
    dns::Resolver& resolver;
    Reports& reports;
    base::EventSink& events;
    Post post;
  };
  explicit Reporter(Parts parts) : parts_(std::move(parts)) {}
  Reporter(const Reporter&) = delete;
  Reporter& operator=(const Reporter&) = delete;

  io::Task<void> run();
  io::Task<base::Result<std::vector<SendResult>>> send(SendWish wish);

 private:
  struct Prepared {
    OpenPeriod period;
    AggregateReport report;
    std::string xml;
    std::string compressed;
  };
  io::Task<base::Result<std::vector<OpenPeriod>>> periods();
  io::Task<void> send_due();
  io::Task<base::Result<SendResult>> send_one(OpenPeriod period, bool dry_run);
  io::Task<base::Result<Prepared>> prepare(OpenPeriod period);
  io::Task<base::Result<>> close(OpenPeriod period, SendResult result);
  [[nodiscard]] base::Time due_at(const PeriodKey& key) const;
  void tell(const SendResult& result);

  Parts parts_;
  std::map<PeriodKey, base::Time> again_;  // periods that met trouble: not before then
  bool sending_ = false;                   // send() and run() take turns
};

}  // namespace report
