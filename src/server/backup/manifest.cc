// See manifest.h.
#include "server/backup/manifest.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <optional>

namespace backup {
namespace {

namespace json = boost::json;

std::unexpected<base::Error> damaged(std::string_view what) {
  return base::fail(base::ErrorKind::corrupt,
                    fmt::format("the backup's manifest cannot be read: {}", what));
}

// Takes fields out of an object; the first that is missing or of another kind is remembered.
class Fields {
 public:
  explicit Fields(const json::value& value) : object_(value.if_object()) {
    if (object_ == nullptr) missing_ = "no object";
  }
  [[nodiscard]] const json::value* find(std::string_view name) {
    const json::value* value = object_ == nullptr ? nullptr : object_->if_contains(name);
    if (value == nullptr && missing_.empty()) missing_ = name;
    return value;
  }
  [[nodiscard]] std::string text(std::string_view name) {
    const json::value* value = find(name);
    if (value != nullptr && value->is_string()) return std::string(value->get_string());
    if (missing_.empty()) missing_ = name;
    return {};
  }
  [[nodiscard]] std::uint64_t number(std::string_view name) {
    const json::value* value = find(name);
    const auto got = value == nullptr ? std::nullopt : number_of(*value);
    if (!got && missing_.empty()) missing_ = name;
    return got.value_or(0);
  }
  [[nodiscard]] static std::optional<std::uint64_t> number_of(const json::value& value) {
    if (value.is_int64() && value.get_int64() >= 0) {
      return static_cast<std::uint64_t>(value.get_int64());
    }
    if (value.is_uint64()) return value.get_uint64();
    return std::nullopt;
  }
  [[nodiscard]] const std::string& missing() const { return missing_; }

 private:
  const json::object* object_;
  std::string missing_;
};

base::Result<DatabaseFacts> facts_of(const json::value& value) {
  Fields fields(value);
  DatabaseFacts facts{.format = static_cast<std::int64_t>(fields.number("format")), .rows = {}};
  const json::value* rows = fields.find("rows");
  if (!fields.missing().empty()) return damaged(fields.missing());
  if (!rows->is_object()) return damaged("rows");
  for (const auto& [table, count] : rows->get_object()) {
    const auto number = Fields::number_of(count);
    if (!number) return damaged(table);
    facts.rows[table] = *number;
  }
  return facts;
}

base::Result<std::map<std::string, DatabaseFacts>> databases_of(const json::value* value) {
  std::map<std::string, DatabaseFacts> out;
  if (value == nullptr || !value->is_object()) return damaged("databases");
  for (const auto& [name, entry] : value->get_object()) {
    auto facts = facts_of(entry);
    if (!facts) return std::unexpected(std::move(facts.error()));
    out[name] = std::move(*facts);
  }
  return out;
}

}  // namespace

std::string encode_manifest(const Manifest& manifest) {
  json::object databases;
  for (const auto& [name, facts] : manifest.databases) {
    json::object rows;
    for (const auto& [table, count] : facts.rows) rows[table] = count;
    databases[name] = json::object{{"format", facts.format}, {"rows", std::move(rows)}};
  }
  return json::serialize(json::object{{"format", format_version},
                                      {"program", manifest.program},
                                      {"made", base::format_time(manifest.made)},
                                      {"host", manifest.host},
                                      {"home", manifest.home},
                                      {"owner", manifest.owner},
                                      {"with_mail", manifest.with_mail},
                                      {"journal_format", manifest.journal_format},
                                      {"messages", manifest.messages},
                                      {"files", manifest.files},
                                      {"sums", manifest.sums},
                                      {"databases", std::move(databases)}}) +
         "\n";
}

base::Result<Manifest> decode_manifest(std::string_view text) {
  json::error_code error;
  const json::value value = json::parse(json::string_view(text.data(), text.size()), error);
  if (error) return damaged(error.message());
  Fields fields(value);
  const std::uint64_t format = fields.number("format");
  if (format > format_version) {
    return base::fail(base::ErrorKind::unsupported,
                      fmt::format("the backup has format {}, this program knows {}: it was made by "
                                  "a newer stagepost ({}); install that one",
                                  format, format_version, fields.text("program")));
  }
  Manifest out;
  out.program = fields.text("program");
  out.host = fields.text("host");
  out.home = fields.text("home");
  out.owner = fields.text("owner");
  out.sums = fields.text("sums");
  out.messages = fields.number("messages");
  out.files = fields.number("files");
  out.journal_format = static_cast<std::uint32_t>(fields.number("journal_format"));
  const auto made = base::parse_time(fields.text("made"));
  const json::value* with_mail = fields.find("with_mail");
  if (!fields.missing().empty()) return damaged(fields.missing() + " is missing");
  if (!made || !with_mail->is_bool()) return damaged("made or with_mail");
  if (!out.home.starts_with('/')) return damaged("home is no whole path");
  out.made = *made;
  out.with_mail = with_mail->get_bool();
  auto databases = databases_of(fields.find("databases"));
  if (!databases) return std::unexpected(std::move(databases.error()));
  out.databases = std::move(*databases);
  return out;
}

}  // namespace backup
