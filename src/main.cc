// main.cc: where the program begins; see cli/cli.h.
#include <array>

#ifdef STAGEPOST_MIMALLOC
#include <mimalloc.h>
#endif

#include "cli/cli.h"
#include "cli/sendmail/sendmail.h"
#include "tools/bench/verb.h"
#include "tools/simulate/verb.h"

namespace {

// mimalloc gives freed pages back after 25 ms, and a busy server takes them again a moment later:
// 1.1 page faults per message of 10 KiB. After a second they still go back.
void keep_freed_pages_for_a_second() {
#ifdef STAGEPOST_MIMALLOC
  mi_option_set_default(mi_option_decommit_delay, 1000);
#endif
}

}  // namespace

int main(int argc, char** argv) {
  keep_freed_pages_for_a_second();
  if (const auto done = sendmail::run_as(argc, argv)) return *done;
  constexpr std::array<cli::AddVerbs, 2> more{bench::add_verb, simulate::add_verb};
  return cli::run(argc, argv, more);
}
