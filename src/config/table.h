// config/table.h: every setting: its name, kind, default, text and where it goes.
//
// What:    the sections of the file in order, each with its settings; load, docs and tests read it.
// In/Out:  sections() → the table, made anew at each call (once per load).
// Errors:  a Setting's set() says what is wrong with a value.
// Limits:  none.
// Not here: walking a file (load.cc), values' syntax (codec.h), writing docs (docs.cc).
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/codec.h"
#include "config/config.h"
#include "config/tree.h"

namespace config {

struct Setting {
  std::string key;  // within its section: "retry_after"
  std::string kind;
  std::string default_text;  // from the Settings struct itself; as it is written in the file
  std::string text;          // one or two sentences
  std::function<base::Result<>(Config&, const Value&)> set;
  std::function<std::string(const Config&)> show;  // the value, as it is written in the file
  // Called for every setting once all are set, with the home folder: paths become absolute.
  std::function<void(Config&, const std::string& home)> finish;
};

struct Section {
  std::string name;  // "queue"; "" for what stands before the first section
  std::string text;
  std::vector<Setting> settings;
  // For [[name]]: adds one more; its settings work on the last. See repeat().
  std::function<void(Config&)> begin;
  std::function<std::size_t(const Config&)> size;        // how many there are
  std::function<void(Config&, std::size_t count)> keep;  // the first of them only
  [[nodiscard]] bool repeated() const { return static_cast<bool>(begin); }
};

[[nodiscard]] std::vector<Section> sections();
// "queue.retry_after", "listener[].address", "hostname".
[[nodiscard]] std::string path_of(const Section& section, std::string_view key);

// The parts of the table, one file each.
[[nodiscard]] std::vector<Section> session_sections();
[[nodiscard]] std::vector<Section> queue_sections();
[[nodiscard]] std::vector<Section> login_sections();
[[nodiscard]] std::vector<Section> delivery_sections();
[[nodiscard]] std::vector<Section> alias_sections();
[[nodiscard]] std::vector<Section> guard_sections();
[[nodiscard]] std::vector<Section> client_sections();
[[nodiscard]] std::vector<Section> ldap_sections();
[[nodiscard]] std::vector<Section> impersonation_sections();
[[nodiscard]] std::vector<Section> signing_sections();
[[nodiscard]] std::vector<Section> verify_sections();
[[nodiscard]] std::vector<Section> filter_sections();
[[nodiscard]] std::vector<Section> reports_sections();
[[nodiscard]] std::vector<Section> acme_sections();
[[nodiscard]] std::vector<Section> privacy_sections();
[[nodiscard]] std::vector<Section> otel_sections();
[[nodiscard]] std::vector<Section> other_sections();

// A Config with one element in each repeated section: where defaults are read from.
[[nodiscard]] const Config& defaults();

// Makes it a [[section]] whose elements are in the list that `access` gives.
template <class Access>
void repeat(Section& section, Access access) {
  section.begin = [access](Config& config) { access(config).emplace_back(); };
  section.size = [access](const Config& config) { return access(config).size(); };
  section.keep = [access](Config& config, std::size_t count) {
    auto& list = access(config);
    list.resize(std::min(list.size(), count));
  };
}

// `access` gives the field of a Config, for a reading and a writing one.
template <class T, class Access>
[[nodiscard]] Setting setting(std::string key, Access access, Codec<T> codec, std::string text) {
  Setting out;
  out.key = std::move(key);
  out.kind = codec.kind;
  out.default_text = codec.show(access(defaults()));
  out.text = std::move(text);
  out.set = [access, codec](Config& config, const Value& value) -> base::Result<> {
    auto read = codec.read(value);
    if (!read) return std::unexpected(read.error());
    access(config) = std::move(*read);
    return {};
  };
  out.show = [access, codec](const Config& config) { return codec.show(access(config)); };
  return out;
}

// Where a path is when the file does not say: below the home or the state folder; `none` stays
// empty.
enum class Below : std::uint8_t { home, state, none };

struct PathPlace {
  Below below = Below::state;
  std::string name;  // "journal"
};

template <class Access>
[[nodiscard]] Setting path_setting(std::string key, Access access, PathPlace place,
                                   std::string text) {
  Setting out = setting(std::move(key), access, text_codec("path"), std::move(text));
  if (place.below == Below::home) out.default_text = in_quotes(place.name);
  if (place.below == Below::state) out.default_text = in_quotes("STATE/" + place.name);
  out.finish = [access, place](Config& config, const std::string& home) {
    std::string& path = access(config);
    if (path.empty() && place.below == Below::none) return;
    const bool in_state = path.empty() && place.below == Below::state;
    if (path.empty()) path = place.name;
    if (!path.starts_with('/')) path = (in_state ? config.server.state_folder : home) + "/" + path;
  };
  return out;
}

}  // namespace config

// A field of Config for both kinds of access: STAGEPOST_FIELD(queue.expire_after).
#define STAGEPOST_FIELD(field) ([](auto& config) -> auto& { return config.field; })
