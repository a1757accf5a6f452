// See dkim_signer.h.
#include "lib/mailauth/dkim_signer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "lib/base/text.h"
#include "lib/mailauth/dkim_fold.h"
#include "lib/mailauth/dkim_lookup.h"
#include "lib/mailauth/dkim_verifier.h"
#include "lib/message/address.h"

namespace mailauth {
namespace {

using base::ErrorKind;

constexpr std::size_t names_max = 500;  // verifiers stop reading somewhere

// RFC 6376 §5.4.1 and what mail programs show or act on: one more of each is signed than there is.
constexpr std::array<std::string_view, 12> oversigned = {
    "from",        "to",           "cc",         "subject",
    "date",        "reply-to",     "message-id", "mime-version",
    "in-reply-to", "content-type", "references", "content-transfer-encoding"};

// Signed where they are; a forwarder may have reason to add one of the first group.
bool is_signed_if_present(std::string_view lower_name) {
  return lower_name == "sender" || lower_name.starts_with("resent-") ||
         lower_name == "feedback-id" || lower_name == "auto-submitted";
}

bool is_ascii_domain(const std::string& name) { return message::is_domain(name); }

}  // namespace

std::vector<std::string> names_to_sign(const std::vector<message::FieldView>& fields) {
  std::vector<std::string> names;
  std::vector<std::string> lists_seen;
  for (const std::string_view name : oversigned) {
    names.insert(names.end(), message::count_fields(fields, name) + 1, std::string(name));
  }
  for (const message::FieldView& field : fields) {
    std::string name = base::lower(field.name);
    if (is_signed_if_present(name)) {
      names.push_back(std::move(name));
    } else if (name.starts_with("list-")) {
      const bool first = std::ranges::find(lists_seen, name) == lists_seen.end();
      names.insert(names.end(), first ? 2 : 1, name);
      if (first) lists_seen.push_back(std::move(name));
    }
  }
  return names;
}

base::Result<std::unique_ptr<DkimSigner>> DkimSigner::make(DkimSigning rules, PrivateKey key) {
  if (!is_ascii_domain(rules.domain) || !is_ascii_domain(rules.selector)) {
    return base::fail(ErrorKind::invalid,
                      fmt::format("{} and {} are not a selector and a domain",
                                  base::printable(rules.selector), base::printable(rules.domain)));
  }
  if (rules.identity.find_first_of("\r\n\t ;=") != std::string::npos) {
    return base::fail(ErrorKind::invalid, "an identity (i=) that would need quoting");
  }
  if (key.type() == KeyType::rsa && key.public_key().bits() < rsa_bits_min) {
    return base::fail(ErrorKind::invalid,
                      fmt::format("an RSA key needs {} bits at least", rsa_bits_min));
  }
  return std::unique_ptr<DkimSigner>(new DkimSigner(std::move(rules), std::move(key)));
}

std::size_t DkimSigner::prepare(BodyHashes& bodies) const {
  return bodies.want({.canonicalization = rules_.body_form, .bytes_max = {}});
}

base::Result<std::string> DkimSigner::sign(SigningInput input) const {
  const auto fields = all_fields(input.header);
  if (message::count_fields(fields, "From") != 1) {
    return base::fail(ErrorKind::invalid, "a message with exactly one From can be signed");
  }
  const std::vector<std::string> names = names_to_sign(fields);
  if (names.size() > names_max) {
    return base::fail(ErrorKind::limit, fmt::format("more than {} fields to sign", names_max));
  }
  const auto algorithm = key_.type() == KeyType::rsa ? SignatureAlgorithm::rsa_sha256
                                                     : SignatureAlgorithm::ed25519_sha256;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(input.now.time_since_epoch());
  TagWriter field("DKIM-Signature");
  field.tag("v", "1");
  field.tag("a", to_string(algorithm));
  field.tag("c", fmt::format("{}/{}", to_string(rules_.header_form), to_string(rules_.body_form)));
  field.tag("d", rules_.domain);
  field.tag("s", rules_.selector);
  if (!rules_.identity.empty()) field.tag("i", rules_.identity);
  field.tag("t", fmt::format("{}", seconds.count()));
  if (rules_.valid_for) {
    const auto valid = std::chrono::ceil<std::chrono::seconds>(*rules_.valid_for);
    field.tag("x", fmt::format("{}", (seconds + valid).count()));
  }
  field.list("h", names);
  field.octets("bh", input.body_hash);

  std::string octets;
  FieldChooser(fields).append_chosen(octets, names, rules_.header_form);
  return field.signed_with(key_, std::move(octets), rules_.header_form);
}

}  // namespace mailauth
