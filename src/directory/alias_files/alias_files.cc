// See alias_files.h.
#include "directory/alias_files/alias_files.h"

#include <fmt/format.h>

#include "directory/alias_files/file_layer.h"
#include "lib/base/text.h"

namespace directory {

AliasFiles::AliasFiles(std::vector<AliasFileSetting> settings, io::Files& files) : files_(files) {
  states_.reserve(settings.size());
  for (AliasFileSetting& one : settings) states_.emplace_back().setting = std::move(one);
}

AliasFiles::Look AliasFiles::look_at(const std::string& path) {
  const auto info = files_.info(path);
  if (!info) return {};
  return {.bytes = static_cast<std::int64_t>(info->size), .modified = info->modified};
}

AliasFiles::Looks AliasFiles::look_again() {
  Looks out;
  for (const auto& [path, look] : looks_) out.emplace(path, look_at(path));
  return out;
}

void AliasFiles::read() {
  const std::lock_guard lock(mutex_);
  looks_.clear();
  for (State& state : states_) read(state);
  latest_ = looks_;
}

bool AliasFiles::changed() {
  const std::lock_guard lock(mutex_);
  Looks now = look_again();
  const bool still = now == latest_;
  latest_ = std::move(now);
  return still && latest_ != looks_;
}

// The look is taken first: a change while it is read is seen as one more, never missed.
void AliasFiles::read(State& state) {
  const std::string& path = state.setting.path;
  looks_[path] = look_at(path);
  state.unreadable.clear();
  state.broken = {};
  const auto text = io::read_file(files_, path, alias_file_bytes_max);
  if (!text) {
    state.unreadable = text.error().detail;
    return;
  }
  AliasesText fresh = read_aliases_text(
      path, *text, [this, &state](const std::string& list) { return read_list(state, list); });
  const bool emptied = fresh.aliases.empty() && !state.text.aliases.empty();
  const bool good = fresh.refused.empty() && !emptied;
  if (state.was_read && state.good && !good) {
    if (emptied) state.unreadable = "it is empty now, and had aliases; a comment does not count";
    state.broken = std::move(fresh);
    return;
  }
  state.text = std::move(fresh);
  state.was_read = true;
  state.good = good;
}

// Whoever may write the file of aliases is not to read all that this server may read.
base::Result<std::string> AliasFiles::read_list(const State& state, const std::string& path) {
  std::string folder = state.setting.lists_folder;
  if (folder.empty()) {
    return base::fail(base::ErrorKind::denied,
                      fmt::format("set lists_folder of the [[alias_file]] {} to the folder of its "
                                  "lists first",
                                  state.setting.path));
  }
  if (!folder.ends_with('/')) folder += '/';
  if (!path.starts_with(folder) || (path + "/").contains("/../")) {
    return base::fail(base::ErrorKind::denied,
                      fmt::format("{} is not below {}, the lists_folder of this file",
                                  base::printable(path, 200), folder));
  }
  looks_[path] = look_at(path);
  return io::read_file(files_, path, alias_file_bytes_max);
}

Contents AliasFiles::lay_over(Contents contents) {
  const std::lock_guard lock(mutex_);
  FileLayer layer(std::move(contents));
  for (const State& state : states_) {
    if (!state.unreadable.empty()) {
      layer.trouble(fmt::format("{}: {}{}", state.setting.path, state.unreadable,
                                state.good ? "; its last good aliases stay" : ""));
    }
    for (const TextRefusal& one : state.broken.refused) {
      layer.trouble(refusal_text(state.broken, one) + "; the file's last good aliases stay");
    }
    layer.add(state.setting, state.was_read ? &state.text : nullptr);
  }
  troubles_ = layer.take_troubles();
  return layer.take_contents();
}

std::vector<std::string> AliasFiles::troubles() const {
  const std::lock_guard lock(mutex_);
  return troubles_;
}

}  // namespace directory
