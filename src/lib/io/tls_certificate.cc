// See tls_certificate.h.
#include "lib/io/tls_certificate.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <span>

#include "lib/base/text.h"
#include "lib/io/tls_stream.h"

namespace io {
namespace {

using StorePtr = std::unique_ptr<X509_STORE, OpensslFree<X509_STORE_free>>;
using StoreContextPtr = std::unique_ptr<X509_STORE_CTX, OpensslFree<X509_STORE_CTX_free>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, OpensslFree<GENERAL_NAMES_free>>;

// The stack does not own its certificates.
struct FreeStack {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};

std::string text_of(const X509_NAME* name) {
  const BioPtr out(BIO_new(BIO_s_mem()));
  if (!out || X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253) < 0) return {};
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return base::printable({data, static_cast<std::size_t>(size)});
}

base::Time time_of(const ASN1_TIME* time) {
  std::tm parts = {};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return base::Time(std::chrono::seconds(::timegm(&parts)));
}

std::vector<std::string> names_of(const X509& certificate) {
  std::vector<std::string> out;
  const NamesPtr names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  if (!names) return out;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_DNS) continue;
    const ASN1_STRING* value = name->d.dNSName;
    const auto size = static_cast<std::size_t>(ASN1_STRING_length(value));
    out.push_back(base::lower(
        base::printable({reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)), size})));
  }
  return out;
}

// i2d_… writes into memory of OpenSSL's.
std::string octets_of(unsigned char* data, int size) {
  if (size <= 0 || data == nullptr) return {};
  std::string out(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
  OPENSSL_free(data);
  return out;
}

Certificate read_one(const X509& certificate) {
  Certificate out;
  out.subject = text_of(X509_get_subject_name(&certificate));
  out.issuer = text_of(X509_get_issuer_name(&certificate));
  out.names = names_of(certificate);
  out.not_before = time_of(X509_get0_notBefore(&certificate));
  out.not_after = time_of(X509_get0_notAfter(&certificate));
  out.self_signed =
      X509_NAME_cmp(X509_get_subject_name(&certificate), X509_get_issuer_name(&certificate)) == 0;
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
  if (!parsed) return parsed;
  if (parsed->empty()) {
    return base::fail(base::ErrorKind::tls, "there is no certificate in it");
  }
  if (parsed->size() > certificates_max) {
    return base::fail(base::ErrorKind::limit,
                      fmt::format("it holds more than {} certificates", certificates_max));
  }
  return parsed;
}

std::string digest(const EVP_MD* kind, std::string_view octets) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out = {};
  unsigned size = 0;
  if (EVP_Digest(octets.data(), octets.size(), out.data(), &size, kind, nullptr) != 1) return {};
  return {reinterpret_cast<const char*>(out.data()), size};
}

}  // namespace

base::Result<std::vector<Certificate>> read_certificates(std::string_view pem) {
  const auto parsed = parse(pem);
  if (!parsed) return std::unexpected(parsed.error());
  std::vector<Certificate> out;
  for (const X509Ptr& one : *parsed) out.push_back(read_one(*one));
  return out;
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

std::string sha256_of(std::string_view octets) { return digest(EVP_sha256(), octets); }
std::string sha512_of(std::string_view octets) { return digest(EVP_sha512(), octets); }

}  // namespace io
