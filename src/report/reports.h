// report/reports.h: all that this process knows for and of DMARC and TLS reports.
//
// What:    the tally of evaluated messages, reports.db behind a mutex, and the work on both.
// In/Out:  observe() from every loop; run() writes every few seconds; the rest is asked by the
//          reporter, the inbox and admin.
// Errors:  those of report_store.h; counts that cannot be written are kept and written later.
// Limits:  settings.h; a crash loses save_every of counts.
// Not here: building and sending reports (dmarc/reporter.h), SQL (report_store.h).
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/event.h"
#include "lib/io/clock.h"
#include "lib/io/pool.h"
#include "lib/message/address.h"
#include "report/dmarc/tally.h"
#include "report/incoming/mail_reader.h"
#include "report/report_store.h"
#include "report/settings.h"

namespace report {

// What became of the reports of one mail or file.
struct Stored {
  std::vector<std::int64_t> numbers;  // in reports.db
  std::size_t duplicates = 0;
  std::vector<std::string> problems;
  [[nodiscard]] bool any() const { return !numbers.empty() || duplicates > 0; }
};

// One per process. May be used from every loop.
class Reports {
 public:
  [[nodiscard]] static base::Result<std::unique_ptr<Reports>> open(const Settings& settings,
                                                                   base::EventSink& events);
  Reports(const Reports&) = delete;
  Reports& operator=(const Reports&) = delete;

  // Counts it when reports are sent at all. Never blocks.
  void observe(const Observation& observation);
  [[nodiscard]] bool is_inbox(const message::Address& address) const;

  [[nodiscard]] std::shared_ptr<const ReportsSettings> settings() const;
  [[nodiscard]] std::string hostname() const;
  // An address that is none counts as not set: open() has refused it, a reload has not.
  void set_settings(const Settings& settings);

  // Writes what was counted. Blocks.
  [[nodiscard]] base::Result<> save();
  // save() every few seconds, and once an hour what is too old goes, until cancelled.
  io::Task<void> run(io::Ref<io::Clock> clock, io::Ref<io::Pool> pool);

  // Reads a mail that came to an inbox and stores what is in it. Blocks.
  [[nodiscard]] base::Result<Stored> take_mail(std::string_view message, base::Time now);
  // Likewise for a file of an administrator.
  [[nodiscard]] base::Result<Stored> take_file(std::string_view octets, const std::string& name,
                                               base::Time now);

  // Runs `work` with the store, alone. Blocks.
  template <class Work>
  auto with_store(Work work) {
    const std::scoped_lock lock(store_mutex_);
    return work(*store_);
  }

 private:
  Reports(std::unique_ptr<ReportStore> store, const Settings& settings, base::EventSink& events);
  [[nodiscard]] base::Result<Stored> store(Unpacked found, const Arrival& arrival);
  void tell(base::Severity severity, std::string_view name, base::Time now, std::string text);

  base::EventSink& events_;
  Tally tally_;
  std::mutex store_mutex_;
  std::unique_ptr<ReportStore> store_;
  Counts unsaved_;  // taken from the tally, not written yet; behind store_mutex_
  mutable std::mutex settings_mutex_;
  std::shared_ptr<const ReportsSettings> settings_;
  std::string hostname_;
  bool failing_ = false;
};

}  // namespace report
