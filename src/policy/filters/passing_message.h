// policy/filters/passing_message.h: a message on its way from filter to filter.
//
// What:    the header as a list of fields and the body as pieces, as the edits so far make them; a
//          filter's changes are made in a copy, which takes the original's place when all is well.
// In/Out:  Transaction + edits → fields and body to show; changes → the edits of all together.
// Errors:  none: a change of what is not there does nothing, or adds, as milters are used to.
// Limits:  the header's (message::HeaderLimits); bodies are limited by whoever replaces them.
// Not here: fields that we put in front (Received, Authentication-Results): filters do not see
//          them. Which filter asks for what (milter_changes.h, rspamd_answer.h).
//
// RFC 5322 §2.1: a line that is no field ends the header for every strict reader; so it does here,
// and what follows it is shown as body.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/message/content.h"
#include "policy/transaction.h"

namespace policy {

class PassingMessage {
 public:
  struct Field {
    std::string_view name;
    std::string_view value;  // all after the colon, folds kept, without the final CRLF
  };

  // The transaction lives longer. Its header is whole, its received_bytes is set.
  PassingMessage(const Transaction& transaction, const std::vector<message::Edit>& edits);

  [[nodiscard]] std::vector<Field> fields() const;
  [[nodiscard]] const std::vector<message::Piece>& body() const { return body_.pieces(); }
  [[nodiscard]] std::uint64_t header_bytes() const;

  // A value may come as a filter wrote it: folds become CRLF and a space, and nothing in it can
  // begin another field. It begins with its space, or `pad` puts one there.
  struct NewField {
    std::string_view name;
    std::string_view value;
    bool pad = true;
  };
  void add(NewField field);
  // So many fields stand before it; at the end when there are fewer.
  void insert(std::size_t index, NewField field);
  // The `occurrence`-th (from 1) field of that name; an empty value removes it. When there is none
  // it is added.
  void change(std::size_t occurrence, NewField field);
  // 0: all of that name; negative: counted from the last.
  void remove(std::string_view name, std::int64_t occurrence);
  // A lone CR or LF becomes CRLF.
  void replace_body(std::string_view octets);

  [[nodiscard]] bool body_replaced() const { return body_replaced_; }
  [[nodiscard]] bool eight_bit() const { return eight_bit_; }  // what was put in has such octets
  // Of the received octets: those it began with, and the changes.
  [[nodiscard]] std::vector<message::Edit> edits() const;

 private:
  struct Part {
    std::uint64_t offset = 0;  // of a received field
    std::uint64_t length = 0;  // 0: it is ours
    std::string own;           // the whole field with CRLF

    bool operator==(const Part&) const = default;
  };

  void read_parts(const std::vector<message::Edit>& edits);
  void add_own(std::string_view text);
  [[nodiscard]] std::string_view text_of(const Part& part) const;
  [[nodiscard]] std::vector<std::size_t> places_of(std::string_view name) const;
  [[nodiscard]] Part make(NewField field);

  std::string_view header_;  // up to the line that ends it
  std::uint64_t received_bytes_ = 0;
  std::uint64_t body_offset_ = 0;
  bool separated_ = true;  // an empty line stands between header and body, or an edit puts it there
  std::vector<message::Edit> separator_;  // that edit
  std::vector<message::Edit> body_edits_;
  std::vector<Part> received_;  // the fields that came
  std::vector<Part> parts_;     // as they are now
  message::Content body_;
  bool body_replaced_ = false;
  bool eight_bit_ = false;
};

}  // namespace policy
