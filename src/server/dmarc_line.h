// server/dmarc_line.h: from what policy saw to what reports count, and from reports to the queue.
//
// What:    DmarcLine translates policy's observations for report/; make_post signs a report's mail
//          and commits it.
// In/Out:  policy::DmarcObserver → report::Reports; report::Post.
// Errors:  a queue that takes nothing: told to the reporter, which tries again.
// Limits:  those of report/.
// Not here: counting (report/dmarc/tally.h), reports (report/dmarc/reporter.h).
#pragma once

#include "policy/dmarc_observation.h"
#include "report/dmarc/reporter.h"
#include "report/reports.h"
#include "server/assemble.h"

namespace server {

// As a row of a report: only domains, never an address of a person.
[[nodiscard]] report::Observation translate(const policy::DmarcObservation& observation);

class DmarcLine final : public policy::DmarcObserver {
 public:
  explicit DmarcLine(report::Reports& reports) : reports_(reports) {}
  void observe(policy::DmarcObservation observation) override;

 private:
  report::Reports& reports_;
};

// The assembly is the one of the reporter's loop; it and the directory outlive the result.
[[nodiscard]] report::Post make_post(Assembly& assembly, const directory::Directory& directory);

}  // namespace server
