// Tests of confinement: every path and port of the configuration is inside the fence.
#include "server/confinement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/table.h"
#include "config/tree.h"

namespace server {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

config::Config example() {
  auto config = config::load(config::example_config({}), "stagepost.toml", "/srv/stagepost");
  EXPECT_TRUE(config) << config.error().detail;
  config->server.config_path = "/srv/stagepost/stagepost.toml";
  return *config;
}

// A path setting that somebody adds must be added to the fence as well.
TEST(Confinement, EveryPathOfTheTableIsInside) {
  for (const config::Section& section : config::sections()) {
    for (const config::Setting& one : section.settings) {
      if (one.kind != "path" || one.key == "syslog_socket") continue;  // a socket is not opened
      config::Config config = example();
      config.server.acme.directory_url = "https://ca.example/directory";
      const std::string name = config::path_of(section, one.key);
      const std::string path = "/far/" + name + "/thing";
      config::Value value;
      value.kind = config::Value::Kind::text;
      value.text = path;
      ASSERT_TRUE(one.set(config, value)) << name;
      const io::real::Fence fence = fence_of(config);
      std::vector<std::string> all = fence.readable;
      all.insert(all.end(), fence.writable.begin(), fence.writable.end());
      EXPECT_THAT(all, testing::AnyOf(Contains(path), Contains("/far/" + name))) << name;
    }
  }
}

TEST(Confinement, FilesOfAliasesAndTheirListsAreInside) {
  config::Config config = example();
  config.directory.alias_files = {
      {.path = "/far/aliases", .domains = {}, .lists_folder = "/far/lists"},
      {.path = "/near/aliases", .domains = {}, .lists_folder = ""}};
  const auto readable = fence_of(config).readable;
  EXPECT_THAT(readable, testing::IsSupersetOf({"/far", "/far/lists", "/near"}));
  EXPECT_THAT(readable, testing::Not(Contains("")));
}

TEST(Confinement, PortsAreThoseOfListeners) {
  config::Config config = example();
  config.admin.http = {{.address = {}, .port = 8'025}};
  config.admin.api.https = {{.address = {}, .port = 8'443}};
  config.session.listeners.front().at.port = 25;
  const auto ports = fence_of(config).bound_ports;
  EXPECT_THAT(ports, testing::IsSupersetOf({0, 25, 8'025, 8'443}));
  EXPECT_THAT(ports, testing::Not(Contains(80)));  // only for certificates
}

TEST(Confinement, ASocketsFolderIsInside) {
  config::Config config = example();
  config.session.listeners.front().socket_path = "/run/stagepost/lmtp";
  EXPECT_THAT(fence_of(config).writable, Contains("/run/stagepost"));
}

TEST(Confinement, AReloadThatStaysInsideIsFine) {
  const config::Config now = example();
  config::Config next = now;
  next.session.certificate_path = "/srv/stagepost/new/mail.pem";  // below the home
  EXPECT_THAT(beyond_fence(now, next), IsEmpty());
}

TEST(Confinement, AReloadThatNeedsMoreIsToldWhat) {
  const config::Config now = example();
  config::Config next = now;
  next.session.certificate_path = "/etc/letsencrypt/live/mx/fullchain.pem";
  next.session.listeners.front().at.port = 26;
  const std::string words = beyond_fence(now, next);
  EXPECT_THAT(words, HasSubstr("/etc/letsencrypt/live/mx, TCP port 26"));
  EXPECT_THAT(words, HasSubstr("restart"));
}

}  // namespace
}  // namespace server
