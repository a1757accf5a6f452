// See ldap_directory.h. What runs on LDAP's threads: reading all, looking one up, trying a
// password.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "directory/ldap/cache.h"
#include "directory/ldap/ldap_directory.h"
#include "directory/names.h"

namespace directory {
namespace {

using base::ErrorKind;

// Below this many people, losing most of them is an ordinary day.
constexpr std::size_t people_to_guard_min = 10;
// Below base_dn; nobody would name an entry so.
constexpr std::string_view never_existing = "cn=nobody+description=stagepost asks for nobody";

}  // namespace

bool is_absence(const base::Error& error) {
  return error.kind == ErrorKind::unreachable || error.kind == ErrorKind::timed_out ||
         error.kind == ErrorKind::tls;
}

LdapDirectory::LdapDirectory(LdapSettings settings, Parts parts)
    : settings_(std::move(settings)), reader_(settings_), parts_(std::move(parts)) {}

base::Result<> LdapDirectory::load_cache() {
  auto copy = load_ldap_cache(parts_.files, settings_);
  if (!copy) return std::unexpected(std::move(copy.error()));
  copy->domains = settings_.domains;
  const std::lock_guard lock(mutex_);
  contents_ = std::make_shared<const LdapContents>(std::move(*copy));
  saved_ = true;
  return {};
}

Contents LdapDirectory::overlay(Contents sqlite) const {
  const auto ldap = current();
  if (ldap) return merge(std::move(sqlite), *ldap);
  LdapContents nobody;
  nobody.domains = settings_.domains;
  Contents out = merge(std::move(sqlite), nobody);
  out.incomplete_domains = settings_.domains.empty() ? out.domains : settings_.domains;
  return out;
}

base::Result<> LdapDirectory::publish() { return parts_.live.publish(*parts_.store); }

base::Result<LdapDirectory::Refreshed> LdapDirectory::refresh_now(base::Time now) {
  {
    const std::lock_guard lock(mutex_);
    confirmed_.clear();  // what is found from here on may be newer than what is read below
  }
  auto client = parts_.connector->connect();
  if (!client) return std::unexpected(std::move(client.error()));
  auto read = reader_.read_all(**client);
  if (!read) return std::unexpected(std::move(read.error()));
  read->read_at = now;
  if (auto good = not_shrunk(*read); !good) return std::unexpected(std::move(good.error()));
  auto fresh = std::make_shared<LdapContents>(std::move(*read));

  const std::lock_guard changing(change_mutex_);
  {
    const std::lock_guard lock(mutex_);
    for (const LdapUser& user : confirmed_) {
      if (std::ranges::find(fresh->users, user) == fresh->users.end()) fresh->users.push_back(user);
    }
  }
  Refreshed out;
  out.unusable = fresh->unusable;
  const auto before = current();
  out.changed = !before || !before->same_people(*fresh);
  if (out.changed) {
    if (auto done = adopt(fresh); !done) return std::unexpected(std::move(done.error()));
  }
  out.cache_trouble = save(*fresh);
  if (!out.changed && away().empty()) return out;
  auto sqlite = parts_.store->contents();
  if (!sqlite) return std::unexpected(std::move(sqlite.error()));
  (void)merge(std::move(*sqlite), *fresh, &out.counts);
  return out;
}

base::Result<> LdapDirectory::adopt(std::shared_ptr<LdapContents> fresh) {
  {
    const std::lock_guard lock(mutex_);
    contents_ = std::move(fresh);
    saved_ = false;
    unknown_until_.clear();
  }
  return publish();
}

// A disk without room must not keep new people out: it is tried again at the next refresh.
std::string LdapDirectory::save(const LdapContents& contents) {
  {
    const std::lock_guard lock(mutex_);
    if (saved_) return {};
  }
  auto done = save_ldap_cache(parts_.files, settings_, contents);
  if (!done) return done.error().text();
  const std::lock_guard lock(mutex_);
  saved_ = true;
  return {};
}

base::Result<> LdapDirectory::not_shrunk(const LdapContents& fresh) const {
  const auto before = current();
  if (!before || before->users.size() < people_to_guard_min) return {};
  const std::size_t least = before->users.size() * (100 - settings_.shrink_percent_max) / 100;
  if (fresh.users.size() >= least) return {};
  return base::fail(
      ErrorKind::limit,
      fmt::format(
          "LDAP shows {} people where there were {}: that looks like lost rights or a wrong "
          "filter, so the others are kept. If it is right, stop the server, remove {} and "
          "start it again",
          fresh.users.size(), before->users.size(), settings_.cache_path));
}

// On the connection that is kept; once more on a new one when that had been closed meanwhile.
template <class T>
base::Result<T> LdapDirectory::asked(const std::function<base::Result<T>(LdapClient&)>& question) {
  const std::lock_guard lock(client_mutex_);
  const bool kept = client_ != nullptr;
  for (int attempt = kept ? 0 : 1; attempt < 2; ++attempt) {
    if (!client_) {
      auto client = parts_.connector->connect();
      if (!client) return std::unexpected(std::move(client.error()));
      client_ = std::move(*client);
    }
    base::Result<T> answer = question(*client_);
    if (answer || answer.error().kind == ErrorKind::invalid) return answer;
    client_.reset();
    if (attempt == 1) return answer;
  }
  return base::fail(ErrorKind::io, "not reached");
}

base::Result<LdapFound> LdapDirectory::find(const std::vector<std::string>& keys) {
  return asked<LdapFound>([this, &keys](LdapClient& client) { return reader_.find(client, keys); });
}

// True: somebody has the address, and the snapshot has been made anew with him.
base::Result<bool> LdapDirectory::look_up(const std::vector<std::string>& keys) {
  auto found = find(keys);
  if (!found) return std::unexpected(std::move(found.error()));
  if (!found->any()) return false;
  if (!found->user) {
    // A group's members have to be looked up, too: all is read, and then it is there.
    auto all = refresh_now(current() ? current()->read_at : base::Time{});
    if (!all) return std::unexpected(std::move(all.error()));
    return true;
  }
  const std::lock_guard changing(change_mutex_);
  const auto before = current();
  auto fresh = before ? std::make_shared<LdapContents>(*before) : std::make_shared<LdapContents>();
  const auto same = std::ranges::find(fresh->users, *found->user);
  if (before && same != fresh->users.end()) return true;  // another look-up was faster
  fresh->domains = settings_.domains;
  // Whoever had one of these addresses before is this person in an older form.
  std::erase_if(fresh->users, [&found](const LdapUser& user) {
    return user.mails.front() == found->user->mails.front();
  });
  fresh->users.push_back(*found->user);
  {
    const std::lock_guard lock(mutex_);
    confirmed_.push_back(*found->user);
  }
  if (auto live = adopt(fresh); !live) return std::unexpected(std::move(live.error()));
  // A restart while LDAP is away must know whose mail was accepted.
  (void)save(*fresh);
  return true;
}

base::Result<bool> LdapDirectory::check_now(const std::string& mailbox,
                                            const std::string& password) {
  auto dn = asked<std::string>(
      [this, &mailbox](LdapClient& client) { return reader_.find_dn(client, mailbox); });
  if (!dn) return std::unexpected(std::move(dn.error()));
  if (!dn->empty()) return parts_.connector->try_password(*dn, password);
  const auto nobody = parts_.connector->try_password(
      fmt::format("{},{}", never_existing, settings_.base_dn), password);
  if (!nobody && is_absence(nobody.error())) {
    return std::unexpected(nobody.error());
  }
  return false;  // whatever LDAP says: this is nobody's password
}

}  // namespace directory
