// See store.h.
#include "lib/acme/store.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "lib/base/text.h"
#include "lib/io/certificate.h"
#include "lib/io/wiped.h"

namespace acme {
namespace {

constexpr unsigned secret_mode = 0600;

using boost::json::object;

std::string text_in(const object& from, std::string_view name) {
  const auto* found = from.if_contains({name.data(), name.size()});
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

std::uint64_t number_in(const object& from, std::string_view name) {
  const auto* found = from.if_contains({name.data(), name.size()});
  if (found == nullptr || !found->is_int64() || found->get_int64() < 0) return 0;
  return static_cast<std::uint64_t>(found->get_int64());
}

base::Time time_in(const object& from, std::string_view name) {
  return base::parse_time(text_in(from, name)).value_or(base::Time());
}

std::string time_text(base::Time time) {
  return time == base::Time() ? std::string() : base::format_time(time);
}

base::Error named(base::Error error, const std::string& path, std::string_view remedy) {
  error.detail = fmt::format("{}: {}; {}", path, error.detail, remedy);
  return error;
}

}  // namespace

base::Result<std::string> Store::make_key(const std::string& path) {
  const auto key = io::PrivateKey::make();
  if (!key) return std::unexpected(key.error());
  auto pem = key->pem();
  if (!pem) return pem;
  if (auto made = files_.make_directories(folder_); !made) return std::unexpected(made.error());
  if (auto done = io::write_file(files_, path, *pem, secret_mode); !done) {
    return std::unexpected(std::move(done.error()));
  }
  return pem;
}

base::Result<std::string> Store::read_or_make_key(const std::string& path) {
  auto pem = io::read_file(files_, path, file_bytes_max);
  if (pem || pem.error().kind != base::ErrorKind::not_found) return pem;
  return make_key(path);
}

base::Result<AccountKey> Store::account_key() {
  const std::string path = folder_ + "/account.key";
  auto pem = read_or_make_key(path);
  if (!pem) return std::unexpected(pem.error());
  const io::Wiped wiped(*pem);
  auto key = AccountKey::from_pem(*pem);
  if (!key) {
    return std::unexpected(named(std::move(key.error()), path, "remove it: a new account is made"));
  }
  return key;
}

base::Result<io::PrivateKey> Store::next_key() {
  const std::string path = folder_ + "/next.key";
  auto pem = read_or_make_key(path);
  if (!pem) return std::unexpected(pem.error());
  const io::Wiped wiped(*pem);
  auto key = io::PrivateKey::from_pem(*pem);
  if (!key) {
    return std::unexpected(named(std::move(key.error()), path, "remove it: another one is made"));
  }
  const auto used = current();
  if (!used || !*used) return key;
  const auto facts = io::read_certificate((*used)->certificate_pem);
  if (!facts || key->public_digest().value_or("") != facts->key_digest()) return key;
  auto fresh = make_key(path);  // it came into use
  if (!fresh) return std::unexpected(fresh.error());
  const io::Wiped fresh_wiped(*fresh);
  return io::PrivateKey::from_pem(*fresh);
}

base::Result<std::optional<io::TlsIdentity>> Store::current() {
  auto pem = io::read_file(files_, certificate_path(), file_bytes_max);
  if (!pem && pem.error().kind == base::ErrorKind::not_found) return std::nullopt;
  if (!pem) return std::unexpected(std::move(pem.error()));
  return io::TlsIdentity{.names = {}, .certificate_pem = *pem, .key_pem = *pem};
}

base::Result<> Store::install(const std::string& chain_pem, const std::string& key_pem) {
  if (auto made = files_.make_directories(folder_); !made) return made;
  const std::string_view line_end = chain_pem.ends_with('\n') ? "" : "\n";
  return io::write_file(files_, certificate_path(),
                        fmt::format("{}{}{}", chain_pem, line_end, key_pem), secret_mode);
}

base::Result<Memory> Store::memory() {
  const std::string path = folder_ + "/state.json";
  const auto text = io::read_file(files_, path, file_bytes_max);
  if (!text && text.error().kind == base::ErrorKind::not_found) return Memory();
  if (!text) return std::unexpected(text.error());
  boost::system::error_code error;
  const auto value = boost::json::parse(*text, error);
  if (error || !value.is_object()) {
    return base::fail(base::ErrorKind::corrupt, path + ": is damaged; remove it");
  }
  const object& from = value.get_object();
  Memory out{.directory_url = text_in(from, "directory_url"),
             .key_since = time_in(from, "key_since"),
             .rollover = {.digest = base::unhex(text_in(from, "next_digest")).value_or(""),
                          .seen_since = time_in(from, "next_seen_since"),
                          .ttl = std::chrono::seconds(std::min<std::uint64_t>(
                              number_in(from, "next_ttl_seconds"), 0x7fffffffU))},
             .failures = static_cast<unsigned>(
                 std::min<std::uint64_t>(number_in(from, "failures"), 1'000'000)),
             .failure = text_in(from, "failure"),
             .failed_at = time_in(from, "failed_at"),
             .retry_at = time_in(from, "retry_at")};
  return out;
}

base::Result<> Store::keep(const Memory& memory) {
  const auto ttl = std::chrono::duration_cast<std::chrono::seconds>(memory.rollover.ttl).count();
  const object out = {{"directory_url", memory.directory_url},
                      {"key_since", time_text(memory.key_since)},
                      {"next_digest", base::hex(memory.rollover.digest)},
                      {"next_seen_since", time_text(memory.rollover.seen_since)},
                      {"next_ttl_seconds", static_cast<std::int64_t>(ttl)},
                      {"failures", static_cast<std::int64_t>(memory.failures)},
                      {"failure", memory.failure},
                      {"failed_at", time_text(memory.failed_at)},
                      {"retry_at", time_text(memory.retry_at)}};
  if (auto made = files_.make_directories(folder_); !made) return made;
  return io::write_file(files_, folder_ + "/state.json", boost::json::serialize(out) + "\n",
                        secret_mode);
}

}  // namespace acme
