// See api.h. Bans of addresses and log-ins, limits of sending, what is held because of them.
#include <fmt/format.h>

#include <map>

#include "admin/directory_work.h"
#include "admin/json.h"
#include "lib/base/text.h"
#include "lib/io/pool.h"

namespace admin {
namespace {

constexpr base::Duration ban_default = std::chrono::hours(24);

http::Response answer(const boost::json::object& object) {
  return http::json_response(200, boost::json::serialize(object));
}

// What an operator said must survive a crash that comes next.
io::Task<base::Result<>> save(Parts* parts) {
  co_return co_await io::on_pool(parts->doors.pool, [parts, now = parts->doors.clock.wall()] {
    return parts->state.save(now);
  });
}

// --- bans ----------------------------------------------------------------------------------------

boost::json::object ban_json(const policy::BanRow& row) {
  return {{"network", row.network.text()},
          {"since", base::format_time(row.since)},
          {"until", base::format_time(row.until)},
          {"why", row.why},
          {"by_operator", row.by_operator}};
}

boost::json::object login_json(const policy::ClosedLogin& row) {
  boost::json::object out = {{"login", base::printable(row.login)},
                             {"until", base::format_time(row.until)},
                             {"why", row.why}};
  if (row.at) out["at"] = row.at->text();
  return out;
}

io::Task<http::Response> list_bans(Parts* parts) {
  boost::json::array out;
  for (const policy::BanRow& row : parts->state.guard().bans(parts->doors.clock.wall())) {
    out.push_back(ban_json(row));
  }
  boost::json::array logins;
  for (const auto& row : parts->state.guard().closed_logins(parts->doors.clock.wall())) {
    logins.push_back(login_json(row));
  }
  co_return answer({{"bans", std::move(out)}, {"logins", std::move(logins)}});
}

base::Result<io::IpNetwork> network_of(const boost::json::object& body) {
  auto text = text_of(body, "network");
  if (!text) return std::unexpected(text.error());
  if (const auto network = io::IpNetwork::parse(*text)) return *network;
  return base::fail(base::ErrorKind::invalid,
                    fmt::format("\"{}\" is not an address or a network such as 192.0.2.0/24",
                                base::printable(*text, 100)));
}

io::Task<http::Response> add_ban(Parts* parts, http::Request request) {
  auto body = parse_object(request.body);
  if (!body) co_return error_response(body.error());
  auto network = network_of(*body);
  if (!network) co_return error_response(network.error());
  auto reason = text_if(*body, "reason");
  if (!reason) co_return error_response(reason.error());
  auto time = text_if(*body, "for");
  if (!time) co_return error_response(time.error());
  base::Result<base::Duration> duration = ban_default;
  if (*time) duration = base::parse_duration(**time);
  if (!duration) co_return error_response(duration.error());
  auto banned = parts->state.guard().ban(*network, *duration, reason->value_or(""),
                                         parts->doors.clock.wall());
  if (!banned) co_return error_response(banned.error());
  if (auto saved = co_await save(parts); !saved) co_return error_response(saved.error());
  co_return answer(ban_json(*banned));
}

// "all", an address, a network, or a log-in. A word without "@" is one only when it is closed.
base::Result<policy::Lifted> lift(policy::LoginGuard& guard, const std::string& who,
                                  base::Time now) {
  if (who == "all") return guard.lift_all(now);
  if (const auto network = io::IpNetwork::parse(who)) return guard.lift(*network, now);
  policy::Lifted lifted = guard.lift_login(who, now);
  if (lifted.logins > 0 || who.find('@') != std::string::npos) return lifted;
  return base::fail(base::ErrorKind::invalid,
                    fmt::format("\"{}\" is not an address, a network such as 192.0.2.0/24, a "
                                "log-in such as you@example.org, or all",
                                base::printable(who, 100)));
}

io::Task<http::Response> lift_ban(Parts* parts, http::Request request) {
  auto body = parse_object(request.body);
  if (!body) co_return error_response(body.error());
  auto text = text_of(*body, "who");
  if (!text) co_return error_response(text.error());
  const auto lifted = lift(parts->state.guard(), *text, parts->doors.clock.wall());
  if (!lifted) co_return error_response(lifted.error());
  if (auto saved = co_await save(parts); !saved) co_return error_response(saved.error());
  boost::json::array still_by;
  for (const auto& network : lifted->still_by) still_by.emplace_back(network.text());
  co_return answer(
      {{"count", lifted->bans}, {"logins", lifted->logins}, {"still_by", std::move(still_by)}});
}

// --- limits --------------------------------------------------------------------------------------

boost::json::object limits_json(const directory::SendingLimits& limits) {
  return {{"on", limits.on},
          {"messages", limits.messages_per_day_max},
          {"new_recipients", limits.new_recipients_per_day_max},
          {"brake_new_recipients", limits.new_recipients_brake_max},
          {"brake_bounces", limits.bounces_brake_max},
          {"brake_window", base::format_duration(limits.brake_window)}};
}

// In the order of directory::Snapshot::limits(): all, the domain, the account itself.
directory::SendingLimits in_force(const std::vector<directory::LimitsRow>& rows,
                                  std::string_view account) {
  directory::SendingLimits out;
  const std::size_t at = account.rfind('@');
  const std::string_view domain =
      at == std::string_view::npos ? std::string_view() : account.substr(at);
  for (const std::string_view scope : {std::string_view("*"), domain, account}) {
    for (const directory::LimitsRow& row : rows) {
      if (!scope.empty() && row.scope == scope) row.limits.apply_to(out);
    }
  }
  return out;
}

boost::json::object usage_json(const policy::Usage& usage, std::size_t held) {
  boost::json::object out = {{"account", usage.account},
                             {"messages_today", usage.messages},
                             {"new_recipients_today", usage.new_recipients},
                             {"bounces_lately", usage.bounces},
                             {"known_recipients", usage.known_recipients},
                             {"held", held}};
  if (usage.braked) {
    out["braked"] = base::format_time(*usage.braked);
    out["brake_reason"] = usage.brake_reason;
  }
  return out;
}

// Held messages by account.
io::Task<std::map<std::string, std::size_t>> held_of(Parts* parts, std::string account) {
  std::map<std::string, std::size_t> out;
  queue::Filter filter;
  filter.account = std::move(account);
  filter.held_only = true;
  for (const queue::Summary& one : co_await parts->queues.list(std::move(filter), list_max)) {
    if (!one.account.empty()) ++out[one.account];
  }
  co_return out;
}

// One account, those of a domain ("@demo.test"), or all that sent something or have something held.
std::vector<policy::Usage> usages(Parts* parts, const std::string& of,
                                  const std::map<std::string, std::size_t>& held) {
  const base::Time now = parts->doors.clock.wall();
  policy::SendingLedger& ledger = parts->state.ledger();
  if (!of.empty() && !of.starts_with('@')) return {ledger.usage(of, now)};
  std::vector<policy::Usage> out = ledger.all(now);
  for (const auto& [account, count] : held) {
    if (std::ranges::find(out, account, &policy::Usage::account) == out.end()) {
      out.push_back(ledger.usage(account, now));
    }
  }
  std::erase_if(out, [&of](const policy::Usage& one) { return !one.account.ends_with(of); });
  return out;
}

io::Task<http::Response> show_limits(Parts* parts, http::Request request) {
  const auto at = request.query.find("of");
  const std::string of = at == request.query.end() ? "" : base::lower(at->second);
  const bool one = !of.empty() && !of.starts_with('@');
  const auto held = co_await held_of(parts, one ? of : "");
  auto rows =
      co_await io::on_pool(parts->doors.pool, [parts] { return parts->directory.limits(); });
  if (!rows) co_return error_response(rows.error());
  boost::json::array accounts;
  for (const policy::Usage& usage : usages(parts, of, held)) {
    const auto count = held.find(usage.account);
    boost::json::object line = usage_json(usage, count == held.end() ? 0 : count->second);
    line["limits"] = limits_json(in_force(*rows, usage.account));
    accounts.push_back(std::move(line));
  }
  boost::json::array scopes;
  for (const directory::LimitsRow& row : *rows) {
    scopes.push_back(boost::json::object{{"scope", row.scope == "*" ? "all" : row.scope},
                                         {"limits", limits_json(in_force(*rows, row.scope))}});
  }
  boost::json::object out = {{"accounts", std::move(accounts)}, {"set", std::move(scopes)}};
  out["for_all"] = limits_json(in_force(*rows, "*"));
  co_return answer(out);
}

base::Result<> number_into(const boost::json::object& body, std::string_view field,
                           std::optional<std::uint32_t>& into) {
  auto number = number_if(body, field);
  if (!number) return std::unexpected(number.error());
  if (!*number) return {};
  if (**number > std::numeric_limits<std::uint32_t>::max()) {
    return base::fail(base::ErrorKind::invalid, fmt::format("{} is too large", field));
  }
  into = static_cast<std::uint32_t>(**number);
  return {};
}

base::Result<directory::PartialLimits> limits_of(const boost::json::object& body) {
  constexpr base::Duration window_min = std::chrono::minutes(1);
  constexpr base::Duration window_max = std::chrono::hours(24);
  directory::PartialLimits out;
  if (const auto* on = body.if_contains("on"); on != nullptr && on->is_bool()) {
    out.on = on->get_bool();
  }
  auto done = number_into(body, "messages", out.messages_per_day_max);
  if (done) done = number_into(body, "new_recipients", out.new_recipients_per_day_max);
  if (done) done = number_into(body, "brake_new_recipients", out.new_recipients_brake_max);
  if (done) done = number_into(body, "brake_bounces", out.bounces_brake_max);
  if (!done) return std::unexpected(done.error());
  auto window = text_if(body, "brake_window");
  if (!window) return std::unexpected(window.error());
  if (*window) {
    auto duration = base::parse_duration(**window);
    if (!duration) return std::unexpected(duration.error());
    if (*duration < window_min || *duration > window_max) {
      return base::fail(base::ErrorKind::invalid, "the brake's window is from 1m to 24h");
    }
    out.brake_window = *duration;
  }
  if (out == directory::PartialLimits()) {
    return base::fail(base::ErrorKind::invalid, "say which limit, or on, off or default");
  }
  return out;
}

base::Result<std::string> scope_of(const boost::json::object& body) {
  auto scope = text_of(body, "scope");
  if (scope && *scope == "all") return std::string("*");
  return scope;
}

io::Task<http::Response> set_limits(Parts* parts, http::Request request) {
  auto body = parse_object(request.body);
  if (!body) co_return error_response(body.error());
  auto scope = scope_of(*body);
  if (!scope) co_return error_response(scope.error());
  auto limits = limits_of(*body);
  if (!limits) co_return error_response(limits.error());
  co_return co_await on_directory(
      parts,
      [scope = *scope, limits = *limits](directory::Store& store) {
        return done_or(store.set_limits(scope, limits));
      },
      Kind::changes);
}

io::Task<http::Response> clear_limits(Parts* parts, http::Request request) {
  auto body = parse_object(request.body);
  if (!body) co_return error_response(body.error());
  auto scope = scope_of(*body);
  if (!scope) co_return error_response(scope.error());
  co_return co_await on_directory(
      parts,
      [scope = *scope](directory::Store& store) { return done_or(store.clear_limits(scope)); },
      Kind::changes);
}

queue::Filter held_of_account(const std::string& account) {
  queue::Filter filter;
  filter.account = account;
  filter.held_only = true;
  return filter;
}

// Whom the account writes to with an operator's consent it knows from then on; else the next mail
// to the same people would pull the brake again.
io::Task<void> learn_held(Parts* parts, std::string account) {
  queue::Filter filter = held_of_account(account);
  filter.hold_reason_prefix = policy::held_by_limit;
  std::vector<message::Address> foreign;
  for (const queue::Summary& one : co_await parts->queues.list(std::move(filter), list_max)) {
    for (const std::string& recipient : one.recipients) {
      auto address = message::parse_address(recipient, {.utf8 = true});
      if (!address || parts->clients.is_our_domain(message::domain_key(address->domain))) continue;
      foreign.push_back(std::move(*address));
    }
  }
  parts->state.ledger().learn(account, foreign, parts->doors.clock.wall());
}

// What is to go later, then the rest of what a limit holds; an operator's own holds stay.
io::Task<base::Result<boost::json::object>> operate_on_held(Parts* parts, std::string account,
                                                            queue::Operation operation) {
  const bool release = operation == queue::Operation::release;
  const std::string reason = release ? "stagepost limits release" : "stagepost limits purge";
  queue::Filter filter = held_of_account(account);
  filter.hold_reason_prefix = policy::held_by_limit;
  filter.scheduled_only = true;
  filter.held_only = release;  // a purge is for what waits unheld, too
  const auto scheduled = co_await parts->queues.operate(operation, filter, reason, false);
  if (!scheduled) co_return std::unexpected(scheduled.error());
  filter.scheduled_only = false;
  filter.held_only = true;
  const auto held = co_await parts->queues.operate(operation, std::move(filter), reason, false);
  if (!held) co_return std::unexpected(held.error());
  const auto left = co_await parts->queues.list(held_of_account(account), list_max);
  const auto kept = std::ranges::count_if(left, [](const queue::Summary& one) {
    return !one.hold_reason.starts_with(policy::held_by_limit);
  });
  co_return boost::json::object{
      {"count", *held}, {"scheduled", *scheduled}, {"held_by_operator", kept}};
}

// Ends the brake of an account and sends, or removes, all that its limits hold.
io::Task<http::Response> let_go(Parts* parts, http::Request request, queue::Operation operation) {
  auto body = parse_object(request.body);
  if (!body) co_return error_response(body.error());
  auto account = text_of(*body, "account");
  if (!account) co_return error_response(account.error());
  const std::string name = base::lower(*account);
  if (operation == queue::Operation::release) co_await learn_held(parts, name);
  const bool braked = parts->state.ledger().release(name, parts->doors.clock.wall());
  if (auto saved = co_await save(parts); !saved) co_return error_response(saved.error());
  auto done = co_await operate_on_held(parts, name, operation);
  if (!done) co_return error_response(done.error());
  (*done)["braked"] = braked;
  co_return answer(*done);
}

}  // namespace

void add_guard_routes(http::Router& router, Parts& parts) {
  using Post = io::Task<http::Response> (*)(Parts*, http::Request);
  router.add("GET", "/api/v1/bans", [&parts](http::Request) { return list_bans(&parts); });
  router.add("GET", "/api/v1/limits",
             [&parts](http::Request request) { return show_limits(&parts, std::move(request)); });
  const auto post = [&router, &parts](std::string_view path, Post call) {
    router.add("POST", path,
               [&parts, call](http::Request request) { return call(&parts, std::move(request)); });
  };
  post("/api/v1/bans/add", add_ban);
  post("/api/v1/bans/lift", lift_ban);
  post("/api/v1/limits/set", set_limits);
  post("/api/v1/limits/clear", clear_limits);
  router.add("POST", "/api/v1/limits/release", [&parts](http::Request request) {
    return let_go(&parts, std::move(request), queue::Operation::release);
  });
  router.add("POST", "/api/v1/limits/purge", [&parts](http::Request request) {
    return let_go(&parts, std::move(request), queue::Operation::remove);
  });
}

}  // namespace admin
