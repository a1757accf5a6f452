// See arc_sealer.h.
#include "lib/mailauth/arc_sealer.h"

#include <fmt/format.h>

#include "lib/base/text.h"
#include "lib/mailauth/dkim_fold.h"
#include "lib/mailauth/dkim_verifier.h"
#include "lib/message/address.h"

namespace mailauth {
namespace {

using base::ErrorKind;

// A value that would end the field and begin another.
bool breaks_out(std::string_view value) {
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '\n' && (i + 1 == value.size() || !base::is_space(value[i + 1]))) return true;
  }
  return false;
}

struct Making {
  const ArcSealing& rules;
  const PrivateKey& key;
  unsigned instance;
  std::int64_t seconds;

  [[nodiscard]] TagWriter begin(std::string_view field_name) const {
    TagWriter field(field_name);
    field.tag("i", fmt::format("{}", instance));
    field.tag("a", to_string(key.type() == KeyType::rsa ? SignatureAlgorithm::rsa_sha256
                                                        : SignatureAlgorithm::ed25519_sha256));
    field.tag("d", rules.domain);
    field.tag("s", rules.selector);
    field.tag("t", fmt::format("{}", seconds));
    return field;
  }
};

base::Result<std::string> make_message_signature(const Making& making,
                                                 const std::vector<message::FieldView>& fields,
                                                 std::string_view body_hash) {
  std::vector<std::string> names = names_to_sign(fields);
  // §4.1.2: signatures of others are what the results speak of.
  names.insert(names.end(), message::count_fields(fields, "DKIM-Signature"), "dkim-signature");
  TagWriter field = making.begin("ARC-Message-Signature");
  field.tag("c", "relaxed/relaxed");
  field.list("h", names);
  field.octets("bh", body_hash);
  std::string octets;
  FieldChooser(fields).append_chosen(octets, names, Canonicalization::relaxed);
  return field.signed_with(making.key, std::move(octets), Canonicalization::relaxed);
}

}  // namespace

std::size_t prepare_arc(BodyHashes& bodies) {
  return bodies.want({.canonicalization = Canonicalization::relaxed, .bytes_max = {}});
}

base::Result<std::string> seal_arc(ArcSealing rules, PrivateKey key, ArcInput input) {
  if (!message::is_domain(rules.domain) || !message::is_domain(rules.selector) ||
      breaks_out(input.results)) {
    return base::fail(ErrorKind::invalid, "no names to seal with, or results of two fields");
  }
  const auto fields = all_fields(input.message.header);
  const ArcChain chain = read_arc_chain(fields);
  if (input.chain.temporary) {
    return base::fail(ErrorKind::denied, "the chain could not be checked");
  }
  const bool failed = input.chain.result == ArcResult::fail;
  // A chain that somebody has ended, and one that is not the verdict's.
  if (chain.ended || (failed && chain.highest == 0) || (!failed && !chain.problem.empty()) ||
      (input.chain.result == ArcResult::none) != (chain.highest == 0)) {
    return base::fail(ErrorKind::denied, "the chain has ended: " + chain.problem);
  }
  if (chain.highest >= arc_instances_max) {
    return base::fail(ErrorKind::limit, "the chain is full");
  }
  const auto now = input.message.now.time_since_epoch();
  const Making making{.rules = rules,
                      .key = key,
                      .instance = chain.highest + 1,
                      .seconds = std::chrono::floor<std::chrono::seconds>(now).count()};
  const std::string results = fmt::format("ARC-Authentication-Results: i={}; {}\r\n",
                                          making.instance, base::trim(input.results));
  const auto signature = make_message_signature(making, fields, input.message.body_hash);
  if (!signature) return std::unexpected(signature.error());

  std::string octets;
  if (!failed) {  // §5.1.2: with cv=fail the seal covers its own set only
    for (const ArcSet& set : chain.sets) {
      append_arc_fields(octets, set.results->whole, set.message->whole);
      append_canonical_field(octets, set.seal->whole, Canonicalization::relaxed);
    }
  }
  append_arc_fields(octets, results, *signature);
  TagWriter seal = making.begin("ARC-Seal");
  seal.tag("cv", to_string(input.chain.result));
  auto sealed = seal.signed_with(key, std::move(octets), Canonicalization::relaxed);
  if (!sealed) return sealed;
  return *sealed + *signature + results;
}

}  // namespace mailauth
