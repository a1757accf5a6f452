// admin/doctor/doctor.h: looks at everything that must be well for mail to flow.
//
// What:    examine() runs all checks at once, keeps the result and says what has changed;
//          run() does so every hour.
// In/Out:  → Examination; state/doctor.json; events doctor.finding and doctor.mended, once each;
//          metrics by severity.
// Errors:  busy when too many ask at once, cancelled at stop. What a check cannot see is `unknown`.
// Limits:  run_time_max for a run, domains_max, waiting_max runs that wait for another.
// Not here: the checks (catalogue.h names them), words for people (cli/doctor_verb.cc).
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "admin/doctor/finding.h"
#include "admin/doctor/ground.h"
#include "admin/doctor/history.h"
#include "lib/base/event.h"
#include "lib/base/metrics.h"
#include "lib/io/completion.h"

namespace doctor {

struct Examination {
  base::Time when;
  base::Duration took{0};
  std::string hostname;
  Findings findings;                   // the gravest first
  std::vector<Change> changes;         // since `compared`
  std::optional<base::Time> compared;  // nothing: there is no earlier result
  [[nodiscard]] std::size_t count(Severity severity) const;
};

// They outlive the Doctor; what is null is not known here.
struct Parts {
  io::Doors doors;
  dns::Resolver& resolver;
  View& view;
  io::Machine& machine;
  const directory::Directory& directory;
  base::EventSink& events;
  base::Metrics& metrics;
  std::shared_ptr<io::TlsClient> tls = {};
  admin::Queues* queues = nullptr;
  const policy::KeyStore* keys = nullptr;
  report::Reports* reports = nullptr;
};

class Doctor {
 public:
  static constexpr base::Duration run_time_max = std::chrono::minutes(4);
  static constexpr base::Duration first_after = std::chrono::minutes(5);  // of a start
  static constexpr std::size_t domains_max = 100;
  static constexpr unsigned waiting_max = 4;

  Doctor(Parts parts, const config::Config& config);
  Doctor(const Doctor&) = delete;
  Doctor& operator=(const Doctor&) = delete;

  // Of one domain alone nothing is kept: the rest would look mended.
  io::Task<base::Result<Examination>> examine(std::string domain = {});
  // The newest result that was kept; nothing: there is none.
  io::Task<std::optional<Result>> kept();
  // Every `doctor.every`, until it is cancelled.
  io::Task<void> run();
  void set_config(const config::Config& config);

 private:
  struct Run;  // one examination under way

  io::Task<base::Result<Examination>> examine_now(std::string domain);
  io::Task<void> look(io::Ref<Run> run);
  io::Task<void> look_at_domains(io::Ref<Run> run);
  [[nodiscard]] Ground ground() const;
  io::Task<void> load();
  io::Task<void> keep(io::Ref<Examination> examination);
  [[nodiscard]] Sample sample(base::Time now);
  void tell(const std::vector<Change>& changed, base::Time now);
  void count(const Examination& examination);

  Parts parts_;
  std::shared_ptr<const config::Config> started_;  // as it was at the start
  std::shared_ptr<const config::Config> config_;
  base::Time config_read_;
  History history_;
  bool loaded_ = false;
  bool running_ = false;
  unsigned waiting_ = 0;
  io::Signal free_;
  base::Counter& delivered_;
  base::Counter& failed_;
  std::uint64_t delivered_before_ = 0;
  std::uint64_t failed_before_ = 0;
  std::array<base::Gauge*, 5> gauges_ = {};  // by severity
  base::Gauge& last_run_;
};

}  // namespace doctor
