// See sending_ledger.h.
#include "policy/limits/sending_ledger.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <utility>

#include "lib/base/check.h"
#include "lib/base/text.h"
#include "policy/limits/notice_texts.h"

namespace policy {
namespace {

constexpr base::Duration told_every = std::chrono::hours(24);
constexpr std::string_view held_name = "stagepost_limits_held_total";
constexpr std::string_view held_help = "Messages held because of a limit of their account";

std::uint32_t day_of(base::Time time) {
  const auto days = std::chrono::floor<std::chrono::days>(time.time_since_epoch()).count();
  return static_cast<std::uint32_t>(std::max<std::int64_t>(days, 0));
}

std::string hold_reason(std::string_view account, std::string_view reason) {
  return fmt::format(
      "{}{} has {} (`stagepost limits release {}` sends it, `limits purge` removes it)",
      held_by_limit, account, reason, account);
}

}  // namespace

SendingLedger::SendingLedger(std::shared_ptr<const LimitsSettings> settings,
                             base::EventSink& events, base::Metrics& metrics)
    : settings_(std::move(settings)),
      events_(events),
      held_messages_(metrics.counter(held_name, held_help, R"(limit="messages")")),
      held_new_recipients_(metrics.counter(held_name, held_help, R"(limit="new_recipients")")),
      held_brake_(metrics.counter(held_name, held_help, R"(limit="brake")")),
      braked_(metrics.gauge("stagepost_limits_braked_accounts",
                            "Accounts whose mail is all held until released")) {}

// Whom somebody wrote to is nobody's business: only a keyed hash is kept.
std::uint64_t SendingLedger::hash(const message::Address& address) const {
  const std::string key =
      message::local_key(address.local) + "@" + message::domain_key(address.domain);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  std::size_t length = 0;
  const unsigned char* made =
      EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA256", nullptr, secret_.data(), secret_.size(),
                reinterpret_cast<const unsigned char*>(key.data()), key.size(), digest.data(),
                digest.size(), &length);
  CHECK(made != nullptr && length >= sizeof(std::uint64_t), "OpenSSL has HMAC with SHA-256");
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < sizeof out; ++i) out = (out << 8U) | digest.at(i);
  return out;
}

SendingLedger::Case SendingLedger::open_case(const Transaction& transaction,
                                             const directory::Snapshot& known, base::Time now) {
  Case out{.transaction = transaction,
           .window = accounts_[transaction.account],
           .fresh = {},
           .foreign = {},
           .now = now};
  out.window.limits = known.limits(transaction.account);
  for (const message::Recipient& recipient : transaction.envelope.recipients) {
    if (known.is_local_domain(recipient.address.domain)) continue;
    out.foreign.push_back(hash(recipient.address));
  }
  std::ranges::sort(out.foreign);
  const auto doubled = std::ranges::unique(out.foreign);
  out.foreign.erase(doubled.begin(), doubled.end());
  std::ranges::copy_if(out.foreign, std::back_inserter(out.fresh),
                       [&out](std::uint64_t one) { return !out.window.knows(one); });
  return out;
}

Verdict SendingLedger::judge(const Transaction& transaction, const directory::Snapshot& known,
                             base::Time now) {
  if (transaction.account.empty()) return {};
  std::unique_lock lock(mutex_);
  Case one = open_case(transaction, known, now);
  changed_.insert(transaction.account);
  Verdict verdict;
  auto limit = one.window.limits.on ? passed(one) : std::nullopt;
  if (!limit) {
    record(one);
    if (one.window.limits.on) warn(one, verdict);
    return verdict;
  }
  const bool was_braked = one.window.braked.has_value();
  verdict = hold(one, std::move(*limit));
  if (was_braked || !one.window.braked || !on_brake_) return verdict;
  const OnBrake call = on_brake_;
  lock.unlock();
  call({.account = transaction.account, .hold_reason = verdict.reasons.front(), .notices = {}});
  return verdict;
}

std::optional<SendingLedger::Passed> SendingLedger::passed(const Case& one) const {
  const AccountWindow& window = one.window;
  const directory::SendingLimits& limits = window.limits;
  if (window.braked) return Passed{.limit = Limit::brake, .reason = window.brake_reason};
  const LateTotals lately = window.lately(one.now);
  if (!one.fresh.empty() && lately.fresh + one.fresh.size() > limits.new_recipients_brake_max) {
    return Passed{.limit = Limit::brake,
                  .reason = fmt::format("{} recipients within {} that it never wrote to before; "
                                        "the brake's limit is {}",
                                        lately.fresh + one.fresh.size(),
                                        base::format_duration(limits.brake_window),
                                        limits.new_recipients_brake_max)};
  }
  const DayTotals day = window.day(one.now);
  const std::uint64_t messages = one.transaction.envelope.recipients.size();
  if (day.messages + messages > limits.messages_per_day_max) {
    return Passed{.limit = Limit::messages,
                  .reason = fmt::format("{} messages within a day, counted by recipient; the "
                                        "limit is {}",
                                        day.messages + messages, limits.messages_per_day_max)};
  }
  if (!one.fresh.empty() && day.fresh + one.fresh.size() > limits.new_recipients_per_day_max) {
    return Passed{
        .limit = Limit::new_recipients,
        .reason = fmt::format("{} recipients within a day that it never wrote to "
                              "before; the limit is {}",
                              day.fresh + one.fresh.size(), limits.new_recipients_per_day_max)};
  }
  return std::nullopt;
}

void SendingLedger::record(Case& one) {
  const std::string& account = one.transaction.account;
  one.window.add(one.now, one.transaction.envelope.recipients.size(), one.fresh.size());
  learn_all(account, one.foreign, one.now);
}

void SendingLedger::learn_all(const std::string& account,
                              const std::vector<std::uint64_t>& recipients, base::Time now) {
  AccountWindow& window = accounts_[account];
  const std::uint32_t today = day_of(now);
  for (const std::uint64_t recipient : recipients) {
    if (window.learn(recipient, today)) {
      learnt_.push_back({.account = account, .hash = recipient, .day = today});
    }
  }
  for (const std::uint64_t recipient : window.drop_oldest(settings_->known_recipients_max)) {
    dropped_.push_back({.account = account, .hash = recipient, .day = 0});
  }
}

void SendingLedger::pull_brake(const std::string& account, AccountWindow& window,
                               std::string reason, base::Time now) {
  window.braked = now;
  window.brake_reason = std::move(reason);
  window.told = {};  // it is news, even if a daily limit was told of
  changed_.insert(account);
  set_gauge();
}

// The owner is told once a day, the administrator likewise; a brake that is pulled is told at once.
Verdict SendingLedger::hold(Case& one, Passed passed) {
  const std::string& account = one.transaction.account;
  if (passed.limit == Limit::brake && !one.window.braked) {
    pull_brake(account, one.window, passed.reason, one.now);
  }
  base::Counter& counter = passed.limit == Limit::brake      ? held_brake_
                           : passed.limit == Limit::messages ? held_messages_
                                                             : held_new_recipients_;
  counter.add();
  Verdict verdict;
  verdict.kind = Verdict::Kind::hold;
  verdict.reasons.push_back(hold_reason(account, passed.reason));
  verdict.notices = tell_held(account, one.window, passed.reason, one.now, &one.transaction);
  return verdict;
}

std::vector<Notice> SendingLedger::tell_held(const std::string& account, AccountWindow& window,
                                             const std::string& reason, base::Time now,
                                             const Transaction* transaction) {
  std::vector<Notice> notices;
  if (now - window.told >= told_every) {
    window.told = now;
    if (auto owner = message::parse_address(account, {.utf8 = true})) {
      notices.push_back(held_notice(*owner, reason));
    }
    tell("account.held", account, reason, now, transaction);
  }
  if (now - window.administrator_told >= told_every) {
    window.administrator_told = now;
    notices.push_back(held_notice_to_administrator(administrator_of(account), account, reason));
  }
  return notices;
}

void SendingLedger::on_brake(OnBrake call) {
  const std::scoped_lock lock(mutex_);
  on_brake_ = std::move(call);
}

std::vector<Brake> SendingLedger::brakes() const {
  const std::scoped_lock lock(mutex_);
  std::vector<Brake> out;
  for (const auto& [account, window] : accounts_) {
    if (!window.braked) continue;
    out.push_back({.account = account,
                   .hold_reason = hold_reason(account, window.brake_reason),
                   .notices = {}});
  }
  return out;
}

void SendingLedger::warn(Case& one, Verdict& verdict) {
  if (one.now - one.window.warned < told_every) return;
  const DayTotals day = one.window.day(one.now);
  const directory::SendingLimits& limits = one.window.limits;
  const auto near = [this](std::uint64_t count, std::uint64_t max) {
    return count * 100 >= max * settings_->warn_percent;
  };
  std::string what;
  if (near(day.messages, limits.messages_per_day_max)) {
    what = fmt::format("{} of {} messages, counted by recipient", day.messages,
                       limits.messages_per_day_max);
  } else if (near(day.fresh, limits.new_recipients_per_day_max)) {
    what = fmt::format("{} of {} new recipients", day.fresh, limits.new_recipients_per_day_max);
  } else {
    return;
  }
  one.window.warned = one.now;
  if (auto owner = message::parse_address(one.transaction.account, {.utf8 = true})) {
    verdict.notices.push_back(near_limit_notice(*owner, what));
  }
  tell("account.warned", one.transaction.account, what, one.now, &one.transaction);
}

message::Address SendingLedger::administrator_of(std::string_view account) const {
  if (auto set = message::parse_address(settings_->administrator, {.utf8 = true})) return *set;
  const std::size_t at = account.rfind('@');
  return {.local = "postmaster",
          .domain = std::string(at == std::string_view::npos ? account : account.substr(at + 1))};
}

void SendingLedger::bounced(std::string_view account, base::Time now) {
  std::unique_lock lock(mutex_);
  const auto at = accounts_.find(std::string(account));
  if (at == accounts_.end()) return;  // it never sent since its counts were forgotten
  AccountWindow& window = at->second;
  window.bounce(now);
  changed_.insert(at->first);
  const LateTotals lately = window.lately(now);
  if (!window.limits.on || window.braked || lately.bounces <= window.limits.bounces_brake_max) {
    return;
  }
  pull_brake(at->first, window,
             fmt::format("{} recipients refused by their servers within {}; the brake's limit is "
                         "{}",
                         lately.bounces, base::format_duration(window.limits.brake_window),
                         window.limits.bounces_brake_max),
             now);
  if (!on_brake_) return;  // then the next mail tells
  const Brake brake{.account = at->first,
                    .hold_reason = hold_reason(at->first, window.brake_reason),
                    .notices = tell_held(at->first, window, window.brake_reason, now)};
  const OnBrake call = on_brake_;
  lock.unlock();
  call(brake);
}

void SendingLedger::tell(std::string_view name, std::string_view account, std::string reason,
                         base::Time now, const Transaction* transaction) {
  events_.emit({.severity = base::Severity::warning,
                .name = name,
                .time = now,
                .session = transaction != nullptr ? transaction->session : base::SessionId{},
                .message = transaction != nullptr ? transaction->message : base::MessageId{},
                .fields = {{"account", std::string(account)}, {"reason", std::move(reason)}}});
}

// --- the command line ----------------------------------------------------------------------------

Usage SendingLedger::usage_of(const std::string& account, const AccountWindow& window,
                              base::Time now) const {
  const DayTotals day = window.day(now);
  return {.account = account,
          .messages = day.messages,
          .new_recipients = day.fresh,
          .bounces = window.lately(now).bounces,
          .known_recipients = window.known(),
          .braked = window.braked,
          .brake_reason = window.brake_reason};
}

Usage SendingLedger::usage(std::string_view account, base::Time now) const {
  const std::scoped_lock lock(mutex_);
  const auto at = accounts_.find(std::string(account));
  const std::string name(account);
  return at == accounts_.end() ? usage_of(name, AccountWindow(), now)
                               : usage_of(name, at->second, now);
}

std::vector<Usage> SendingLedger::all(base::Time now) const {
  const std::scoped_lock lock(mutex_);
  std::vector<Usage> out;
  for (const auto& [account, window] : accounts_) {
    Usage one = usage_of(account, window, now);
    if (one.messages > 0 || one.braked) out.push_back(std::move(one));
  }
  std::ranges::sort(out, {}, &Usage::account);
  return out;
}

bool SendingLedger::release(std::string_view account, base::Time now) {
  const std::scoped_lock lock(mutex_);
  const auto at = accounts_.find(std::string(account));
  if (at == accounts_.end() || !at->second.braked) return false;
  at->second.braked.reset();
  at->second.brake_reason.clear();
  at->second.forget_minutes();
  at->second.told = {};
  changed_.insert(at->first);
  set_gauge();
  tell("account.released", account, "the brake is let go by the operator", now);
  return true;
}

void SendingLedger::learn(std::string_view account, const std::vector<message::Address>& foreign,
                          base::Time now) {
  if (foreign.empty()) return;
  const std::scoped_lock lock(mutex_);
  const std::string name(account);
  std::vector<std::uint64_t> hashes;
  hashes.reserve(foreign.size());
  for (const message::Address& one : foreign) hashes.push_back(hash(one));
  changed_.insert(name);
  learn_all(name, hashes, now);
}

void SendingLedger::forget(std::string_view account) {
  const std::scoped_lock lock(mutex_);
  const std::string name(account);
  if (accounts_.erase(name) == 0) return;
  changed_.insert(name);  // its row goes, and the recipients with it
  std::erase_if(learnt_, [&name](const RecipientRow& row) { return row.account == name; });
  set_gauge();
}

void SendingLedger::set_settings(std::shared_ptr<const LimitsSettings> settings) {
  const std::scoped_lock lock(mutex_);
  settings_ = std::move(settings);
}

void SendingLedger::set_gauge() {
  braked_.set(std::ranges::count_if(accounts_,
                                    [](const auto& one) { return one.second.braked.has_value(); }));
}

// --- over a restart ------------------------------------------------------------------------------

void SendingLedger::load(const StateImage& image) {
  const std::scoped_lock lock(mutex_);
  secret_ = image.secret;
  for (const SentRow& row : image.sent) accounts_.insert_or_assign(row.account, AccountWindow(row));
  for (const RecipientRow& row : image.recipients) {
    const auto at = accounts_.find(row.account);
    if (at != accounts_.end()) (void)at->second.learn(row.hash, row.day);
  }
  set_gauge();
}

// Once a day: away with recipients that nobody has written to for so long.
void SendingLedger::sweep(base::Time now) {
  if (day_of(now) == swept_) return;
  swept_ = day_of(now);
  const std::uint32_t oldest = day_of(now - settings_->known_recipients_keep);
  for (auto& [account, window] : accounts_) {
    for (const std::uint64_t recipient : window.drop_before(oldest)) {
      dropped_.push_back({.account = account, .hash = recipient, .day = 0});
    }
  }
}

void SendingLedger::take_changes(StateChanges& changes, base::Time now) {
  const std::scoped_lock lock(mutex_);
  sweep(now);
  for (const std::string& account : changed_) {
    const auto at = accounts_.find(account);
    if (at == accounts_.end()) {
      changes.sent.gone.push_back(account);
    } else {
      changes.sent.set.push_back(at->second.row(account));
    }
  }
  changed_.clear();
  changes.recipients.set = std::exchange(learnt_, {});
  changes.recipients.gone = std::exchange(dropped_, {});
}

}  // namespace policy
