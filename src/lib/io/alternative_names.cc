// See alternative_names.h.
#include "lib/io/alternative_names.h"

#include "lib/io/address.h"

namespace io {
namespace {

bool add_name(GENERAL_NAMES& names, const std::string& name) {
  const auto address = IpAddress::parse(name);
  const std::string_view bytes = address ? address->bytes() : std::string_view(name);
  ASN1_STRING* value = ASN1_STRING_type_new(address ? V_ASN1_OCTET_STRING : V_ASN1_IA5STRING);
  if (value == nullptr) return false;
  GENERAL_NAME* entry = GENERAL_NAME_new();
  if (entry == nullptr ||
      ASN1_STRING_set(value, bytes.data(), static_cast<int>(bytes.size())) != 1) {
    ASN1_STRING_free(value);
    GENERAL_NAME_free(entry);
    return false;
  }
  GENERAL_NAME_set0_value(entry, address ? GEN_IPADD : GEN_DNS, value);
  if (sk_GENERAL_NAME_push(&names, entry) > 0) return true;
  GENERAL_NAME_free(entry);
  return false;
}

}  // namespace

NamesPtr alternative_names(const std::vector<std::string>& names) {
  NamesPtr list(GENERAL_NAMES_new());
  for (const std::string& name : names) {
    if (list && !add_name(*list, name)) list.reset();
  }
  return list;
}

std::string text_of(BIO& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(&bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace io
