// lib/mailauth/canonical_header.h: header fields as they are signed (RFC 6376 §3.4.1, §3.4.2).
//
// What:    writes a field in its canonical form; chooses the fields that h= names (§5.4.2).
// In/Out:  raw fields (message/header.h) → octets for the hash.
// Errors:  none: every field has a canonical form.
// Limits:  the caller's: the header is bounded, and so is the list of names.
// Not here: bodies (canonical_body.h), hashing (dkim_crypto.h).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lib/message/header.h"

namespace mailauth {

enum class Canonicalization : std::uint8_t { simple, relaxed };
[[nodiscard]] std::string_view to_string(Canonicalization how);

// The whole field with its line end, in canonical form, added to `out`; it ends with CRLF.
void append_canonical_field(std::string& out, std::string_view whole, Canonicalization how);

// A signature's own field: the octets `blank` (a part of `whole`: the value of b=) are left out,
// and so is the final CRLF (§3.7).
void append_blanked_field(std::string& out, std::string_view whole, std::string_view blank,
                          Canonicalization how);

// All fields of a header, found by name from the bottom up.
class FieldChooser {
 public:
  // `fields` must outlive the chooser.
  explicit FieldChooser(const std::vector<message::FieldView>& fields);

  [[nodiscard]] std::size_t count(std::string_view lower_name) const;
  // §5.4.2: of several fields with one name the last one first; a name without a (further) field
  // adds nothing. Names are in lower case.
  void append_chosen(std::string& out, const std::vector<std::string>& lower_names,
                     Canonicalization how) const;

 private:
  const std::vector<message::FieldView>& fields_;
  std::map<std::string, std::vector<std::size_t>, std::less<>> places_;  // top-down
};

}  // namespace mailauth
