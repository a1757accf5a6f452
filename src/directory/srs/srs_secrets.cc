// See srs_secrets.h.
#include "directory/srs/srs_secrets.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lib/base/text.h"

namespace directory {
namespace {

using base::ErrorKind;
using std::chrono::seconds;

constexpr std::uint64_t file_bytes_max = 64UL * 1024;

std::unexpected<base::Error> not_ours() {
  return base::fail(ErrorKind::corrupt,
                    "is not a file of SRS secrets; put a copy back, or remove it, and bounces of "
                    "what was forwarded until now are refused");
}

}  // namespace

std::string write_srs_secrets(const std::vector<SrsSecret>& secrets) {
  std::string out;
  for (const SrsSecret& one : secrets) {
    const auto made = std::chrono::floor<seconds>(one.made).time_since_epoch().count();
    out += fmt::format("{} {}\n", made, base::hex(one.octets));
  }
  return out;
}

base::Result<std::vector<SrsSecret>> read_srs_secrets(std::string_view text) {
  std::vector<SrsSecret> out;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = base::trim(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty()) continue;
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos || out.size() >= SrsSecrets::secrets_max) {
      return not_ours();
    }
    const auto made = base::parse_number(line.substr(0, space));
    auto octets = base::unhex(line.substr(space + 1));
    if (!made || *made >= (1ULL << 40U) || !octets || octets->size() != SrsSecrets::secret_bytes) {
      return not_ours();
    }
    out.push_back({.made = base::Time(seconds(static_cast<std::int64_t>(*made))),
                   .octets = std::move(*octets)});
  }
  std::ranges::sort(out, std::ranges::greater{}, &SrsSecret::made);
  return out;
}

bool SrsSecrets::is_due(base::Time now) const {
  return !was_read_ || secrets_.empty() || now - secrets_.front().made >= ages_.renew_after;
}

// The last address of a secret was made when the next one took its place; a day more for clocks.
void SrsSecrets::drop_old(base::Time now) {
  for (std::size_t i = 1; i < secrets_.size(); ++i) {
    if (now - secrets_[i - 1].made <= ages_.valid_for + std::chrono::hours(24)) continue;
    secrets_.resize(i);
    return;
  }
}

base::Result<std::optional<std::vector<std::string>>> SrsSecrets::keep(io::Files& files,
                                                                       io::Random& random,
                                                                       base::Time now) {
  if (!is_due(now)) return std::nullopt;
  const auto text = io::read_file(files, path_, file_bytes_max);
  if (!text && text.error().kind != ErrorKind::not_found) return std::unexpected(text.error());
  if (text) {
    auto kept = read_srs_secrets(*text);
    if (!kept) {
      return base::fail(kept.error().kind, fmt::format("{} {}", path_, kept.error().detail));
    }
    secrets_ = std::move(*kept);
  }
  was_read_ = true;
  if (is_due(now)) {
    std::string octets(secret_bytes, '\0');
    random.fill(octets);
    secrets_.insert(secrets_.begin(), {.made = now, .octets = std::move(octets)});
    drop_old(now);
    if (secrets_.size() > secrets_max) secrets_.resize(secrets_max);
    auto written = io::write_file(files, path_, write_srs_secrets(secrets_), 0600);
    if (!written) {
      was_read_ = false;
      return std::unexpected(std::move(written.error()));
    }
  }
  std::vector<std::string> out;
  out.reserve(secrets_.size());
  for (const SrsSecret& one : secrets_) out.push_back(one.octets);
  return out;
}

}  // namespace directory
