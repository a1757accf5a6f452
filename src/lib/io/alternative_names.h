// lib/io/alternative_names.h: the names of a certificate or of a request for one; used only by
// lib/io.
//
// What:    subjectAltName (RFC 5280 §4.2.1.6) as OpenSSL's list, from text and back.
// In/Out:  host names and IP addresses → GENERAL_NAMES.
// Errors:  null when OpenSSL has no memory or takes no such name.
// Limits:  the caller's.
// Not here: keys and files (tls_identity.cc, private_key.h), what they mean (certificate.h).
#pragma once

#include <openssl/x509v3.h>

#include <string>
#include <vector>

#include "lib/io/tls_stream.h"

namespace io {

using NamesPtr = std::unique_ptr<GENERAL_NAMES, OpensslFree<GENERAL_NAMES_free>>;

// Names are put in as they are, not as configuration text, in which a comma would mean another.
[[nodiscard]] NamesPtr alternative_names(const std::vector<std::string>& names);
// What a memory BIO holds.
[[nodiscard]] std::string text_of(BIO& bio);

}  // namespace io
