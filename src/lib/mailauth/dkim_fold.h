// lib/mailauth/dkim_fold.h: writes a header field made of tags, folded.
//
// What:    "DKIM-Signature: v=1; a=…;\r\n\th=from:from:\r\n\t…": tags and their parts in lines of
//          at most line_bytes_max octets where they can be broken; b= comes last.
// In/Out:  tag(), list(), octets() in order → signed_with().
// Errors:  what OpenSSL says when the key fails; the values are ours.
// Limits:  line_bytes_max; one part that is longer stands on a line of its own.
// Not here: what is signed (dkim_signer.h, arc_sealer.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/mailauth/canonical_header.h"
#include "lib/mailauth/dkim_crypto.h"

namespace mailauth {

class TagWriter {
 public:
  static constexpr std::size_t line_bytes_max = 76;  // RFC 5322 §2.1.1: below 78

  explicit TagWriter(std::string_view field_name);

  void tag(std::string_view name, std::string_view value);
  // Parts joined with ":".
  void list(std::string_view name, const std::vector<std::string>& parts);
  // base64 of octets, broken anywhere; empty octets leave the tag empty.
  void octets(std::string_view name, std::string_view octets);

  // Adds b= over `octets` and this field itself (RFC 6376 §3.7): the whole field, with its CRLF.
  [[nodiscard]] base::Result<std::string> signed_with(const PrivateKey& key, std::string octets,
                                                      Canonicalization form);

 private:
  void begin(std::string_view name, std::size_t first_part_bytes);
  void part(std::string_view part);
  void fold();

  std::string text_;
  std::size_t line_start_ = 0;
  bool first_ = true;
};

}  // namespace mailauth
