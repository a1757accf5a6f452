// Fuzz target: requests of autodiscover. Whatever was asked, the answers are well-formed XML.
#include <cstdint>
#include <pugixml.hpp>
#include <string>
#include <string_view>

#include "admin/client_config.h"
#include "lib/base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto address = admin::requested_address(input);
  if (!address) return 0;
  admin::ClientPlaces places;
  places.imap_host = places.smtp_host = "mail.example.org";
  for (const std::string& text :
       {admin::autodiscover_xml(places, *address), admin::apple_profile(places, *address)}) {
    pugi::xml_document document;
    CHECK(document.load_buffer(text.data(), text.size()), "well-formed");
  }
  return 0;
}
