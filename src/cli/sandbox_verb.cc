// See cli.h. sandbox: what is closed to the server, and whether it holds.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "cli/answer.h"
#include "cli/cli.h"
#include "lib/io/real/files.h"
#include "lib/io/real/sandbox_trial.h"
#include "server/confinement.h"
#include "server/home.h"

namespace cli {
namespace {

void print_fence(const io::real::Fence& fence) {
  for (const std::string& path : fence.writable) std::printf("  writes  %s\n", path.c_str());
  for (const std::string& path : fence.readable) std::printf("  reads   %s\n", path.c_str());
  for (const std::string& path : fence.listed) std::printf("  lists   %s\n", path.c_str());
  std::string ports;
  for (const std::uint16_t port : fence.bound_ports) {
    if (port != 0) ports += fmt::format(" {}", port);
  }
  std::printf("  listens on TCP ports%s\n", ports.c_str());
}

int print_trials(const std::vector<io::real::Trial>& trials) {
  for (const io::real::Trial& trial : trials) {
    std::printf("  %-46s %s%s\n", trial.what.c_str(),
                trial.refused ? "refused: " : "NOT REFUSED: ", trial.outcome.c_str());
  }
  return std::ranges::all_of(trials, &io::real::Trial::refused) ? 0 : 1;
}

int examine(const Place& place) {
  const auto config = server::load_config(place.home, place.config_path);
  if (!config) return complain(config.error().detail);
  if (auto done = server::work_as_owner(*config); !done) return complain(done.error().detail);
  io::real::PosixFiles files;
  const io::real::Fence fence = server::fence_of(*config);
  const auto report = server::confine(*config, files);
  if (!report) return complain(report.error().detail);
  std::printf("%s\n\nThe server may, besides talking to the network:\n", report->text().c_str());
  print_fence(fence);
  if (!config->server.sandbox) {
    std::printf("\n[server] sandbox = false: the running server has none of this.\n");
  }
  std::printf("\nWhat an intruder in it would try:\n");
  return print_trials(io::real::try_everything());
}

}  // namespace

void add_sandbox_verb(Verbs verbs) {
  verbs.app
      .add_subcommand(
          "sandbox",
          "Show which files, ports and system calls stay open to the server, enter the same\n"
          "sandbox, and try to get out: run a program, read other people's files, trace the\n"
          "parent. A running server is not touched. Exit code: 0 every try is refused, 1 one\n"
          "is not.\n"
          "  stagepost sandbox")
      .callback([verbs] { verbs.status = examine(verbs.place); });
}

}  // namespace cli
