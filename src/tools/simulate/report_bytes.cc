// See report.h: what only a run with octets has to say to people.
#include <fmt/format.h>

#include "lib/base/size.h"
#include "tools/bench/report.h"
#include "tools/simulate/comparison.h"
#include "tools/simulate/report.h"

namespace simulate {
namespace {

using bench::with_commas;

std::string octets_words(const Figures& figures) {
  return fmt::format(
      "\noctets\n"
      "  messages of {}: {} came in, {} went out; reports to senders {}\n"
      "  the journal had {} at most\n",
      base::format_size(figures.message_bytes), base::format_size(figures.octets_in),
      base::format_size(figures.octets_out), base::format_size(figures.report_octets),
      base::format_size(figures.disk_bytes_most));
}

std::string arrival_words(const Figures& figures) {
  std::string out = fmt::format("  lost {}, damaged {}, duplicates {}", with_commas(figures.lost),
                                with_commas(figures.damaged), with_commas(figures.duplicates));
  if (figures.duplicates_in_doubt > 0) {
    out += fmt::format(
        ", {} of them because a receiver broke down between the final dot and its "
        "answer (RFC 5321 4.2.5)",
        with_commas(figures.duplicates_in_doubt));
  }
  out += fmt::format("\n  reports that reached their senders: {} of failure, {} of delay\n",
                     with_commas(figures.failure_reports), with_commas(figures.delay_reports));
  if (figures.put_off_at_the_door > 0) {
    out += fmt::format("  the server put a message off at the door {} times\n",
                       with_commas(figures.put_off_at_the_door));
  }
  return out;
}

// Of fewer messages than these the server itself is the most of what is in memory.
constexpr std::uint64_t queue_that_counts = 10'000;

// By the processor's time where that is known: others may keep the machine busy.
std::string machine_words(const Counts& counts, const Machine& machine) {
  const base::Duration worked = machine.processor.count() > 0 ? machine.processor : machine.took;
  const double rate = bench::per_second(counts.all().messages, worked);
  std::string out = fmt::format(
      "\nhere\n  {:.1f} s, {:.1f} s of one processor: {} messages per second\n  {} of memory",
      bench::seconds_of(machine.took), bench::seconds_of(worked),
      with_commas(static_cast<std::uint64_t>(rate)), base::format_size(machine.memory_bytes));
  if (counts.queue_most >= queue_that_counts) {
    out += fmt::format(", {} per message in the queue at most",
                       base::format_size(machine.memory_bytes / counts.queue_most));
  }
  return out + "\n";
}

}  // namespace

std::string bytes_text(const Counts& counts, const ByteResult& bytes) {
  return octets_words(bytes.figures) + arrival_words(bytes.figures) +
         machine_words(counts, bytes.machine) + comparison_text(counts, bytes.schedule);
}

}  // namespace simulate
