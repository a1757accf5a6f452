// server/local_mail/collector.h: letters that `sendmail` left while nobody took them.
//
// What:    looks into the drop folder at the start and every look_every; each letter goes into the
//          queue, and only then out of the folder.
// In/Out:  files of the drop folder (lib/io/real/drop_box.h) → the intake.
// Errors:  what is no letter is set aside with a line in the log; a letter that is refused comes
//          back to its sender as a report; one that cannot be taken now stays until expire_after.
// Limits:  letters_per_look_max, letter_bytes_max; a letter that must wait is tried again after
//          look_every, then after twice as long and so on, up to retry_after_max.
// Not here: the letter (letter.h), its way (intake.h).
//
// A crash between the commit and the removal does no harm: the letter's key is remembered beside
// the queue (admin/sending/key_book.h), so the next start answers as before and only removes it.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/event.h"
#include "lib/base/metrics.h"
#include "lib/io/doors.h"
#include "lib/io/real/drop_box.h"
#include "lib/io/task.h"
#include "server/local_mail/intake.h"
#include "server/local_mail/refusal_report.h"

namespace local_mail {

inline constexpr base::Duration retry_after_max = std::chrono::minutes(10);

class Collector {
 public:
  struct Parts {
    io::Doors doors;
    Intake& intake;
    RefusalReport& report;
    base::EventSink& events;
    base::Metrics& metrics;
    io::real::DropBox box;
    Settings settings;
    std::uint64_t letter_bytes_max;
    base::Duration expire_after;
  };
  explicit Collector(Parts parts);
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;

  io::Task<void> run();  // until it is cancelled
  io::Task<void> look();

 private:
  io::Task<void> collect(std::string name);
  io::Task<void> send(std::string name, io::real::Dropped dropped);
  io::Task<void> conclude(std::string name, Original original, http::Response answer);
  io::Task<void> remove(std::string name);
  io::Task<void> set_aside(std::string name, std::string why);
  void wait_longer(const std::string& name);
  void tell(base::Severity severity, std::string_view event, std::string text) const;

  struct Wait {
    base::Instant until;
    base::Duration pause;
  };
  Parts parts_;
  base::Counter& taken_;
  base::Counter& refused_;
  base::Counter& bad_;
  std::map<std::string, Wait> later_;  // of names that are in the folder
  std::optional<base::Instant> swept_;
};

}  // namespace local_mail
