// See key_index.h.
#include "policy/signing/key_index.h"

#include <array>
#include <boost/json.hpp>
#include <optional>

#include "lib/base/format_version.h"
#include "lib/mailauth/dkim_key.h"

namespace policy {
namespace {

namespace json = boost::json;

constexpr int format_version = 1;
constexpr std::array states = {KeyState::pending, KeyState::active, KeyState::retired};

std::unexpected<base::Error> damaged(const std::string& why) {
  return base::fail(base::ErrorKind::corrupt, "the index of DKIM keys: " + why);
}

std::optional<std::string> text_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains({name.data(), name.size()});
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string(value->get_string());
}

// Absent is 1970: not yet.
base::Result<base::Time> time_of(const json::object& object, std::string_view name) {
  const auto text = text_of(object, name);
  return text ? base::parse_time(*text) : base::Time();
}

template <class Values>
std::optional<typename Values::value_type> named(const Values& values, std::string_view name) {
  for (const auto& value : values) {
    if (to_string(value) == name) return value;
  }
  return std::nullopt;
}

base::Result<KeyRecord> read_record(const json::value& value) {
  if (!value.is_object()) return damaged("an entry is no object");
  const json::object& object = value.get_object();
  const auto domain = text_of(object, "domain");
  const auto selector = text_of(object, "selector");
  const auto public_text = text_of(object, "record");
  const auto type = named(std::array{mailauth::KeyType::rsa, mailauth::KeyType::ed25519},
                          text_of(object, "type").value_or(""));
  const auto state = named(states, text_of(object, "state").value_or(""));
  const json::value* bits = object.if_contains("bits");
  if (!domain || !selector || !public_text || !type || !state || bits == nullptr ||
      !bits->is_int64() || bits->get_int64() < 0 || bits->get_int64() > mailauth::rsa_bits_max) {
    return damaged("an entry lacks domain, selector, type, bits, state or record");
  }
  const auto created = time_of(object, "created");
  const auto activated = time_of(object, "activated");
  const auto retired = time_of(object, "retired");
  if (!created || !activated || !retired) return damaged("an entry has an unreadable time");
  return KeyRecord{.domain = *domain,
                   .selector = *selector,
                   .type = *type,
                   .bits = static_cast<unsigned>(bits->get_int64()),
                   .state = *state,
                   .created = *created,
                   .activated = *activated,
                   .retired = *retired,
                   .public_text = *public_text};
}

}  // namespace

std::string_view to_string(KeyState state) {
  switch (state) {
    case KeyState::pending: return "pending";
    case KeyState::active: return "active";
    case KeyState::retired: return "retired";
  }
  return "";
}

std::string KeyRecord::dns_name() const { return mailauth::key_record_name(selector, domain); }

std::string write_key_index(const std::vector<KeyRecord>& records) {
  // One entry a line, for people who look into the file.
  std::string out = "{\"version\": 1, \"keys\": [";
  bool first = true;
  for (const KeyRecord& record : records) {
    json::object object = {{"domain", record.domain},
                           {"selector", record.selector},
                           {"type", std::string(to_string(record.type))},
                           {"bits", static_cast<std::int64_t>(record.bits)},
                           {"state", std::string(to_string(record.state))},
                           {"created", base::format_time(record.created)}};
    if (record.activated != base::Time()) {
      object["activated"] = base::format_time(record.activated);
    }
    if (record.retired != base::Time()) object["retired"] = base::format_time(record.retired);
    object["record"] = record.public_text;
    out += first ? "\n" : ",\n";
    out += json::serialize(object);
    first = false;
  }
  return out + "\n]}\n";
}

base::Result<std::vector<KeyRecord>> read_key_index(std::string_view text) {
  json::error_code error;
  const json::value value = json::parse({text.data(), text.size()}, error);
  if (error || !value.is_object()) return damaged("it is no JSON object");
  const json::value* version = value.get_object().if_contains("version");
  const json::value* keys = value.get_object().if_contains("keys");
  if (version != nullptr && version->is_int64() && version->get_int64() > format_version) {
    return base::newer_format("the index of DKIM keys", version->get_int64(), format_version);
  }
  if (version == nullptr || !version->is_int64() || version->get_int64() != format_version) {
    return damaged("it is of another version");
  }
  if (keys == nullptr || !keys->is_array()) return damaged("it has no keys");
  if (keys->get_array().size() > keys_max) return damaged("it has too many keys");
  std::vector<KeyRecord> records;
  for (const json::value& entry : keys->get_array()) {
    auto record = read_record(entry);
    if (!record) return std::unexpected(std::move(record.error()));
    records.push_back(std::move(*record));
  }
  return records;
}

}  // namespace policy
