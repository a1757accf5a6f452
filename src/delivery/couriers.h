// delivery/couriers.h: the Courier that the queue is given: it sends each recipient its way.
//
// What:    Dispatcher: Router, then Maildirs or LMTP for our mailboxes, an SMTP attempt for the
//          others.
// In/Out:  queue::Courier; one per loop. Tells an event per attempt and counts.
// Errors:  all are outcomes.
// Limits:  the queue's; settings.
// Not here: when (queue/), how (maildir.h, attempt.h).
#pragma once

#include <memory>
#include <vector>

#include "delivery/attempt.h"
#include "delivery/connect.h"
#include "delivery/connection_pool.h"
#include "delivery/counters.h"
#include "delivery/maildir.h"
#include "delivery/route.h"
#include "delivery/settings.h"
#include "delivery/status.h"
#include "directory/directory.h"
#include "lib/base/event.h"
#include "lib/base/metrics.h"
#include "lib/dns/resolver.h"
#include "lib/io/doors.h"
#include "lib/io/tls.h"
#include "queue/courier.h"

namespace delivery {

struct Parts {
  io::Doors doors;
  dns::Resolver& resolver;
  const directory::Directory& directory;
  std::shared_ptr<io::TlsClient> tls;
  base::EventSink& events;
  base::Metrics& metrics;
};

class Dispatcher final : public queue::Courier {
 public:
  Dispatcher(Parts parts, std::shared_ptr<const Settings> settings);

  [[nodiscard]] queue::Destination destination(const message::Envelope& envelope,
                                               const message::Recipient& recipient) const override;
  io::Task<std::vector<queue::Outcome>> deliver(queue::Parcel parcel) override;

  // For attempts that begin from now on.
  void set_settings(std::shared_ptr<const Settings> settings);
  // Closes idle connections. No delivery may run or begin.
  io::Task<void> stop();
  [[nodiscard]] Status status() const;

 private:
  io::Task<std::vector<queue::Outcome>> deliver_one_way(std::shared_ptr<const Settings> settings,
                                                        Route route, queue::Parcel parcel);
  io::Task<std::vector<queue::Outcome>> deliver_local(queue::Parcel parcel);
  io::Task<std::vector<queue::Outcome>> deliver_lmtp(queue::Parcel parcel,
                                                     std::vector<MailboxDelivery> deliveries);
  [[nodiscard]] Carrier carrier(std::shared_ptr<const Settings> settings);
  [[nodiscard]] std::vector<queue::Outcome> conclude_local(const queue::Parcel& parcel,
                                                           std::vector<Verdict> verdicts,
                                                           base::Instant began);
  void tell_local(const queue::Parcel& parcel, const Verdict& verdict, base::Instant began);

  Parts parts_;
  std::shared_ptr<const Settings> settings_;
  Router router_;
  Counters counters_;
  // For an hour, plain SMTP; for a day, the password as it is.
  TargetMemory broken_tls_{std::chrono::hours(1)};
  TargetMemory no_scram_{std::chrono::hours(24)};
  MaildirMemory maildir_memory_;
  MaildirWriter maildir_writer_;
  ConnectionPool pool_;
  std::size_t running_ = 0;
};

}  // namespace delivery
