// main.cc: where the program begins; see cli/cli.h.
#include <array>

#include "cli/cli.h"
#include "tools/bench/verb.h"

int main(int argc, char** argv) {
  constexpr std::array<cli::AddVerbs, 1> more{bench::add_verb};
  return cli::run(argc, argv, more);
}
