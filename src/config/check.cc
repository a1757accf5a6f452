// See check.h.
#include "config/check.h"

#include <fmt/format.h>

namespace config {
namespace {

class Checker {
 public:
  Checker(const Config& config, const Lines& lines) : config_(config), lines_(lines) {}

  std::vector<Problem> run() {
    required("hostname", "set it to this server's full name: hostname = \"mail.example.org\"");
    listeners();
    certificate();
    routes();
    relays();
    if (config_.trace.file_bytes_max > config_.trace.bytes_max) {
      problem("trace.bytes_max", "is less than trace.file_bytes_max; make it some times as large");
    }
    if (config_.queue.draft_chunk_bytes > config_.queue.segment_bytes) {
      problem("queue.draft_chunk_bytes",
              "is more than queue.segment_bytes; make it smaller than that");
    }
    return std::move(problems_);
  }

 private:
  [[nodiscard]] bool set(std::string_view key) const { return lines_.contains(key); }
  [[nodiscard]] int line(std::string_view key) const {
    const auto found = lines_.find(key);
    return found == lines_.end() ? 0 : found->second;
  }

  void problem(std::string key, std::string words) {
    problems_.push_back({.line = line(key), .key = std::move(key), .words = std::move(words)});
  }

  void required(const std::string& key, std::string_view remedy) {
    if (!set(key)) problem(key, fmt::format("is missing; {}", remedy));
  }

  // Of the elements of [[name]], each must set `key`.
  void required_in(std::string_view name, std::string_view key, std::string_view remedy) {
    for (std::size_t i = 1; set(fmt::format("{}[{}]", name, i)); ++i) {
      const std::string section = fmt::format("{}[{}]", name, i);
      const std::string path = fmt::format("{}.{}", section, key);
      if (set(path)) continue;
      problems_.push_back(
          {.line = line(section), .key = path, .words = fmt::format("is missing; {}", remedy)});
    }
  }

  // An open relay is on every block list within hours (invariant 5).
  void relays() {
    for (const io::IpNetwork& network : config_.policy.relay_networks) {
      if (network.prefix_bits > 0) continue;
      problem("policy.relay_networks", fmt::format("{} would let the whole world relay; name the "
                                                   "networks of your own hosts",
                                                   network.text()));
    }
  }

  void listeners() {
    if (!set("listener")) {
      problem("listener",
              "is missing, so nobody could connect; add a section [[listener]] with address = "
              "\"0.0.0.0:25\"");
    }
    required_in("listener", "address", "write where to listen: address = \"0.0.0.0:25\"");
    const auto& all = config_.session.listeners;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const std::string key = fmt::format("listener[{}].address", i + 1);
      if (!set(key)) continue;
      for (std::size_t j = 0; j < i; ++j) {
        if (all[i].at == all[j].at) {
          problem(key, fmt::format("{} is taken by listener[{}]; give each its own address or port",
                                   all[i].at.text(), j + 1));
        }
      }
    }
  }

  void certificate() {
    if (set("tls.certificate") == set("tls.key")) return;
    const bool has_key = set("tls.key");
    problem(has_key ? "tls.key" : "tls.certificate",
            fmt::format("is set without tls.{}; set both, or none for a self-signed certificate",
                        has_key ? "certificate" : "key"));
  }

  void routes() {
    required_in("route", "domain", "write which recipients it is for: domain = \"example.org\"");
    for (std::size_t i = 0; i < config_.delivery.routes.size(); ++i) {
      const auto& route = config_.delivery.routes[i];
      const std::string name = fmt::format("route[{}]", i + 1);
      const bool encrypted = route.implicit_tls || route.tls == delivery::TlsDemand::required ||
                             route.tls == delivery::TlsDemand::verified;
      if (!route.user.empty() && !encrypted) {
        problem(name + ".user",
                "would be sent without encryption; add tls = \"verified\" (or \"required\")");
      }
      if (route.user.empty() != route.password.empty()) {
        problem(name + (route.user.empty() ? ".password" : ".user"),
                "user and password belong together; set both or none");
      }
      if (!route.user.empty() && route.host.empty()) {
        problem(name + ".user", "logs in nowhere; add the host to log in at: host = \"…\"");
      }
    }
  }

  const Config& config_;
  const Lines& lines_;
  std::vector<Problem> problems_;
};

}  // namespace

std::vector<Problem> check(const Config& config, const Lines& lines) {
  return Checker(config, lines).run();
}

}  // namespace config
