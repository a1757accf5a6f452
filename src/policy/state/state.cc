// See state.h.
#include "policy/state/state.h"

#include <utility>

namespace policy {
namespace {

// The guard's and the ledger's settings live as long as all of policy's.
std::shared_ptr<const GuardSettings> guard_settings(const Settings& settings) {
  return std::make_shared<const GuardSettings>(settings.guard);
}
std::shared_ptr<const LimitsSettings> limits_settings(const Settings& settings) {
  return std::make_shared<const LimitsSettings>(settings.limits);
}

std::shared_ptr<const ImpersonationSettings> contact_settings(const Settings& settings) {
  return std::make_shared<const ImpersonationSettings>(settings.impersonation);
}

// Changes that could not be written are kept in order, for ten minutes at the usual pace.
constexpr std::size_t unsaved_max = 120;

}  // namespace

State::State(std::unique_ptr<StateStore> store, const Settings& settings, base::EventSink& events,
             base::Metrics& metrics)
    : store_(std::move(store)),
      events_(events),
      save_every_(settings.state_save_every),
      greylist_settings_(settings.client.greylist),
      guard_(guard_settings(settings), events, metrics),
      ledger_(limits_settings(settings), events, metrics),
      contacts_(contact_settings(settings)),
      client_(events, metrics) {
  client_.lists.set_lists(settings.client.lists);
}

base::Result<std::unique_ptr<State>> State::open(const Settings& settings, base::EventSink& events,
                                                 base::Metrics& metrics, base::Time now) {
  auto store = StateStore::open(settings.state_path);
  if (!store) return std::unexpected(store.error());
  auto image = (*store)->load();
  if (!image) return std::unexpected(image.error());
  std::unique_ptr<State> state(new State(std::move(*store), settings, events, metrics));
  state->guard_.load(*image, now);
  state->ledger_.load(*image);
  state->contacts_.load(*image, now);
  state->client_.greylist.load(*image);
  state->last_use_.load(std::move(image->last_uses));
  return state;
}

base::Result<> State::save(base::Time now) {
  const std::scoped_lock lock(store_mutex_);
  StateChanges changes;
  guard_.take_changes(changes, now);
  ledger_.take_changes(changes, now);
  client_.greylist.take_changes(changes, greylist_settings_, now);
  contacts_.take_changes(changes, now);
  changes.last_uses = last_use_.take_changes();
  if (!changes.empty()) unsaved_.push_back(std::move(changes));
  while (!unsaved_.empty()) {
    if (auto saved = store_->save(unsaved_.front()); !saved) {
      if (unsaved_.size() > unsaved_max) unsaved_.pop_front();
      return saved;
    }
    unsaved_.pop_front();
  }
  return {};
}

io::Task<void> State::run(io::Ref<io::Clock> clock, io::Ref<io::Pool> pool) {
  while (co_await io::sleep_for(*clock, save_every_)) {
    const auto saved =
        co_await io::on_pool(pool, [this, now = clock->wall()] { return save(now); });
    if (!saved && !failing_) {
      events_.emit({.severity = base::Severity::error,
                    .name = "state.unsaved",
                    .time = clock->wall(),
                    .session = {},
                    .message = {},
                    .fields = {{"text", saved.error().text()}}});
    }
    failing_ = !saved;
  }
}

Kept State::kept(std::string_view account, base::Time now) {
  return {.last_uses = last_use_.of_account(account),
          .places = guard_.known_of(account),
          .usage = ledger_.usage(account, now),
          .contacts = contacts_.of(account)};
}

base::Result<> State::erase(std::string_view account, base::Time now) {
  guard_.forget(account);
  ledger_.forget(account);
  contacts_.forget(account);
  last_use_.forget(account);
  return save(now);
}

void State::set_settings(const Settings& settings) {
  guard_.set_settings(guard_settings(settings));
  ledger_.set_settings(limits_settings(settings));
  client_.lists.set_lists(settings.client.lists);
  contacts_.set_settings(contact_settings(settings));
  const std::scoped_lock lock(store_mutex_);
  greylist_settings_ = settings.client.greylist;
}

}  // namespace policy
