// lib/message/recode.h: bodies that other servers would refuse, made fit for them.
//
// What:    LeafRecoder watches a submission stream by and notices parts with lines over 998 octets
//          or with undeclared 8-bit octets; edits put quoted-printable (text) or base64 (else) in
//          their place and say so in the part's header. Encoded parts with lines that are too long
//          get line ends where their encoding allows them.
// In/Out:  chunks → edits() after finish(); long_line(), eight_bit_left() for the rest.
// Errors:  none: what is signed, encrypted, opaque or too large stays as it is.
// Limits:  RecodeLimits: octets of a part that are kept, edits.
// Not here: the message's own header (submission.h), the structure (mime.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/budget.h"
#include "lib/message/content.h"
#include "lib/message/mime.h"

namespace message {

struct RecodeLimits {
  std::size_t part_bytes_max = 8UL << 20U;      // of a part that is in memory while it arrives
  std::size_t message_bytes_max = 48UL << 20U;  // of that and of all that was recoded
  std::size_t all_bytes_max = 64UL << 20U;      // of all messages that share a budget
  std::size_t edits_max = 20'000;
};

class LeafRecoder final : private MimeListener {
 public:
  // The budget outlives the recoder; null: there are no others.
  explicit LeafRecoder(RecodeLimits limits = {}, base::Budget* budget = nullptr);

  void feed(std::string_view chunk) { scanner_.feed(chunk); }
  void finish();

  [[nodiscard]] const std::vector<Edit>& edits() const { return edits_; }
  [[nodiscard]] std::vector<Edit> take_edits() { return std::move(edits_); }
  // The first line of a body over 998 octets that could not be mended; 0: there is none.
  [[nodiscard]] std::uint64_t long_line() const { return long_line_; }
  // Others need the memory at the moment; later it may be mended.
  [[nodiscard]] bool starved() const { return starved_; }
  // 8-bit octets remain in a body.
  [[nodiscard]] bool eight_bit_left() const { return eight_bit_left_; }
  [[nodiscard]] const std::vector<MimePart>& parts() const { return scanner_.parts(); }

 private:
  enum class Way : std::uint8_t { none, recode, break_base64, break_quoted };

  void part_begins(const MimePart& part, const std::vector<FieldView>& fields) override;
  void leaf_octets(std::string_view octets) override;
  void leaf_ended(const MimePart& part) override;
  void other_octets(std::string_view octets) override;

  [[nodiscard]] Way way_for(const MimePart& part) const;
  void count_lines(std::string_view octets);
  void keep(std::string_view octets);
  void break_lines(std::string_view octets);
  void break_line(std::string_view text, std::uint64_t offset);
  [[nodiscard]] bool recode(const MimePart& part);
  void declare(const MimePart& part, std::string_view encoding);
  void declare_charset(const MimePart& part);
  void not_mended(std::uint64_t line);

  RecodeLimits limits_;
  base::Share memory_;   // of body_ and of the parts' new bodies in edits_
  bool signed_ = false;  // it has a DKIM signature already: no octet of the body may change
  bool mime_version_ = false;
  bool eight_bit_left_ = false;
  bool starved_ = false;
  std::uint64_t long_line_ = 0;
  std::vector<Edit> edits_;
  // Of the current leaf:
  Way way_ = Way::none;
  bool too_large_ = false;  // to be kept
  bool hopeless_ = false;   // a line could not be broken
  bool eight_bit_ = false;
  bool after_cr_ = false;
  std::uint64_t long_at_ = 0;      // its first line that is too long
  std::uint64_t column_ = 0;       // octets of the current line
  std::uint64_t since_break_ = 0;  // the same, counted from a line end of ours
  std::string last_two_;           // octets before the next one
  std::uint64_t next_ = 0;         // offset of the next octet
  std::string body_;
  std::string type_value_;  // of its Content-Type field
  MimeScanner scanner_;     // last: it calls us
};

// RFC 2045 §6.7, for text with CRLF line ends; others are encoded. No line begins with "--", so no
// boundary can come about.
[[nodiscard]] std::string quoted_printable(std::string_view text);
// RFC 2045 §6.8 in lines of 76 octets, with CRLF between them.
[[nodiscard]] std::string base64_lines(std::string_view bytes);
// What undeclared 8-bit text is most likely to be.
[[nodiscard]] std::string_view guess_charset(std::string_view text);

}  // namespace message
