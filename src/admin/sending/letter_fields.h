// admin/sending/letter_fields.h: the single fields of a program's JSON.
//
// What:    addresses, texts, header fields and attachments of letter.h.
// In/Out:  JSON object and the name of a field → values.
// Errors:  invalid, naming the field.
// Limits:  LetterLimits.
// Not here: how they make a message (letter.h).
#pragma once

#include "admin/sending/letter.h"
#include "lib/message/compose.h"

namespace sending {

[[nodiscard]] std::unexpected<base::Error> invalid(std::string why);

// A text, an object {"email", "name"}, or a list of both; none when the field is not there.
[[nodiscard]] base::Result<std::vector<message::NamedAddress>> read_addresses(
    const boost::json::object& fields, std::string_view field, const LetterLimits& limits);
// Subject, text and html.
[[nodiscard]] base::Result<> read_texts(const boost::json::object& fields,
                                        const LetterLimits& limits, message::Composition& out);
// Those that a program may set: others are ours, say who sends, or would be read as trace.
[[nodiscard]] base::Result<> read_headers(const boost::json::object& fields,
                                          const LetterLimits& limits, message::Composition& out);
[[nodiscard]] base::Result<> read_attachments(const boost::json::object& fields,
                                              const LetterLimits& limits,
                                              message::Composition& out);

}  // namespace sending
