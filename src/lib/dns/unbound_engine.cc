// See unbound_engine.h.
#include "lib/dns/unbound_engine.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unbound.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <list>
#include <mutex>
#include <thread>
#include <utility>

#include "lib/base/check.h"
#include "lib/dns/names.h"
#include "lib/dns/rdata.h"
#include "lib/io/address.h"

namespace dns {
namespace {

constexpr int class_in = 1;
constexpr int rcode_no_error = 0;
constexpr int rcode_servfail = 2;
constexpr int rcode_refused = 5;

std::string why_not(const ub_result& result) {
  if (result.why_bogus != nullptr) return result.why_bogus;
  switch (result.rcode) {
    case rcode_servfail: return "SERVFAIL";
    case rcode_refused: return "REFUSED";
    default: return fmt::format("rcode {}", result.rcode);
  }
}

Answer to_answer(const ub_result& result, Type type, std::size_t records_max) {
  Answer answer;
  answer.secure = result.secure != 0;
  answer.ttl_seconds = result.ttl > 0 ? static_cast<std::uint32_t>(result.ttl) : 0;
  answer.canonical_name = name_key(result.canonname != nullptr ? result.canonname : result.qname);
  if (result.bogus != 0) {
    answer.status = Status::bogus;
    answer.why = why_not(result);
    return answer;
  }
  if (result.nxdomain != 0) {
    answer.status = Status::no_name;
    return answer;
  }
  if (result.rcode != rcode_no_error) {
    answer.why = why_not(result);
    return answer;
  }
  if (result.havedata == 0) {
    answer.status = Status::no_data;
    return answer;
  }
  for (std::size_t i = 0; result.data[i] != nullptr && i < records_max; ++i) {
    const std::string_view data(result.data[i], static_cast<std::size_t>(result.len[i]));
    if (auto record = read_record(type, data)) answer.records.push_back(std::move(*record));
  }
  // Records that are all malformed say nothing about whether the name exists.
  answer.status = answer.records.empty() ? Status::trouble : Status::ok;
  if (answer.records.empty()) answer.why = "malformed records";
  return answer;
}

// "192.0.2.53" → "192.0.2.53@53", as libunbound writes it.
base::Result<std::pair<io::IpAddress, std::string>> forwarder_of(const std::string& text) {
  io::Endpoint endpoint;
  if (const auto address = io::IpAddress::parse(text)) {
    endpoint = {*address, 53};
  } else if (const auto with_port = io::Endpoint::parse(text)) {
    endpoint = *with_port;
  } else {
    return base::fail(base::ErrorKind::invalid,
                      fmt::format("forwarder \"{}\" is no address", text));
  }
  return std::pair{endpoint.address, fmt::format("{}@{}", endpoint.address.text(), endpoint.port)};
}

class Engine final : public UnboundEngine {
 public:
  explicit Engine(const Settings& settings)
      : records_max_(settings.records_max),
        context_(ub_ctx_create()),
        wake_(::eventfd(0, EFD_CLOEXEC)) {}

  ~Engine() override {
    if (collector_.joinable()) {
      stopping_ = true;
      const std::uint64_t one = 1;
      const auto written = ::write(wake_, &one, sizeof one);
      CHECK(written == sizeof one, "an eventfd takes a one");
      collector_.join();
    }
    if (context_ != nullptr) ub_ctx_delete(context_);  // ends libunbound's own thread
    if (wake_ >= 0) ::close(wake_);
  }

  base::Result<> configure(const Settings& settings);
  void run() { collector_ = std::thread(&Engine::collect, this); }

  void resolve(const std::string& name, Type type, Done done) override;
  [[nodiscard]] bool validates() const override { return validates_; }

 private:
  struct Question {
    Engine* engine;
    Type type;
    Done done;
    std::list<Question>::iterator self;
  };

  base::Result<> tell(int error, std::string_view what) const;
  base::Result<> set(const char* option, const char* value) const;
  base::Result<> forward(const Settings& settings) const;
  base::Result<> trust(const Settings& settings);
  void collect();
  static void finished(void* question, int error, ub_result* result);
  void answer(Question& question, Answer answer);

  std::size_t records_max_;
  ub_ctx* context_;
  int wake_;
  bool validates_ = false;
  std::atomic<bool> stopping_ = false;
  std::thread collector_;
  std::mutex mutex_;
  std::list<Question> questions_;  // under mutex_
};

base::Result<> Engine::tell(int error, std::string_view what) const {
  if (error == 0) return {};
  return base::fail(base::ErrorKind::invalid,
                    fmt::format("libunbound: {}: {}", what, ub_strerror(error)));
}

base::Result<> Engine::set(const char* option, const char* value) const {
  return tell(ub_ctx_set_option(context_, option, value), option);
}

base::Result<> Engine::configure(const Settings& settings) {
  if (context_ == nullptr || wake_ < 0) {
    return base::fail(base::ErrorKind::io, "libunbound could not be started");
  }
  // libunbound's defaults are for a program that asks one question; ours asks thousands.
  for (const auto& [option, value] : {std::pair{"outgoing-range:", "512"},
                                      {"num-queries-per-thread:", "2048"},
                                      {"msg-cache-size:", "16m"},
                                      {"rrset-cache-size:", "32m"},
                                      {"edns-buffer-size:", "1232"},
                                      {"do-ip6:", settings.ipv6 ? "yes" : "no"},
                                      {"use-syslog:", "no"}}) {
    if (auto ok = set(option, value); !ok) return ok;
  }
  if (auto ok = forward(settings); !ok) return ok;
  if (!settings.hosts_path.empty()) {
    if (auto ok = tell(ub_ctx_hosts(context_, settings.hosts_path.c_str()), "hosts file"); !ok) {
      return ok;
    }
  }
  if (auto ok = trust(settings); !ok) return ok;
  if (auto ok = tell(ub_ctx_async(context_, 1), "thread mode"); !ok) return ok;
  if (settings.forwarders.empty() && settings.resolv_conf_path.empty()) return {};
  // A forwarder knows best which names exist at home; libunbound would say NXDOMAIN for these by
  // itself. Last, because it ends the time in which options can be set.
  for (const char* zone : {"test.", "home.arpa."}) {
    if (auto ok = tell(ub_ctx_zone_remove(context_, zone), zone); !ok) return ok;
  }
  return {};
}

base::Result<> Engine::forward(const Settings& settings) const {
  bool local = !settings.resolv_conf_path.empty();
  for (const std::string& text : settings.forwarders) {
    const auto forwarder = forwarder_of(text);
    if (!forwarder) return std::unexpected(forwarder.error());
    local = local || forwarder->first.is_loopback();
    const int error = ub_ctx_set_fwd(context_, forwarder->second.c_str());
    if (auto ok = tell(error, forwarder->second); !ok) return ok;
  }
  if (!settings.resolv_conf_path.empty()) {
    const int error = ub_ctx_resolvconf(context_, settings.resolv_conf_path.c_str());
    if (auto ok = tell(error, settings.resolv_conf_path); !ok) return ok;
  }
  if (settings.forwarders.empty() && settings.resolv_conf_path.empty()) return {};
  // Reverse names of private networks live behind the forwarder, unsigned.
  if (auto ok = set("unblock-lan-zones:", "yes"); !ok) return ok;
  if (auto ok = set("insecure-lan-zones:", "yes"); !ok) return ok;
  // Without this libunbound never asks a server on this machine.
  return local ? set("do-not-query-localhost:", "no") : base::Result<>{};
}

base::Result<> Engine::trust(const Settings& settings) {
  if (settings.trust_anchor_path.empty()) return {};
  if (::access(settings.trust_anchor_path.c_str(), R_OK) != 0) return {};
  const int error = ub_ctx_add_ta_file(context_, settings.trust_anchor_path.c_str());
  if (auto ok = tell(error, settings.trust_anchor_path); !ok) return ok;
  validates_ = true;
  return {};
}

void Engine::resolve(const std::string& name, Type type, Done done) {
  Question* question = nullptr;
  {
    const std::lock_guard lock(mutex_);
    questions_.push_front({this, type, std::move(done), {}});
    question = &questions_.front();
    question->self = questions_.begin();
  }
  int id = 0;
  const int error = ub_resolve_async(context_, name.c_str(), static_cast<int>(type), class_in,
                                     question, &Engine::finished, &id);
  if (error != 0) answer(*question, no_answer(ub_strerror(error)));
}

void Engine::collect() {
  std::array<pollfd, 2> waits = {{{ub_fd(context_), POLLIN, 0}, {wake_, POLLIN, 0}}};
  while (!stopping_) {
    if (::poll(waits.data(), waits.size(), -1) <= 0) continue;
    if ((waits[0].revents & POLLIN) != 0) ub_process(context_);
  }
}

void Engine::finished(void* data, int error, ub_result* result) {
  auto* question = static_cast<Question*>(data);
  Answer answer = no_answer(error != 0 ? ub_strerror(error) : "no result");
  if (error == 0 && result != nullptr) {
    answer = to_answer(*result, question->type, question->engine->records_max_);
  }
  if (result != nullptr) ub_resolve_free(result);
  question->engine->answer(*question, std::move(answer));
}

void Engine::answer(Question& question, Answer answer) {
  Done done = std::move(question.done);
  {
    const std::lock_guard lock(mutex_);
    questions_.erase(question.self);
  }
  done(std::move(answer));
}

}  // namespace

base::Result<std::shared_ptr<UnboundEngine>> UnboundEngine::start(const Settings& settings) {
  auto engine = std::make_shared<Engine>(settings);
  if (auto ok = engine->configure(settings); !ok) return std::unexpected(ok.error());
  engine->run();
  return engine;
}

}  // namespace dns
