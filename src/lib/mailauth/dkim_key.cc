// See dkim_key.h.
#include "lib/mailauth/dkim_key.h"

#include <fmt/format.h>

#include "lib/base/text.h"
#include "lib/mailauth/tag_list.h"

namespace mailauth {
namespace {

using base::ErrorKind;

constexpr std::size_t notes_bytes_max = 200;

}  // namespace

base::Result<DkimKeyRecord> parse_key_record(std::string_view text) {
  auto tags = TagList::parse(text, {.list_bytes_max = key_record_bytes_max});
  if (!tags) return std::unexpected(tags.error());
  if (const Tag* const version = tags->find("v"); version != nullptr) {
    // "This tag MUST be the first tag", and is compared as a string.
    if (version != tags->tags().data() || version->value != "DKIM1") {
      return base::fail(ErrorKind::invalid, "v= is not DKIM1, or not the first tag");
    }
  }
  const auto key = tags->value("p");
  if (!key) return base::fail(ErrorKind::invalid, "without p=");

  DkimKeyRecord record;
  if (!key->empty()) {
    auto octets = unbase64_folded(*key);
    if (!octets) return base::fail(ErrorKind::invalid, "p= is no base64");
    record.octets = std::move(*octets);
  }
  if (const auto type = tags->value("k")) record.type = *type;
  if (const auto hashes = tags->value("h")) record.allows_sha256 = lists(*hashes, "sha256");
  if (const auto services = tags->value("s")) {
    record.serves_email = lists(*services, "email") || lists(*services, "*");
  }
  if (const auto flags = tags->value("t")) {
    record.testing = lists(*flags, "y");
    record.exact_domain = lists(*flags, "s");
  }
  if (const auto notes = tags->value("n")) record.notes = base::printable(*notes, notes_bytes_max);
  return record;
}

std::string key_record_name(std::string_view selector, std::string_view domain) {
  return fmt::format("{}._domainkey.{}", selector, domain);
}

std::string key_record_text(const PublicKey& key, bool testing) {
  return fmt::format("v=DKIM1; k={}; {}p={}", to_string(key.type()), testing ? "t=y; " : "",
                     base::base64(key.octets()));
}

std::vector<std::string> split_txt(std::string_view text) {
  std::vector<std::string> strings;
  while (!text.empty()) {
    strings.emplace_back(text.substr(0, txt_string_bytes_max));
    text.remove_prefix(strings.back().size());
  }
  return strings;
}

}  // namespace mailauth
