// See scram_client.h.
#include "lib/sasl/scram_client.h"

#include <gsasl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <memory>

#include "lib/base/check.h"
#include "lib/base/text.h"

namespace sasl {
namespace {

using base::ErrorKind;
using base::fail;

const EVP_MD* digest_of(ScramHash hash) {
  return hash == ScramHash::sha_1 ? EVP_sha1() : EVP_sha256();
}

std::size_t bytes_of(ScramHash hash) {
  return static_cast<std::size_t>(EVP_MD_get_size(digest_of(hash)));
}

const unsigned char* octets(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

std::string hmac(ScramHash hash, std::string_view key, std::string_view text) {
  std::string out(bytes_of(hash), '\0');
  unsigned length = 0;
  const auto* made = HMAC(digest_of(hash), key.data(), static_cast<int>(key.size()), octets(text),
                          text.size(), reinterpret_cast<unsigned char*>(out.data()), &length);
  CHECK(made != nullptr && length == out.size(), "HMAC is always there");
  return out;
}

std::string digest(ScramHash hash, std::string_view text) {
  std::string out(bytes_of(hash), '\0');
  CHECK(EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(out.data()), nullptr,
                   digest_of(hash), nullptr) == 1,
        "a digest is always there");
  return out;
}

// RFC 5802 §2.2, Normalize.
std::string prepared(std::string_view password) {
  char* text = nullptr;
  std::string zero_terminated(password);
  const int rc = gsasl_saslprep(zero_terminated.c_str(), GSASL_ALLOW_UNASSIGNED, &text, nullptr);
  const std::unique_ptr<char, void (*)(void*)> owner(text, gsasl_free);
  if (rc != GSASL_OK || text == nullptr || *text == '\0') return zero_terminated;
  return text;
}

// RFC 5802 §5.1: saslname.
std::string encode_saslname(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == ',') {
      out += "=2C";
    } else if (c == '=') {
      out += "=3D";
    } else {
      out += c;
    }
  }
  return out;
}

// The attribute of that name at the head of `rest`, which it is taken from.
std::optional<std::string> take(std::string_view& rest, char name) {
  if (rest.size() < 2 || rest[0] != name || rest[1] != '=') return std::nullopt;
  const std::size_t comma = rest.find(',');
  std::string value(rest.substr(2, comma == std::string_view::npos ? comma : comma - 2));
  rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
  return value;
}

}  // namespace

std::string salted_password(ScramHash hash, std::string_view password, const Salt& salt) {
  std::string out(bytes_of(hash), '\0');
  std::string key = prepared(password);
  const int done = PKCS5_PBKDF2_HMAC(
      key.data(), static_cast<int>(key.size()), octets(salt.octets),
      static_cast<int>(salt.octets.size()), static_cast<int>(salt.iterations), digest_of(hash),
      static_cast<int>(out.size()), reinterpret_cast<unsigned char*>(out.data()));
  OPENSSL_cleanse(key.data(), key.size());
  CHECK(done == 1, "PBKDF2 is always there");
  return out;
}

ScramClient::ScramClient(Options options)
    : options_(std::move(options)),
      first_bare_("n=" + encode_saslname(prepared(options_.user)) + ",r=" + options_.nonce) {}

std::string ScramClient::gs2_header() const {
  if (options_.flag == 'p') return "p=" + options_.binding_name + ",,";
  return std::string(1, options_.flag) + ",,";
}

std::string ScramClient::first() const { return gs2_header() + first_bare_; }

base::Result<Salt> ScramClient::read_first(std::string_view server_first) {
  if (server_first.size() > scram_message_bytes_max) {
    return fail(ErrorKind::limit, "its first message is too long");
  }
  std::string_view rest = server_first;
  // RFC 5802 §5.1: "m=" in front is an extension that must be understood; we know none.
  const auto nonce = take(rest, 'r');
  const auto salt = take(rest, 's');
  const auto iterations = take(rest, 'i');
  if (!nonce || !salt || !iterations) {
    return fail(ErrorKind::invalid, "its first message is not of SCRAM");
  }
  if (!nonce->starts_with(options_.nonce) || nonce->size() == options_.nonce.size()) {
    return fail(ErrorKind::invalid, "its nonce does not continue ours");
  }
  Salt out;
  auto octets_of_salt = base::unbase64(*salt);
  const auto count = base::parse_number(*iterations);
  if (!octets_of_salt || octets_of_salt->empty() || !count) {
    return fail(ErrorKind::invalid, "its salt or iteration count cannot be read");
  }
  if (*count < scram_iterations_least || *count > scram_iterations_most) {
    return fail(ErrorKind::limit, "its iteration count of " + base::printable(*iterations, 20) +
                                      " is not between 4096 and 2000000");
  }
  out.octets = std::move(*octets_of_salt);
  out.iterations = static_cast<unsigned>(*count);
  server_first_ = server_first;
  nonce_ = *nonce;
  return out;
}

std::string ScramClient::last(std::string_view salted) {
  CHECK(!nonce_.empty(), "last() follows read_first()");
  const ScramHash hash = options_.hash;
  std::string bound = gs2_header();
  if (options_.flag == 'p') bound += options_.binding;
  const std::string without_proof = "c=" + base::base64(bound) + ",r=" + nonce_;
  const std::string all = first_bare_ + "," + server_first_ + "," + without_proof;
  const std::string client_key = hmac(hash, salted, "Client Key");
  std::string proof = hmac(hash, digest(hash, client_key), all);
  for (std::size_t i = 0; i < proof.size(); ++i) {
    proof[i] = static_cast<char>(proof[i] ^ client_key[i]);
  }
  signature_ = hmac(hash, hmac(hash, salted, "Server Key"), all);
  return without_proof + ",p=" + base::base64(proof);
}

base::Result<> ScramClient::verify(std::string_view server_final) const {
  std::string_view rest = server_final;
  if (const auto error = take(rest, 'e')) {
    return fail(ErrorKind::denied, "it says " + base::printable(*error, 60));
  }
  const auto value = take(rest, 'v');
  const auto signature = value ? base::unbase64(*value) : std::nullopt;
  if (!signature || signature_.empty() || signature->size() != signature_.size() ||
      CRYPTO_memcmp(signature->data(), signature_.data(), signature_.size()) != 0) {
    return fail(ErrorKind::invalid, "its signature is not one of a server that knows the password");
  }
  return {};
}

}  // namespace sasl
