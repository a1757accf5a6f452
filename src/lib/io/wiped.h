// lib/io/wiped.h: the text of a key does not stay in memory when the key has been read from it.
//
// What:    overwrites the octets of a string when it ends, which a compiler may not leave out.
// In/Out:  `const Wiped wiped(*pem);` beside the text, in whose scope it is used.
// Errors:  none.
// Limits:  this string alone: not its copies, nor what it was before it was moved or grew.
// Not here: the key itself, which OpenSSL clears when it frees it.
#pragma once

#include <string>

namespace io {

class Wiped {
 public:
  explicit Wiped(std::string& text) : text_(text) {}
  Wiped(const Wiped&) = delete;
  Wiped& operator=(const Wiped&) = delete;
  ~Wiped();

 private:
  std::string& text_;
};

}  // namespace io
