// See webhooks.h. What operators ask for.
#include <fmt/format.h>

#include <algorithm>

#include "admin/webhooks/places.h"
#include "admin/webhooks/signature.h"
#include "admin/webhooks/webhooks.h"
#include "lib/base/text.h"
#include "lib/io/clock.h"
#include "lib/io/pool.h"
#include "lib/message/address.h"

namespace webhooks {
namespace {

constexpr std::size_t name_bytes_max = 60;
constexpr base::Duration rotation_overlap = std::chrono::hours(24);

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= name_bytes_max && std::ranges::all_of(name, [](char c) {
    return base::is_alpha(c) || base::is_digit(c) || c == '-' || c == '_' || c == '.';
  });
}

base::Result<std::vector<Kind>> kinds_of(const std::vector<std::string>& words) {
  std::vector<Kind> out;
  for (const std::string& word : words) {
    const auto kind = parse_kind(word);
    if (!kind) {
      return base::fail(base::ErrorKind::invalid,
                        fmt::format("there is no event {}; there are {}", base::printable(word, 60),
                                    fmt::join(kind_names, ", ")));
    }
    if (std::ranges::find(out, *kind) == out.end()) out.push_back(*kind);
  }
  return out;
}

// What can be said before anything is looked up.
base::Result<> check_place(const std::string& url, const admin::WebhookSettings& settings,
                           const std::vector<io::IpAddress>& own) {
  auto target = read_target(url, settings);
  if (!target) return std::unexpected(std::move(target.error()));
  const auto literal = io::IpAddress::parse(target->host);
  if (!literal) return {};
  std::string why = why_not({.address = *literal, .port = target->port}, settings, own);
  if (why.empty()) return {};
  return base::fail(base::ErrorKind::invalid, std::move(why));
}

base::Result<Hook> hook_of(const Webhooks::Wish& wish) {
  Hook out;
  if (!is_name(wish.name)) {
    return base::fail(base::ErrorKind::invalid,
                      fmt::format("a webhook's name is 1 to {} letters, digits, '-', '_' and '.'",
                                  name_bytes_max));
  }
  auto kinds = kinds_of(wish.events);
  if (!kinds) return std::unexpected(std::move(kinds.error()));
  out.name = wish.name;
  out.url = wish.url;
  out.kinds = std::move(*kinds);
  out.account = base::lower(wish.account);
  if (!wish.domain.empty()) {
    if (!message::is_domain(wish.domain, {.utf8 = true})) {
      return base::fail(base::ErrorKind::invalid,
                        fmt::format("{} is no domain", base::printable(wish.domain, 100)));
    }
    out.domain = message::domain_key(wish.domain);
  }
  return out;
}

}  // namespace

io::Task<base::Result<std::string>> Webhooks::add(Wish wish) {
  auto hook = hook_of(wish);
  if (!hook) co_return std::unexpected(std::move(hook.error()));
  io::Doors& doors = parts_.sender.doors;
  if (auto fine = check_place(hook->url, settings_, doors.network.own_addresses()); !fine) {
    co_return std::unexpected(std::move(fine.error()));
  }
  hook->secret = make_secret(doors.random);
  hook->created = wall();
  const auto added = co_await io::on_pool(
      doors.pool,
      [this, hook = *hook, max = settings_.webhooks_max] { return parts_.store.add(hook, max); });
  if (!added) co_return std::unexpected(added.error());
  if (auto loaded = co_await reload(); !loaded) co_return std::unexpected(loaded.error());
  wake();
  co_return std::move(hook->secret);
}

io::Task<base::Result<>> Webhooks::remove(std::string name) {
  auto removed = co_await io::on_pool(parts_.sender.doors.pool,
                                      [this, &name] { return parts_.store.remove(name); });
  if (!removed) co_return removed;
  co_return co_await reload();
}

io::Task<base::Result<Webhooks::LivePointer>> Webhooks::find(std::string name) {
  if (auto loaded = co_await load(); !loaded) co_return std::unexpected(loaded.error());
  const auto found = live_.find(name);
  if (found != live_.end()) co_return found->second;
  co_return base::fail(base::ErrorKind::not_found,
                       fmt::format("there is no webhook {}; `stagepost webhook list` shows them",
                                   base::printable(name, name_bytes_max)));
}

io::Task<base::Result<std::string>> Webhooks::rotate(std::string name) {
  auto live = co_await find(std::move(name));
  if (!live) co_return std::unexpected(std::move(live.error()));
  Hook next = (*live)->hook;
  next.old_secret = std::exchange(next.secret, make_secret(parts_.sender.doors.random));
  next.old_until = wall() + rotation_overlap;
  const auto kept = co_await io::on_pool(parts_.sender.doors.pool,
                                         [this, &next] { return parts_.store.update(next); });
  if (!kept) co_return std::unexpected(kept.error());
  (*live)->hook.secret = next.secret;
  (*live)->hook.old_secret = next.old_secret;
  (*live)->hook.old_until = next.old_until;
  co_return next.secret;
}

io::Task<base::Result<Answer>> Webhooks::test(std::string name) {
  auto live = co_await find(std::move(name));
  if (!live) co_return std::unexpected(std::move(live.error()));
  const std::string time = base::format_time(wall());
  Posting posting;
  posting.id = fmt::format("evt_test_{:016x}", parts_.sender.doors.random.number());
  posting.body =
      fmt::format(R"({{"type":"webhook.test","timestamp":"{}","data":{{"webhook":"{}"}}}})", time,
                  (*live)->hook.name);
  co_return co_await post(parts_.sender, settings_, (*live)->hook, std::move(posting));
}

io::Task<base::Result<std::size_t>> Webhooks::replay(std::string name,
                                                     std::vector<trace::StoredEvent> events) {
  auto live = co_await find(std::move(name));
  if (!live) co_return std::unexpected(std::move(live.error()));
  std::vector<Store::News> news;
  for (const trace::StoredEvent& event : events) {
    auto happening = happening_of(event);
    if (!happening || !matches((*live)->hook, *happening)) continue;
    news.push_back({.hook = (*live)->hook.name, .happening = std::move(*happening)});
  }
  const auto added = co_await io::on_pool(
      parts_.sender.doors.pool, [this, news = std::move(news), max = settings_.pending_max,
                                 now = wall()] { return parts_.store.add(news, max, now); });
  if (!added) co_return std::unexpected(added.error());
  dropped_.add(added->dropped);
  (*live)->may_wait = true;
  (*live)->open_at = {};
  wake();
  co_return added->added;
}

io::Task<base::Result<std::size_t>> Webhooks::replay_parked(std::string name) {
  auto live = co_await find(std::move(name));
  if (!live) co_return std::unexpected(std::move(live.error()));
  const auto count = co_await io::on_pool(
      parts_.sender.doors.pool,
      [this, name = (*live)->hook.name, now = wall()] { return parts_.store.unpark(name, now); });
  if (!count) co_return std::unexpected(count.error());
  (*live)->may_wait = true;
  (*live)->open_at = {};
  wake();
  co_return *count;
}

io::Task<base::Result<std::vector<Webhooks::Line>>> Webhooks::list() {
  if (auto loaded = co_await load(); !loaded) co_return std::unexpected(loaded.error());
  const auto counts =
      co_await io::on_pool(parts_.sender.doors.pool, [this] { return parts_.store.counts(); });
  if (!counts) co_return std::unexpected(counts.error());
  std::vector<Line> out;
  for (const auto& [name, live] : live_) {
    const auto found = counts->find(name);
    out.push_back(
        {.hook = live->hook, .counts = found == counts->end() ? Counts{} : found->second});
  }
  co_return out;
}

}  // namespace webhooks
