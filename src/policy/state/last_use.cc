// See last_use.h.
#include "policy/state/last_use.h"

#include <algorithm>
#include <utility>

#include "lib/base/text.h"

namespace policy {
namespace {

constexpr base::Duration step = std::chrono::minutes(1);  // a busy client rewrites a row so often

}  // namespace

bool login_is_of(std::string_view login, std::string_view account) {
  return base::istarts_with(login, account) &&
         (login.size() == account.size() || login[account.size()] == '/');
}

void LastUse::note(std::string_view login, const io::IpAddress& peer, base::Time now) {
  const std::scoped_lock lock(mutex_);
  const std::string name = base::lower(login);
  if (rows_.size() >= logins_max && !rows_.contains(name)) return;
  LastUseRow& row = rows_[name];
  std::string address = peer.text();
  if (row.address == address && now - row.when < step) return;
  row = {.login = name, .when = now, .address = std::move(address)};
  changed_.insert(name);
}

std::optional<LastUseRow> LastUse::of(std::string_view login) const {
  const std::scoped_lock lock(mutex_);
  const auto at = rows_.find(base::lower(login));
  if (at == rows_.end()) return std::nullopt;
  return at->second;
}

std::vector<LastUseRow> LastUse::of_account(std::string_view account) const {
  const std::scoped_lock lock(mutex_);
  std::vector<LastUseRow> out;
  for (const auto& [login, row] : rows_) {
    if (login_is_of(login, account)) out.push_back(row);
  }
  std::ranges::sort(out, {}, &LastUseRow::login);
  return out;
}

void LastUse::forget(std::string_view account) {
  const std::scoped_lock lock(mutex_);
  for (auto at = rows_.begin(); at != rows_.end();) {
    const auto here = at++;
    if (!login_is_of(here->first, account)) continue;
    changed_.insert(here->first);
    rows_.erase(here);
  }
}

void LastUse::load(std::vector<LastUseRow> rows) {
  const std::scoped_lock lock(mutex_);
  for (LastUseRow& row : rows) {
    std::string login = row.login;
    rows_.insert_or_assign(std::move(login), std::move(row));
  }
}

Changed<LastUseRow, std::string> LastUse::take_changes() {
  const std::scoped_lock lock(mutex_);
  Changed<LastUseRow, std::string> out;
  for (const std::string& login : changed_) {
    const auto at = rows_.find(login);
    if (at == rows_.end()) {
      out.gone.push_back(login);
    } else {
      out.set.push_back(at->second);
    }
  }
  changed_.clear();
  return out;
}

}  // namespace policy
