// See move.h: aliases in the order of their targets, and those that lead nowhere.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>
#include <vector>

#include "directory/names.h"
#include "import/postfix/move.h"

namespace postfix {
namespace {

// What an alias may lead to: other domains, mailboxes, aliases that are in order, role names.
class Ordering {
 public:
  explicit Ordering(Move& move) : move_(move) {
    for (const Mailbox& box : move.plan.mailboxes) known_.insert(box.address);
    // Whole domains first: a target may be a name that its domain has from another.
    std::vector<Alias> others;
    for (Alias& alias : std::exchange(move.plan.aliases, {})) {
      (is_joined(alias) ? waiting_ : others).push_back(std::move(alias));
    }
    std::ranges::move(others, std::back_inserter(waiting_));
    for (const Alias& alias : waiting_) named_.insert(alias.address);
  }

  void run() {
    for (Alias& alias : waiting_) drop_dangling(alias);
    bool moved = true;
    while (moved) {
      moved = false;
      std::vector<Alias> left;
      for (Alias& alias : waiting_) {
        if (alias.targets.empty()) {
          named_.erase(alias.address);
          moved = true;
        } else if (std::ranges::all_of(alias.targets,
                                       [&](const auto& one) { return leads(one); })) {
          known_.insert(alias.address);
          note_taken(alias);
          move_.plan.aliases.push_back(std::move(alias));
          moved = true;
        } else {
          left.push_back(std::move(alias));
        }
      }
      waiting_ = std::move(left);
      for (Alias& alias : waiting_) drop_dangling(alias);
    }
    for (const Alias& alias : waiting_) {
      if (alias.follows) continue;
      move_.note_at(
          alias.place, alias.address, Fate::by_hand,
          fmt::format("and {} lead to each other; left out", fmt::join(alias.targets, ", ")));
    }
  }

 private:
  using Names = std::set<std::string, std::less<>>;

  // The alias of a whole domain.
  static bool is_joined(const Alias& alias) {
    return alias.targets.size() == 1 && alias.targets.front().starts_with('@');
  }

  void note_taken(const Alias& alias) const {
    if (alias.follows) return;
    move_.note_at(alias.place, alias.address, Fate::taken,
                  is_joined(alias)
                      ? fmt::format("as another name of {}: whoever has a name there has it here, "
                                    "too",
                                    alias.targets.front().substr(1))
                      : fmt::format("as an alias for {}", fmt::join(alias.targets, ", ")));
  }

  // Under this name, without its detail, or in the domain that this one is another name of.
  [[nodiscard]] bool has(const Names& names, const std::string& target) const {
    if (names.contains(target) || names.contains(directory::without_detail(target))) return true;
    const auto joined = move_.joined.find(directory::domain_of(target));
    return joined != move_.joined.end() &&
           has(names, fmt::format("{}@{}", directory::local_of(target), joined->second));
  }

  [[nodiscard]] bool leads(const std::string& target) const {
    return target.starts_with('@') || !move_.is_ours(directory::domain_of(target)) ||
           directory::is_role_name(directory::local_of(target)) || has(known_, target);
  }

  // Targets of ours that nobody has.
  void drop_dangling(Alias& alias) {
    std::erase_if(alias.targets, [&](const std::string& target) {
      if (leads(target) || has(named_, target)) {
        return target == alias.address && !move_.mailbox_names.contains(target);
      }
      if (alias.follows) return true;
      move_.note_at(alias.place, fmt::format("{}: {}", alias.address, target), Fate::by_hand,
                    fmt::format("{0} has no mailbox here; `stagepost user add {0}` makes one, then "
                                "`stagepost alias add {1} {0}`",
                                target, alias.address));
      return true;
    });
  }

  Move& move_;
  Names known_;
  Names named_;
  std::vector<Alias> waiting_;
};

}  // namespace

void order_aliases(Move& move) { Ordering(move).run(); }

}  // namespace postfix
