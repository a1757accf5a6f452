// See arc_set.h.
#include "lib/mailauth/arc_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lib/base/text.h"

namespace mailauth {
namespace {

enum class Part : std::uint8_t { none, results, message, seal };

Part part_of(std::string_view name) {
  if (!base::istarts_with(name, "ARC-")) return Part::none;
  if (base::iequals(name, "ARC-Authentication-Results")) return Part::results;
  if (base::iequals(name, "ARC-Message-Signature")) return Part::message;
  return base::iequals(name, "ARC-Seal") ? Part::seal : Part::none;
}

// §4.1.1: "i=" INSTANCE ";" stands in front; the rest is for the reader of results. 0: it does not.
unsigned results_instance(std::string_view value, std::string& payload) {
  const std::size_t end = value.find(';');
  if (end == std::string_view::npos) return 0;
  const std::string_view first = value.substr(0, end);
  const std::size_t equals = first.find('=');
  if (equals == std::string_view::npos || base::trim(first.substr(0, equals)) != "i") return 0;
  payload = message::unfold(value.substr(end + 1));
  return parse_instance(base::trim(first.substr(equals + 1)));
}

unsigned tag_instance(std::string_view value) {
  const auto tags = TagList::parse(value);
  if (!tags) return 0;
  return parse_instance(tags->value("i").value_or(""));
}

// Reads fields one by one; stops at the first that is wrong.
class Collector {
 public:
  explicit Collector(ArcChain& chain) : chain_(chain) {}

  void add(const message::FieldView& field);
  void judge();

 private:
  void complain(std::string words) {
    if (chain_.problem.empty()) chain_.problem = std::move(words);
  }
  void place(const message::FieldView*& place, const message::FieldView& field, unsigned instance);
  void read_signatures(ArcSet& set, unsigned instance);

  ArcChain& chain_;
};

void Collector::place(const message::FieldView*& place, const message::FieldView& field,
                      unsigned instance) {
  if (place != nullptr) {
    complain(fmt::format("i={} has two of {}", instance, base::printable(field.name)));
    return;
  }
  place = &field;
}

void Collector::add(const message::FieldView& field) {
  const Part part = part_of(field.name);
  if (part == Part::none) return;
  std::string payload;
  const unsigned instance =
      part == Part::results ? results_instance(field.value, payload) : tag_instance(field.value);
  if (instance == 0) {
    complain(fmt::format("{} without a right i=", base::printable(field.name)));
    return;
  }
  chain_.highest = std::max(chain_.highest, instance);
  if (chain_.sets.size() < instance) chain_.sets.resize(instance);
  ArcSet& set = chain_.sets[instance - 1];
  switch (part) {
    case Part::results:
      place(set.results, field, instance);
      set.payload = std::move(payload);
      break;
    case Part::message: place(set.message, field, instance); break;
    default: place(set.seal, field, instance); break;
  }
}

void Collector::read_signatures(ArcSet& set, unsigned instance) {
  auto seal = parse_signature(*set.seal, SignatureKind::arc_seal);
  auto message = parse_signature(*set.message, SignatureKind::arc_message);
  if (!seal) complain(fmt::format("the seal i={}: {}", instance, seal.error().detail));
  if (!message) complain(fmt::format("the AMS i={}: {}", instance, message.error().detail));
  if (seal) set.seal_signature = std::move(*seal);
  if (message) set.message_signature = std::move(*message);
}

// §5.2, steps 2 and 3.
void Collector::judge() {
  for (unsigned instance = 1; instance <= chain_.sets.size(); ++instance) {
    ArcSet& set = chain_.sets[instance - 1];
    if (set.results == nullptr || set.message == nullptr || set.seal == nullptr) {
      complain(fmt::format("the set i={} is not complete", instance));
      continue;
    }
    read_signatures(set, instance);
    const std::string& chain = set.seal_signature.chain;
    const std::string_view wanted = instance == 1 ? "none" : "pass";
    if (chain == "fail") {
      chain_.ended = true;
      complain(fmt::format("the seal i={} says cv=fail", instance));
    } else if (chain != wanted) {
      complain(fmt::format("the seal i={} has cv={} instead of {}", instance, chain, wanted));
    }
  }
}

}  // namespace

ArcChain read_arc_chain(const std::vector<message::FieldView>& fields) {
  ArcChain chain;
  Collector collector(chain);
  for (const message::FieldView& field : fields) collector.add(field);
  collector.judge();
  return chain;
}

void append_arc_fields(std::string& out, std::string_view results, std::string_view message) {
  append_canonical_field(out, results, Canonicalization::relaxed);  // §5.1.1: always relaxed
  append_canonical_field(out, message, Canonicalization::relaxed);
}

}  // namespace mailauth
