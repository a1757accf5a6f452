// server/certificate/load.h: the certificate that the server shows, read from where it is.
//
// What:    the files of [tls], else the one that [acme] got, else a self-signed one that is kept
//          in the state folder.
// In/Out:  Config → Loaded: a TLS server, what its certificate says, and what is amiss with it.
// Errors:  a file that cannot be read, a key of another certificate, with the setting and the
//          remedy.
// Limits:  key_bytes_max for each file.
// Not here: when it is looked at again (keeper.h), handshakes (lib/io/tls.h).
#pragma once

#include <memory>
#include <string>

#include "config/config.h"
#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/io/certificate.h"
#include "lib/io/files.h"
#include "lib/io/tls.h"

namespace server {

inline constexpr std::uint64_t key_bytes_max = 256UL * 1024;

enum class CertificateSource : std::uint8_t { files, acme, self_signed };

struct Loaded {
  CertificateSource source = CertificateSource::self_signed;
  std::string path;
  std::string key_path;
  std::shared_ptr<io::TlsServer> server;
  io::Certificate facts;
  std::string digest;   // of certificate and key: another one is another identity
  std::string problem;  // it works, but peers that verify may refuse it; empty: nothing
};

[[nodiscard]] CertificateSource source_of(const config::Config& config);
[[nodiscard]] base::Result<Loaded> load_certificate(io::Files& files, const config::Config& config,
                                                    base::Time now,
                                                    std::shared_ptr<io::TlsChallenges> challenges);
// Of octets that are at hand already: may they be used?
[[nodiscard]] base::Result<Loaded> load_identity(const io::TlsIdentity& identity, base::Time now,
                                                 std::shared_ptr<io::TlsChallenges> challenges);
// The files of [tls] as they are now, without a look at what they say.
[[nodiscard]] base::Result<io::TlsIdentity> read_identity_files(io::Files& files,
                                                                const config::Config& config);
[[nodiscard]] std::string digest_of(const io::TlsIdentity& identity);

}  // namespace server
