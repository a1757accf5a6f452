// See certificate.h.
#include "lib/io/certificate.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <span>

#include "lib/base/text.h"
#include "lib/io/alternative_names.h"
#include "lib/io/digest.h"
#include "lib/io/tls_stream.h"

namespace io {
namespace {

using StorePtr = std::unique_ptr<X509_STORE, OpensslFree<X509_STORE_free>>;
using StoreContextPtr = std::unique_ptr<X509_STORE_CTX, OpensslFree<X509_STORE_CTX_free>>;

// The stack does not own its certificates.
struct FreeStack {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};

std::string words_of(const X509_NAME* name) {
  const BioPtr text(BIO_new(BIO_s_mem()));
  if (!text || X509_NAME_print_ex(text.get(), name, 0, XN_FLAG_RFC2253) < 0) return {};
  return base::printable(text_of(*text));
}

std::vector<std::string> names_of(const X509& certificate) {
  std::vector<std::string> out;
  const NamesPtr names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  const int count = names ? sk_GENERAL_NAME_num(names.get()) : 0;
  for (int i = 0; i < count && out.size() < Certificate::names_max; ++i) {
    int type = 0;
    const void* value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &type);
    if (type != GEN_DNS) continue;
    const auto* text = static_cast<const ASN1_STRING*>(value);
    out.push_back(
        base::lower(base::printable({reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                                     static_cast<std::size_t>(ASN1_STRING_length(text))})));
  }
  return out;
}

base::Result<base::Time> time_of(const ASN1_TIME* time) {
  std::tm parts = {};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return fail_tls("read a certificate's validity");
  return base::Time(std::chrono::seconds(timegm(&parts)));
}

std::string serial_of(const X509& certificate) {
  const ASN1_INTEGER* serial = X509_get0_serialNumber(&certificate);
  return base::hex({reinterpret_cast<const char*>(ASN1_STRING_get0_data(serial)),
                    static_cast<std::size_t>(ASN1_STRING_length(serial))});
}

// i2d_… writes into memory of OpenSSL's.
std::string octets_of(unsigned char* data, int size) {
  if (size <= 0 || data == nullptr) return {};
  std::string out(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
  OPENSSL_free(data);
  return out;
}

base::Result<Certificate> read_one(const X509& certificate) {
  const auto not_before = time_of(X509_get0_notBefore(&certificate));
  const auto not_after = time_of(X509_get0_notAfter(&certificate));
  if (!not_before) return std::unexpected(not_before.error());
  if (!not_after) return std::unexpected(not_after.error());
  Certificate out;
  out.subject = words_of(X509_get_subject_name(&certificate));
  out.issuer = words_of(X509_get_issuer_name(&certificate));
  out.names = names_of(certificate);
  out.not_before = *not_before;
  out.not_after = *not_after;
  out.self_signed =
      X509_NAME_cmp(X509_get_subject_name(&certificate), X509_get_issuer_name(&certificate)) == 0;
  out.serial = serial_of(certificate);
  unsigned char* der = nullptr;
  const int der_size = i2d_X509(&certificate, &der);
  out.der = octets_of(der, der_size);
  unsigned char* key = nullptr;
  const int key_size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(&certificate), &key);
  out.public_key_der = octets_of(key, key_size);
  return out;
}

base::Result<std::vector<X509Ptr>> parse(std::string_view pem) {
  auto parsed = parse_certificates(pem);
  if (parsed && parsed->size() > certificates_max) {
    return base::fail(base::ErrorKind::limit,
                      fmt::format("it holds more than {} certificates", certificates_max));
  }
  return parsed;
}

}  // namespace

std::string Certificate::key_digest() const { return sha256(public_key_der); }

base::Result<std::vector<Certificate>> read_certificates(std::string_view pem) {
  const auto parsed = parse(pem);
  if (!parsed) return std::unexpected(parsed.error());
  std::vector<Certificate> out;
  for (const X509Ptr& one : *parsed) {
    auto certificate = read_one(*one);
    if (!certificate) return std::unexpected(std::move(certificate.error()));
    out.push_back(std::move(*certificate));
  }
  return out;
}

base::Result<Certificate> read_certificate(std::string_view pem) {
  const auto parsed = parse(pem);
  if (!parsed) return std::unexpected(parsed.error());
  return read_one(*parsed->front());
}

bool covers(const Certificate& certificate, std::string_view name) {
  const std::string wanted = base::lower(name);
  const std::size_t dot = wanted.find('.');
  for (const std::string& one : certificate.names) {
    if (one == wanted) return true;
    const bool wild = one.starts_with("*.") && dot != std::string::npos && dot > 0;
    if (wild && std::string_view(one).substr(1) == std::string_view(wanted).substr(dot)) {
      return true;
    }
  }
  return false;
}

base::Result<> check_chain(std::string_view pem) {
  const auto chain = parse(pem);
  if (!chain) return std::unexpected(chain.error());
  for (std::size_t i = 1; i < chain->size(); ++i) {
    X509& issuer = *(*chain)[i];
    X509& issued = *(*chain)[i - 1];
    EVP_PKEY* key = X509_get0_pubkey(&issuer);
    if (X509_check_issued(&issuer, &issued) == X509_V_OK && key != nullptr &&
        X509_verify(&issued, key) == 1) {
      continue;
    }
    ERR_clear_error();
    return base::fail(
        base::ErrorKind::invalid,
        fmt::format("certificate {} of the file ({}) did not issue the one before it; write the "
                    "chain in order, this host's own certificate first",
                    i + 1, words_of(X509_get_subject_name(&issuer))));
  }
  return {};
}

base::Result<> verify_chain(std::string_view pem, base::Time when) {
  const auto chain = parse(pem);
  if (!chain) return std::unexpected(chain.error());
  ERR_clear_error();
  const StorePtr store(X509_STORE_new());
  const StoreContextPtr context(X509_STORE_CTX_new());
  const std::unique_ptr<STACK_OF(X509), FreeStack> others(sk_X509_new_null());
  if (!store || !context || !others || X509_STORE_set_default_paths(store.get()) != 1) {
    return fail_tls("read the certificates that this host trusts");
  }
  for (const X509Ptr& one : std::span(*chain).subspan(1)) {
    if (sk_X509_push(others.get(), one.get()) <= 0) return fail_tls("gather the chain");
  }
  if (X509_STORE_CTX_init(context.get(), store.get(), chain->front().get(), others.get()) != 1) {
    return fail_tls("verify the chain");
  }
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(when.time_since_epoch());
  X509_STORE_CTX_set_time(context.get(), 0, static_cast<std::time_t>(seconds.count()));
  if (X509_verify_cert(context.get()) == 1) return {};
  ERR_clear_error();  // the words are those of the context
  return base::fail(base::ErrorKind::tls,
                    X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get())));
}

base::Result<> check_key_of(std::string_view certificate_pem, std::string_view key_pem) {
  const auto chain = parse(certificate_pem);
  if (!chain) return std::unexpected(chain.error());
  ERR_clear_error();
  const BioPtr text(BIO_new_mem_buf(key_pem.data(), static_cast<int>(key_pem.size())));
  // With a passphrase callback that has none: nobody is there to be asked.
  const auto nobody = [](char*, int, int, void*) { return 0; };
  const KeyPtr key(text ? PEM_read_bio_PrivateKey(text.get(), nullptr, nobody, nullptr) : nullptr);
  if (!key) return fail_tls("read the private key");
  if (X509_check_private_key(chain->front().get(), key.get()) == 1) return {};
  ERR_clear_error();
  return base::fail(base::ErrorKind::tls, "the private key is that of another certificate");
}

}  // namespace io
