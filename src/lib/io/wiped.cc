// See wiped.h.
#include "lib/io/wiped.h"

#include <openssl/crypto.h>

namespace io {

Wiped::~Wiped() { OPENSSL_cleanse(text_.data(), text_.size()); }

}  // namespace io
