// See greylist.h.
#include "policy/client/greylist.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "lib/base/check.h"
#include "policy/guard/prefix.h"

namespace policy {
namespace {

// `seen` of what is known for weeks need not be written at every mail.
constexpr base::Duration touched_every = std::chrono::hours(6);
constexpr base::Duration sweep_every = std::chrono::hours(1);

// Servers of one sender take turns within it (RFC 6647 §2.2).
io::IpNetwork neighbours_of(const io::IpAddress& client) {
  return cut(client, client.is_v6() ? 64 : 24);
}

}  // namespace

// Who wrote to whom is nobody's business: only a keyed hash is kept.
std::uint64_t Greylist::hash(std::string_view key) const {
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

GreylistAnswer Greylist::ask(const io::IpAddress& client, const message::Address& sender,
                             const message::Address& recipient, const GreylistSettings& settings,
                             base::Time now) {
  const std::string network = "greylist " + neighbours_of(client).text();
  const std::string from = (settings.by_domain ? "" : message::local_key(sender.local)) + "@" +
                           message::domain_key(sender.domain);
  const std::string to =
      message::local_key(recipient.local) + "@" + message::domain_key(recipient.domain);
  const std::scoped_lock lock(mutex_);
  return judge(hash(network + " " + from + " " + to), hash(network), settings, now);
}

GreylistAnswer Greylist::judge(std::uint64_t mail, std::uint64_t network,
                               const GreylistSettings& settings, base::Time now) {
  if (entries_.size() + 2 > settings.entries_max) make_room(settings, now);
  if (const auto known = entries_.find(network);
      known != entries_.end() && settings.successes_min > 0) {
    Entry& entry = known->second;
    if (entry.successes >= settings.successes_min && now - entry.seen <= settings.known_for) {
      touch(network, entry, now);
      return {.passed = true, .why = "its network has come again often enough", .wait = {}};
    }
  }
  const auto [at, is_new] = entries_.try_emplace(mail, Entry{.first = now, .seen = now});
  Entry& entry = at->second;
  const bool known = !is_new && entry.successes > 0 && now - entry.seen <= settings.known_for;
  if (known) {
    touch(mail, entry, now);
    return {.passed = true, .why = "known since " + base::format_time(entry.first), .wait = {}};
  }
  const bool too_late = entry.successes > 0 || now - entry.first > settings.window;
  if (is_new || too_late || now < entry.first) {
    entry = {.first = now, .seen = now};
    changed_.insert(mail);
    return {.passed = false, .why = "first contact", .wait = settings.wait};
  }
  if (now - entry.first < settings.wait) {
    return {.passed = false,
            .why = "first contact, come again too soon",
            .wait = settings.wait - (now - entry.first)};
  }
  entry.seen = now;
  entry.successes = 1;
  changed_.insert(mail);
  Entry& around = entries_.try_emplace(network, Entry{.first = now, .seen = now}).first->second;
  around.seen = now;
  ++around.successes;
  changed_.insert(network);
  return {.passed = true, .why = "has come again", .wait = {}};
}

bool Greylist::is_over(const Entry& entry, const GreylistSettings& settings, base::Time now) {
  return now - entry.seen > (entry.successes > 0 ? settings.known_for : settings.window);
}

void Greylist::touch(std::uint64_t key, Entry& entry, base::Time now) {
  if (now - entry.seen < touched_every) return;
  entry.seen = now;
  changed_.insert(key);
}

// Without what has expired; if that is not enough, without the quarter that is least worth: first
// those that never came again, the longest unseen before the others.
void Greylist::make_room(const GreylistSettings& settings, base::Time now) {
  using Worth = std::pair<bool, base::Time>;
  const auto worth = [](const Entry& one) { return Worth(one.successes > 0, one.seen); };
  std::vector<Worth> worths;
  for (auto at = entries_.begin(); at != entries_.end();) {
    const Entry& entry = at->second;
    const auto next = std::next(at);
    if (is_over(entry, settings, now)) {
      drop(at);
    } else {
      worths.push_back(worth(entry));
    }
    at = next;
  }
  if (worths.size() <= std::size_t{settings.entries_max} / 4 * 3) return;
  const auto quarter = worths.begin() + static_cast<std::ptrdiff_t>(worths.size() / 4);
  std::ranges::nth_element(worths, quarter);
  for (auto at = entries_.begin(); at != entries_.end();) {
    const auto next = std::next(at);
    if (worth(at->second) <= *quarter) drop(at);
    at = next;
  }
}

void Greylist::drop(std::unordered_map<std::uint64_t, Entry>::iterator at) {
  changed_.insert(at->first);
  entries_.erase(at);
}

std::size_t Greylist::size() const {
  const std::scoped_lock lock(mutex_);
  return entries_.size();
}

void Greylist::load(const StateImage& image) {
  const std::scoped_lock lock(mutex_);
  secret_ = image.secret;
  for (const GreylistRow& row : image.greylist) {
    entries_[row.hash] = {.first = row.first, .seen = row.seen, .successes = row.successes};
  }
}

// Once an hour, also where there is room: away with what does not count any more.
void Greylist::sweep(const GreylistSettings& settings, base::Time now) {
  if (now >= swept_ && now - swept_ < sweep_every) return;
  swept_ = now;
  for (auto at = entries_.begin(); at != entries_.end();) {
    const auto here = at++;
    if (is_over(here->second, settings, now)) drop(here);
  }
}

void Greylist::take_changes(StateChanges& changes, const GreylistSettings& settings,
                            base::Time now) {
  const std::scoped_lock lock(mutex_);
  sweep(settings, now);
  for (const std::uint64_t key : std::exchange(changed_, {})) {
    const auto found = entries_.find(key);
    if (found == entries_.end()) {
      changes.greylist.gone.push_back(key);
      continue;
    }
    const Entry& entry = found->second;
    changes.greylist.set.push_back(
        {.hash = key, .first = entry.first, .seen = entry.seen, .successes = entry.successes});
  }
}

}  // namespace policy
