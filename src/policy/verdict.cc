// See verdict.h.
#include "policy/verdict.h"

#include <iterator>
#include <utility>

namespace policy {
namespace {

int gravity(Verdict::Kind kind) {
  switch (kind) {
    case Verdict::Kind::accept: return 0;
    case Verdict::Kind::hold: return 1;
    case Verdict::Kind::discard: return 2;
    case Verdict::Kind::defer: return 3;
    case Verdict::Kind::reject: return 4;
  }
  return 0;
}

template <class T>
void add(std::vector<T>& to, std::vector<T>&& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

}  // namespace

void join(Verdict& verdict, Verdict later) {
  const bool graver = gravity(later.kind) > gravity(verdict.kind);
  if (graver) {
    verdict.kind = later.kind;
    verdict.reply = std::move(later.reply);
    // Whoever looks for the reason of a hold or a refusal looks at the first one.
    verdict.reasons.insert(verdict.reasons.begin(), std::make_move_iterator(later.reasons.begin()),
                           std::make_move_iterator(later.reasons.end()));
  } else {
    add(verdict.reasons, std::move(later.reasons));
  }
  if (graver || verdict.rule.empty()) verdict.rule = std::move(later.rule);
  add(verdict.header_fields, std::move(later.header_fields));
  add(verdict.edits, std::move(later.edits));
  add(verdict.notices, std::move(later.notices));
  add(verdict.recipients_added, std::move(later.recipients_added));
  add(verdict.recipients_removed, std::move(later.recipients_removed));
  verdict.junk = verdict.junk || later.junk;
  verdict.close = verdict.close || later.close;
  verdict.eight_bit = verdict.eight_bit || later.eight_bit;
  if (later.sender) verdict.sender = std::move(later.sender);
}

}  // namespace policy
