// See subject.h.
#include "session/subject.h"

#include "lib/base/text.h"
#include "lib/message/encoded_word.h"
#include "lib/message/header.h"

namespace session {

void add_subject(base::Event& event, std::string_view header) {
  const auto fields = message::read_header(header);
  const message::FieldView* field = message::find_field(fields, "Subject");
  if (field == nullptr) return;
  std::string text = message::decode_words(message::unfold(field->value));
  if (text.size() > subject_bytes_max) {
    std::size_t end = subject_bytes_max;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;  // UTF-8
    text.resize(end);
  }
  event.fields.emplace_back("subject", std::string(base::trim(text)));
}

}  // namespace session
