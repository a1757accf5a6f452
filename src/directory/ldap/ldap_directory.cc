// See ldap_directory.h. The parts that look-ups and refreshes share are in ldap_refresh.cc.
#include "directory/ldap/ldap_directory.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "directory/credential.h"
#include "directory/names.h"
#include "lib/base/text.h"

namespace directory {
namespace {

using Answer = Confirmation::Answer;
using base::ErrorKind;

// Counts the look-ups that wait for LDAP's threads.
class Waiting {
 public:
  explicit Waiting(std::atomic<unsigned>& count) : count_(count), number_(++count) {}
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  ~Waiting() { --count_; }
  [[nodiscard]] bool too_many() const { return number_ > LdapDirectory::waiting_max; }

 private:
  std::atomic<unsigned>& count_;
  const unsigned number_;
};

Confirmation uncertain(std::string why) {
  return {.answer = Answer::uncertain, .snapshot = nullptr, .why = std::move(why)};
}

}  // namespace

io::Task<Confirmation> LdapDirectory::confirm(message::Address address, io::Ref<io::Loop> loop,
                                              io::Ref<io::Clock> clock) {
  const std::string key = key_of(address);
  if (address.domain.empty() || !answers_for(domain_of(key))) co_return Confirmation{};
  if (auto why = away(); !why.empty()) co_return uncertain("LDAP is away: " + why);
  if (remembered_unknown(key, clock->now())) co_return Confirmation{};
  const Waiting waiting(waiting_);
  if (waiting.too_many()) co_return uncertain("too many look-ups wait for LDAP");
  std::vector<std::string> keys{key};
  if (std::string plain = without_detail(key); !plain.empty()) keys.push_back(std::move(plain));
  const auto pool = parts_.pool(*loop);
  const auto found = co_await io::on_pool(*pool, [this, keys] { return look_up(keys); });
  if (!found) {
    note_away(found.error(), clock->wall());
    co_return uncertain("LDAP went away: " + found.error().detail);
  }
  if (!*found) {
    remember_unknown(key, clock->now());
    co_return Confirmation{};
  }
  auto snapshot = parts_.live.snapshot();
  if (snapshot->lookup(address) == Local::unknown) {
    // LDAP knows it, but it makes no mailbox: that is for the administrator to mend.
    co_return uncertain("the LDAP entry cannot be used; `stagepost ldap test` tells why");
  }
  co_return Confirmation{.answer = Answer::known, .snapshot = std::move(snapshot), .why = {}};
}

io::Task<base::Result<bool>> LdapDirectory::check_password(std::string login, std::string password,
                                                           io::Ref<io::Loop> loop,
                                                           io::Ref<io::Clock> clock) {
  // RFC 4513 §5.1.2: a bind with an empty password succeeds without proving anything.
  if (password.empty() || password.size() > password_bytes_max) co_return false;
  if (auto why = away(); !why.empty()) {
    co_return base::fail(ErrorKind::unreachable, "LDAP is away: " + why);
  }
  const Waiting waiting(waiting_);
  if (waiting.too_many()) {
    co_return base::fail(ErrorKind::busy, "too many password checks wait for LDAP");
  }
  std::string mailbox;
  {
    const auto known = parts_.live.snapshot();
    const Login* found = known->login(login);
    mailbox = found != nullptr ? found->mailbox : base::lower(login);
  }
  const auto pool = parts_.pool(*loop);
  auto right = co_await io::on_pool(
      *pool, [this, mailbox, password] { return check_now(mailbox, password); });
  if (!right && is_absence(right.error())) note_away(right.error(), clock->wall());
  co_return right;
}

io::Task<bool> LdapDirectory::refresh(io::Ref<io::Loop> loop, io::Ref<io::Clock> clock) {
  const auto pool = parts_.pool(*loop);
  const base::Time now = clock->wall();
  auto done = co_await io::on_pool(*pool, [this, now] { return refresh_now(now); });
  if (!done) {
    note_away(done.error(), clock->wall());
    co_return false;
  }
  note_back(*done, clock->wall());
  co_return true;
}

io::Task<void> LdapDirectory::run(io::Ref<io::Loop> loop, io::Ref<io::Clock> clock) {
  constexpr base::Duration tick = std::chrono::seconds(1);
  constexpr base::Duration retry = std::chrono::seconds(5);  // while it is away
  base::Instant last = clock->now();
  bool done_once = has_people() && away().empty();  // the start has read it already
  while (true) {
    const base::Duration wait =
        away().empty() ? settings_.refresh_interval : std::min(settings_.refresh_interval, retry);
    if (!done_once || clock->now() - last >= wait) {
      done_once = true;
      (void)co_await refresh(loop, clock);
      last = clock->now();
    }
    // Short steps: a look-up may find LDAP away at any time.
    if (auto slept = co_await io::sleep_for(*clock, tick); !slept) co_return;
  }
}

bool LdapDirectory::answers_for(std::string_view domain) const {
  if (settings_.domains.empty()) return parts_.live.snapshot()->is_local_domain(domain);
  return std::ranges::find(settings_.domains, domain) != settings_.domains.end();
}

bool LdapDirectory::may_be_login(std::string_view name) const {
  const std::size_t at = name.rfind('@');
  if (at == std::string_view::npos) return !reader_.schema().login_attribute.empty();
  return answers_for(message::domain_key(name.substr(at + 1)));
}

bool LdapDirectory::has_people() const { return current() != nullptr; }

std::shared_ptr<const LdapContents> LdapDirectory::current() const {
  const std::lock_guard lock(mutex_);
  return contents_;
}

std::string LdapDirectory::away() const {
  const std::lock_guard lock(mutex_);
  return away_why_;
}

std::string LdapDirectory::trouble() const {
  const std::lock_guard lock(mutex_);
  if (away_why_.empty()) return {};
  std::string out = fmt::format("LDAP is away: {}; ", away_why_);
  if (!contents_) return out + "nobody is known from it, mail to its domains waits";
  return out + fmt::format("{} people are known from {}", contents_->users.size(),
                           base::format_time(contents_->read_at));
}

// Told once per absence, and again when it is back.
void LdapDirectory::note_away(const base::Error& error, base::Time now) {
  std::size_t people = 0;
  {
    const std::lock_guard lock(mutex_);
    away_why_ = error.detail.empty() ? error.text() : error.detail;
    if (away_told_) return;
    away_told_ = true;
    away_since_ = now;
    people = contents_ ? contents_->users.size() : 0;
  }
  emit(base::Severity::error, "directory.ldap_away", now,
       {{"reason", error.text()}, {"people_known", fmt::to_string(people)}});
}

void LdapDirectory::note_back(const Refreshed& refreshed, base::Time now) {
  bool was_away = false;
  {
    const std::lock_guard lock(mutex_);
    away_why_.clear();
    was_away = std::exchange(away_told_, false);
  }
  if (!refreshed.cache_trouble.empty()) {
    emit(base::Severity::error, "directory.ldap_cache_failed", now,
         {{"reason", refreshed.cache_trouble}});
  }
  const MergeCounts& counts = refreshed.counts;
  if (was_away || refreshed.changed) {
    emit(base::Severity::info, was_away ? "directory.ldap_back" : "directory.ldap_read", now,
         {{"mailboxes", fmt::to_string(counts.mailboxes)},
          {"aliases", fmt::to_string(counts.aliases)},
          {"foreign", fmt::to_string(counts.foreign)},
          {"taken", fmt::to_string(counts.taken)},
          {"unusable", fmt::to_string(refreshed.unusable)}});
  }
}

bool LdapDirectory::remembered_unknown(const std::string& key, base::Instant now) {
  const std::lock_guard lock(mutex_);
  const auto found = unknown_until_.find(key);
  return found != unknown_until_.end() && now < found->second;
}

void LdapDirectory::remember_unknown(const std::string& key, base::Instant now) {
  const std::lock_guard lock(mutex_);
  if (unknown_until_.size() >= answers_max) {
    std::erase_if(unknown_until_, [now](const auto& entry) { return entry.second <= now; });
    if (unknown_until_.size() >= answers_max) unknown_until_.clear();  // it is but a cache
  }
  unknown_until_[key] = now + settings_.unknown_for;
}

void LdapDirectory::emit(base::Severity severity, std::string_view name, base::Time now,
                         std::vector<std::pair<std::string_view, std::string>> fields) {
  base::Event event;
  event.severity = severity;
  event.name = name;
  event.time = now;
  event.fields = std::move(fields);
  parts_.events.emit(event);
}

}  // namespace directory
