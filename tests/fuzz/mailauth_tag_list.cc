// Fuzz target: tag lists, key records and signature fields. What was read stands in the input.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lib/base/check.h"
#include "lib/mailauth/dkim_crypto.h"
#include "lib/mailauth/dkim_key.h"
#include "lib/mailauth/dkim_signature.h"
#include "lib/mailauth/tag_list.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto list = mailauth::TagList::parse(text);
  if (list) {
    for (const mailauth::Tag& tag : list->tags()) {
      CHECK(list->find(tag.name) == &tag, "no tag twice");
      CHECK(tag.raw.data() >= text.data() &&
                tag.raw.data() + tag.raw.size() <= text.data() + text.size(),
            "a value stands in the text");
      CHECK(tag.raw.contains(tag.value), "a value is a part of what stands there");
    }
  }
  if (const auto record = mailauth::parse_key_record(text)) {
    CHECK(list, "a key record is a tag list");
    for (const auto type : {mailauth::KeyType::rsa, mailauth::KeyType::ed25519}) {
      const auto key = mailauth::PublicKey::from_octets(type, record->octets);
      if (key) (void)key->verify(record->octets.substr(0, 32), record->octets);
    }
  }
  const message::FieldView field{.name = "DKIM-Signature", .value = text, .whole = text};
  for (const auto kind : {mailauth::SignatureKind::dkim, mailauth::SignatureKind::arc_message,
                          mailauth::SignatureKind::arc_seal}) {
    const auto signature = mailauth::parse_signature(field, kind);
    CHECK(list || !signature, "a signature is a tag list");
    if (signature) CHECK(!signature->domain.empty() && !signature->octets.empty(), "it is whole");
  }
  (void)mailauth::guess_names(field);
  return 0;
}
