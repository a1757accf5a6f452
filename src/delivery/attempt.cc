// See attempt.h.
#include "delivery/attempt.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "delivery/transaction.h"
#include "lib/io/clock.h"
#include "lib/io/deadline.h"
#include "lib/io/network.h"

namespace delivery {
namespace {

// One attempt while it runs.
struct Run {
  Carrier carrier;
  Route route;
  queue::Parcel parcel;
  std::vector<std::size_t> left;  // recipients without an outcome yet
  std::vector<queue::Outcome> outcomes;
  std::string remote;              // of the target tried last
  std::optional<Trouble> trouble;  // what became of it, if nothing good
  bool all_permanent = true;       // every target said no for good
  bool reached = false;            // some server took an envelope or refused it

  [[nodiscard]] const Settings& settings() const { return *carrier.connector.settings; }
  [[nodiscard]] io::Clock& clock() const { return carrier.connector.doors.clock; }
};

void add_outcome(Run& run, const Verdict& verdict) {
  std::erase(run.left, verdict.recipient);
  run.outcomes.push_back({verdict.recipient,
                          verdict.result,
                          {run.clock().wall(), run.remote, verdict.reply},
                          false,
                          verdict.handover,
                          verdict.by_kept});
}

void note_trouble(Run& run, Trouble trouble) {
  run.all_permanent = run.all_permanent && trouble.permanent;
  run.trouble = std::move(trouble);
}

constexpr std::size_t fields_of_attempt = 10;

// One event per target: what `explain` shows of an attempt.
struct Told {
  const smtp::Reply& reply;
  const io::TlsInfo* tls = nullptr;
  bool reused = false;
  base::Instant began;
  std::string detail;
  std::string_view login = {};
};

void tell(const Run& run, const Told& told) {
  base::Event event;
  event.name = "delivery.attempt";
  event.time = run.clock().wall();
  event.message = run.parcel.message->id;
  event.fields.reserve(fields_of_attempt);
  event.fields.emplace_back("destination", run.route.key);
  event.fields.emplace_back("remote", run.remote);
  event.fields.emplace_back("recipients", fmt::to_string(run.parcel.recipients.size()));
  event.fields.emplace_back("attempt", fmt::to_string(run.parcel.attempt));
  event.fields.emplace_back("reply", told.reply.text());
  event.fields.emplace_back("duration", base::format_duration(run.clock().now() - told.began));
  if (told.tls != nullptr) {
    event.fields.emplace_back("tls", fmt::format("{} {}{}", told.tls->protocol, told.tls->cipher,
                                                 told.tls->verified ? " verified" : ""));
  }
  if (!told.login.empty()) event.fields.emplace_back("auth", std::string(told.login));
  if (told.reused) event.fields.emplace_back("connection", "reused");
  if (!told.detail.empty()) event.fields.emplace_back("detail", told.detail);
  run.carrier.events.emit(event);
}

smtp::Reply summary(const TransactionEnd& end) {
  if (!end.unanswered.empty() || end.verdicts.empty()) return end.trouble;
  return end.verdicts.front().reply;
}

void take_verdicts(Run& run, const Client& client, const TransactionEnd& end, Told told) {
  const smtp::Reply reply = summary(end);
  tell(run, {reply, client.tls(), told.reused, told.began, {}, client.login});
  for (const Verdict& verdict : end.verdicts) add_outcome(run, verdict);
  run.reached = run.reached || !end.verdicts.empty() || !end.untouched;
  if (!end.unanswered.empty()) {
    note_trouble(run, {.reply = end.trouble, .permanent = false, .tls = false, .detail = {}});
  }
}

// True when that connection was dead before it had been asked for anything.
io::Task<bool> use(io::Ref<Run> run, io::Ref<const std::string> key, std::unique_ptr<Client> client,
                   bool reused, base::Instant began) {
  Shipment shipment{*run->parcel.message, run->left, *run->parcel.body, run->settings()};
  const TransactionEnd end = co_await run_transaction(*client, shipment);
  if (reused && end.untouched && !client->usable()) {
    run->carrier.connector.counters.connections_stale.add();
    co_return true;
  }
  const Told told{end.trouble, nullptr, reused, began, {}};
  take_verdicts(*run, *client, end, told);
  run->carrier.pool.give_back(*key, std::move(client));
  co_return false;
}

io::Task<void> try_target(io::Ref<Run> run, Target target) {
  const base::Instant began = run->clock().now();
  run->remote = target.text();
  const std::string key = pool_key(target, run->route);
  if (auto kept = run->carrier.pool.take(key)) {
    run->carrier.connector.counters.connections_reused.add();
    if (!co_await use(run, key, std::move(kept), true, began)) co_return;
  }
  auto opened = co_await open_connection(run->carrier.connector, std::move(target), run->route);
  if (opened) {
    const bool stale = co_await use(run, key, std::move(*opened), false, began);
    static_cast<void>(stale);
    co_return;
  }
  tell(*run, {opened.error().reply, nullptr, false, began, opened.error().detail});
  note_trouble(*run, std::move(opened.error()));
}

// RFC 8689 §4.2.1: whoever can forge an answer of the DNS chooses the name that is verified.
void refuse_unsigned(Run& run, const Target& target) {
  run.remote = target.text();
  Trouble trouble{
      .reply = smtp::reply(550, {5, 7, 30},
                           fmt::format("The sender requires TLS on all of the way (REQUIRETLS), "
                                       "but no DNSSEC shows that {} is the mail server of {}",
                                       target.host, run.route.domain)),
      .permanent = true,
      .tls = false,
      .detail = {}};
  tell(run, {trouble.reply, nullptr, false, run.clock().now(), {}});
  note_trouble(run, std::move(trouble));
}

// RFC 8689 §4.2.1. Mailboxes of ours are the end of the way. §5: a report is protected as what it
// is about, but not discarded because the next server does not offer REQUIRETLS.
void require_tls(Route& route, bool is_report) {
  if (route.kind == RouteKind::lmtp || route.kind == RouteKind::local) return;
  route.require_tls = true;
  route.is_report = is_report;
  route.tls = TlsDemand::verified;
}

// Of servers as good as the first, one with a waiting connection comes first.
void prefer_idle(std::vector<Target>& targets, const Run& run) {
  if (targets.size() == 1) return;
  const std::uint16_t best = targets.front().preference;
  const auto idle = std::ranges::find_if(targets, [&](const Target& target) {
    return target.preference == best && run.carrier.pool.has(pool_key(target, run.route));
  });
  if (idle != targets.end()) std::iter_swap(targets.begin(), idle);
}

io::Task<base::Result<>> try_targets(io::Ref<Run> run) {
  const base::Instant began = run->clock().now();
  Finder finder{run->settings(), run->carrier.resolver, run->carrier.connector.doors.random,
                run->settings().own_addresses};
  auto targets = co_await find_targets(finder, run->route);
  if (!targets) {
    run->remote = run->route.host.empty() ? run->route.domain : run->route.host;
    tell(*run, {targets.error().reply, nullptr, false, began, targets.error().detail});
    note_trouble(*run, std::move(targets.error()));
    co_return base::Result<>{};
  }
  prefer_idle(*targets, *run);
  const io::CancelScope* const scope = co_await io::current_scope();
  for (Target& target : *targets) {
    if (run->left.empty()) break;
    if (scope != nullptr && scope->cancelled()) {
      co_return base::fail(base::ErrorKind::cancelled, "the attempt was stopped");
    }
    if (run->route.require_tls && !target.authentic) {
      refuse_unsigned(*run, target);
      continue;
    }
    co_await try_target(run, std::move(target));
    if (run->trouble && run->trouble->hopeless) break;
  }
  co_return base::Result<>{};
}

// Those that no server has answered for.
void conclude(Run& run, const base::Result<>& ended) {
  if (run.left.empty()) return;
  Trouble trouble = run.trouble.value_or(Trouble{
      .reply = connect_reply(run.remote, {}), .permanent = false, .tls = false, .detail = {}});
  const bool stopped = !ended && ended.error().kind == base::ErrorKind::cancelled;
  if (!ended) {
    run.all_permanent = false;
    trouble.reply = lost_reply(run.remote, "trying all servers", ended.error());
  }
  const bool failed = run.trouble && run.all_permanent;
  for (const std::size_t recipient : run.left) {
    run.outcomes.push_back({recipient,
                            failed ? queue::Result::failed : queue::Result::deferred,
                            {run.clock().wall(), run.remote, trouble.reply},
                            !failed && !stopped && !run.reached});
  }
}

void count(Counters& counters, bool local, const std::vector<queue::Outcome>& outcomes) {
  for (const queue::Outcome& outcome : outcomes) {
    switch (outcome.result) {
      case queue::Result::delivered:
        (local ? counters.local_delivered : counters.smtp_delivered).add();
        break;
      case queue::Result::deferred:
        (local ? counters.local_deferred : counters.smtp_deferred).add();
        break;
      case queue::Result::failed:
        (local ? counters.local_failed : counters.smtp_failed).add();
        break;
    }
  }
}

}  // namespace

io::Task<std::vector<queue::Outcome>> attempt(Carrier carrier, Route route, queue::Parcel parcel) {
  Run run{.carrier = std::move(carrier),
          .route = std::move(route),
          .parcel = std::move(parcel),
          .left = {},
          .outcomes = {},
          .remote = {},
          .trouble = {}};
  const message::Envelope& envelope = run.parcel.message->envelope;
  if (envelope.require_tls) require_tls(run.route, envelope.sender.is_null());
  run.left = run.parcel.recipients;
  run.remote = run.route.host.empty() ? run.route.domain : run.route.host;
  const auto ended =
      co_await io::with_timeout(run.clock(), run.settings().attempt_timeout, try_targets(run));
  conclude(run, ended);
  count(run.carrier.connector.counters, run.route.kind == RouteKind::lmtp, run.outcomes);
  co_return std::move(run.outcomes);
}

}  // namespace delivery
