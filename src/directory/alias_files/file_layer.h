// directory/alias_files/file_layer.h: what a file of aliases says, as rows of the directory.
//
// What:    gives names their domains, leaves out what others have, notes what cannot be.
// In/Out:  Contents, then the text of each file → Contents with rows added; troubles in words.
// Errors:  troubles; an alias that is broken gets a row with `problem`, a file that cannot be read
//          makes its domains incomplete.
// Limits:  troubles_max are told one by one.
// Not here: reading (alias_files.h, aliases_text.h).
#pragma once

#include <map>
#include <string>
#include <unordered_set>
#include <vector>

#include "directory/alias_files/aliases_text.h"
#include "directory/settings.h"
#include "directory/store.h"

namespace directory {

// "/etc/aliases:12: news: "|/bin/x": no program is run …"
[[nodiscard]] std::string refusal_text(const AliasesText& text, const TextRefusal& one);

class FileLayer {
 public:
  static constexpr std::size_t troubles_max = 100;

  explicit FileLayer(Contents contents);

  // `text` null: the file was never read.
  void add(const AliasFileSetting& setting, const AliasesText* text);
  void trouble(std::string words);

  [[nodiscard]] Contents take_contents() { return std::move(contents_); }
  [[nodiscard]] std::vector<std::string> take_troubles();

 private:
  [[nodiscard]] std::vector<std::string> domains_of(const AliasFileSetting& setting);
  [[nodiscard]] std::vector<std::string> keys_of(const AliasesText& text, const std::string& name,
                                                 const TextPlace& place);
  [[nodiscard]] AliasRow row_of(const AliasesText& text, const TextAlias& alias,
                                const std::string& key);
  void add_alias(const AliasesText& text, const TextAlias& alias);
  void add_row(AliasRow row);
  void incomplete();

  Contents contents_;
  std::unordered_set<std::string> ours_;       // domains
  std::unordered_set<std::string> mailboxes_;  // addresses
  std::unordered_set<std::string> taken_;      // addresses that are aliases
  std::vector<std::string> domains_;           // of the file at hand
  std::map<std::string, std::string> broken_;  // its broken names in lower case, and why
  std::unordered_set<std::string> own_;        // its names, for doubles
  std::vector<std::string> troubles_;
  std::size_t untold_ = 0;
};

}  // namespace directory
