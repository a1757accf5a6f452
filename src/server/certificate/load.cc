// See load.h.
#include "server/certificate/load.h"

#include <fmt/format.h>

#include "lib/acme/store.h"
#include "lib/io/digest.h"
#include "lib/io/wiped.h"

namespace server {
namespace {

constexpr int self_signed_days = 3650;  // nobody verifies it; a real one is in [tls] or by [acme]

std::string self_signed_path(const config::Config& config, std::string_view suffix) {
  return fmt::format("{}/self-signed.{}", config.server.state_folder, suffix);
}

base::Result<io::TlsIdentity> self_signed(io::Files& files, const config::Config& config,
                                          base::Time now) {
  const std::string certificate_path = self_signed_path(config, "crt");
  const std::string key_path = self_signed_path(config, "key");
  auto certificate = io::read_file(files, certificate_path, key_bytes_max);
  auto key = io::read_file(files, key_path, key_bytes_max);
  if (certificate && key) {
    return io::TlsIdentity{
        .names = {}, .certificate_pem = std::move(*certificate), .key_pem = std::move(*key)};
  }
  auto made = io::make_self_signed({config.session.hostname}, now, self_signed_days);
  if (!made) return made;
  if (auto done = io::write_file(files, key_path, made->key_pem, 0600); !done) {
    return std::unexpected(done.error());
  }
  if (auto done = io::write_file(files, certificate_path, made->certificate_pem, 0644); !done) {
    return std::unexpected(done.error());
  }
  made->names.clear();
  return made;
}

std::string problem_of(const Loaded& loaded, const io::TlsIdentity& identity, base::Time now) {
  if (const auto chain = io::check_chain(identity.certificate_pem); !chain) {
    return chain.error().detail;
  }
  if (loaded.facts.not_after <= now) {
    return "the certificate expired at " + base::format_time(loaded.facts.not_after);
  }
  if (loaded.facts.not_before > now) {
    return "the certificate is not valid before " + base::format_time(loaded.facts.not_before);
  }
  return {};
}

// What the settings name, and where it is.
struct Found {
  io::TlsIdentity identity;
  CertificateSource source = CertificateSource::self_signed;
  std::string path;
  std::string key_path;
};

base::Result<Found> find_identity(io::Files& files, const config::Config& config, base::Time now) {
  if (source_of(config) == CertificateSource::files) {
    auto identity = read_identity_files(files, config);
    if (!identity) return std::unexpected(std::move(identity.error()));
    return Found{std::move(*identity), CertificateSource::files, config.session.certificate_path,
                 config.session.key_path};
  }
  if (source_of(config) == CertificateSource::acme) {
    acme::Store store(files, config.server.acme.folder);
    auto identity = store.current();
    if (!identity) return std::unexpected(std::move(identity.error()));
    if (*identity) {
      return Found{std::move(**identity), CertificateSource::acme, store.certificate_path(),
                   store.certificate_path()};
    }
  }
  auto identity = self_signed(files, config, now);
  if (!identity) return std::unexpected(std::move(identity.error()));
  return Found{std::move(*identity), CertificateSource::self_signed,
               self_signed_path(config, "crt"), self_signed_path(config, "key")};
}

}  // namespace

CertificateSource source_of(const config::Config& config) {
  if (!config.session.certificate_path.empty()) return CertificateSource::files;
  return config.server.acme.on() ? CertificateSource::acme : CertificateSource::self_signed;
}

std::string digest_of(const io::TlsIdentity& identity) {
  io::Sha256 digest;
  digest.add(identity.certificate_pem);
  digest.add(std::string_view("\0", 1));
  digest.add(identity.key_pem);
  return digest.take();
}

base::Result<io::TlsIdentity> read_identity_files(io::Files& files, const config::Config& config) {
  const auto trouble = [](std::string_view key, const base::Error& error) {
    return base::fail(error.kind, std::string(key) + " in [tls]: " + error.detail +
                                      "; name a PEM file that this user can read");
  };
  auto certificate = io::read_file(files, config.session.certificate_path, key_bytes_max);
  if (!certificate) return trouble("certificate", certificate.error());
  auto key = io::read_file(files, config.session.key_path, key_bytes_max);
  if (!key) return trouble("key", key.error());
  return io::TlsIdentity{
      .names = {}, .certificate_pem = std::move(*certificate), .key_pem = std::move(*key)};
}

base::Result<Loaded> load_identity(const io::TlsIdentity& identity, base::Time now,
                                   std::shared_ptr<io::TlsChallenges> challenges) {
  auto server = io::TlsServer::make({identity}, std::move(challenges));
  if (!server) return std::unexpected(std::move(server.error()));
  auto facts = io::read_certificate(identity.certificate_pem);
  if (!facts) return std::unexpected(std::move(facts.error()));
  Loaded out;
  out.server = std::move(*server);
  out.facts = std::move(*facts);
  out.digest = digest_of(identity);
  out.problem = problem_of(out, identity, now);
  return out;
}

base::Result<Loaded> load_certificate(io::Files& files, const config::Config& config,
                                      base::Time now,
                                      std::shared_ptr<io::TlsChallenges> challenges) {
  auto found = find_identity(files, config, now);
  if (!found) return std::unexpected(std::move(found.error()));
  const io::Wiped key(found->identity.key_pem);
  const io::Wiped chain(found->identity.certificate_pem);  // of ACME: the key is in it, too
  auto loaded = load_identity(found->identity, now, std::move(challenges));
  if (!loaded) {
    loaded.error().detail = found->path + ": " + loaded.error().detail;
    return loaded;
  }
  loaded->source = found->source;
  loaded->path = std::move(found->path);
  loaded->key_path = std::move(found->key_path);
  return loaded;
}

}  // namespace server
