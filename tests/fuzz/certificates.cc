// Fuzz target: PEM texts that somebody else has written: chains, and keys of every kind that we
// read. (What is in them is OpenSSL's.)
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lib/acme/jws.h"
#include "lib/base/check.h"
#include "lib/io/certificate.h"
#include "lib/io/private_key.h"
#include "lib/mailauth/dkim_crypto.h"
#include "lib/mailauth/dkim_der.h"
#include "lib/mailauth/dkim_key.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto chain = io::read_certificates(text)) {
    CHECK(!chain->empty() && chain->size() <= io::certificates_max, "a bound");
    for (const io::Certificate& one : *chain) {
      CHECK(one.names.size() <= io::Certificate::names_max, "a bound");
      CHECK(one.key_digest().size() == 32, "a digest");
      (void)io::covers(one, "mx.home.test");
    }
    (void)io::check_chain(text);
  }
  (void)io::PrivateKey::from_pem(text);
  (void)acme::AccountKey::from_pem(text);
  if (const auto key = mailauth::PrivateKey::from_text(text)) {
    CHECK(mailauth::PrivateKey::from_text(key->pem()).has_value(), "what we write can be read");
  }
  if (const auto record = mailauth::parse_key_record(text)) {
    const auto type =
        record->type == "ed25519" ? mailauth::KeyType::ed25519 : mailauth::KeyType::rsa;
    (void)mailauth::PublicKey::from_octets(type, record->octets);
  }
  (void)mailauth::read_rsa_key(text);
  return 0;
}
