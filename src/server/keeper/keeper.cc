// See keeper.h.
#include "server/keeper/keeper.h"

#include <fmt/format.h>

#include <csignal>
#include <cstdio>

#include "server/home.h"
#include "server/keeper/succession.h"

namespace server::keeper {
namespace {

int complain(std::string_view text) {
  std::fputs(fmt::format("stagepost: {}\n", text).c_str(), stderr);
  return 1;
}

}  // namespace

std::string control_path(const std::string& home) { return home + "/keeper.sock"; }

int keep(const std::string& home, const std::string& config_path) {
  auto manager = io::real::ServiceManager::from_environment();
  if (!manager.trouble().empty()) complain(manager.trouble());
  auto handed = io::real::HandedSockets::from_environment();
  if (!handed) return complain(handed.error().detail);
  auto config = load_config(home, config_path);
  if (!config) return complain(config.error().detail);
  auto program_path = io::real::own_program();
  if (!program_path) return complain(program_path.error().detail);
  auto signals = io::real::SignalQueue::open({SIGTERM, SIGINT, SIGHUP});
  if (!signals) return complain(signals.error().detail);
  auto door = io::real::LocalDoor::open(control_path(home));
  if (!door) return complain(door.error().detail);
  Succession succession({.home = home,
                         .config_path = config_path,
                         .program_path = std::move(*program_path),
                         .manager = std::move(manager),
                         .signals = std::move(*signals),
                         .door = std::move(*door),
                         .sockets = Sockets(std::move(*handed))});
  if (auto begun = succession.begin(*config); !begun) return complain(begun.error().detail);
  return succession.run();
}

}  // namespace server::keeper
