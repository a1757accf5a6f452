// See dkim_signature.h.
#include "lib/mailauth/dkim_signature.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

#include "lib/base/text.h"
#include "lib/message/address.h"

namespace mailauth {
namespace {

using base::ErrorKind;
using Trouble = std::optional<base::Error>;

constexpr std::size_t time_digits_max = 12;  // RFC 6376 §3.5, t= and x=
constexpr std::size_t shown_bytes_max = 60;
constexpr std::size_t identity_bytes_max = 512;
constexpr std::size_t hex_pair = 2;

Trouble invalid(std::string words) {
  return base::Error{.kind = ErrorKind::invalid, .detail = std::move(words)};
}
Trouble unsupported(std::string_view tag, std::string_view value) {
  return base::Error{
      .kind = ErrorKind::unsupported,
      .detail = fmt::format("{}={} is not known", tag, base::printable(value, shown_bytes_max))};
}

// The octets of dkim-quoted-printable (§2.11): "=3B" stands for ";", white space for nothing.
std::optional<std::string> unquote(std::string_view text) {
  const std::string packed = without_fws(text);
  std::string out;
  for (std::size_t i = 0; i < packed.size(); ++i) {
    if (packed[i] != '=') {
      out += packed[i];
      continue;
    }
    const auto octet = base::unhex(std::string_view(packed).substr(i + 1, hex_pair));
    if (!octet || octet->size() != 1) return std::nullopt;
    out += *octet;
    i += hex_pair;
  }
  return out;
}

bool is_at_or_below(std::string_view name, std::string_view domain) {
  return name == domain || (name.size() > domain.size() && name.ends_with(domain) &&
                            name[name.size() - domain.size() - 1] == '.');
}

// One field being read; each step is one tag or a pair of them, nullopt when it is right.
class Reader {
 public:
  Reader(const TagList& tags, SignatureKind kind, SignatureLimits limits)
      : tags_(tags), kind_(kind), limits_(limits) {}

  base::Result<Signature> read();

 private:
  Trouble read_version();
  Trouble read_algorithm();
  Trouble read_signature();
  Trouble read_body_hash();
  Trouble read_forms();
  Trouble read_names();
  Trouble read_identity();
  Trouble read_fields();
  Trouble read_length();
  Trouble read_times();
  Trouble read_query();
  Trouble read_chain();
  Trouble read_time(std::string_view tag, std::optional<std::int64_t>& into) const;
  Trouble read_name(std::string_view tag, std::string& into) const;

  const TagList& tags_;
  SignatureKind kind_;
  SignatureLimits limits_;
  Signature out_;
};

base::Result<Signature> Reader::read() {
  using Step = Trouble (Reader::*)();
  static constexpr Step dkim_steps[] = {
      &Reader::read_version, &Reader::read_algorithm, &Reader::read_signature,
      &Reader::read_names,   &Reader::read_body_hash, &Reader::read_forms,
      &Reader::read_fields,  &Reader::read_identity,  &Reader::read_length,
      &Reader::read_times,   &Reader::read_query};
  // RFC 8617 §4.1.2: as a DKIM-Signature, but without v=, and i= is the instance.
  static constexpr Step message_steps[] = {&Reader::read_algorithm, &Reader::read_signature,
                                           &Reader::read_names,     &Reader::read_body_hash,
                                           &Reader::read_forms,     &Reader::read_fields,
                                           &Reader::read_length,    &Reader::read_times};
  static constexpr Step seal_steps[] = {&Reader::read_algorithm, &Reader::read_signature,
                                        &Reader::read_names, &Reader::read_times,
                                        &Reader::read_chain};
  std::span<const Step> steps = dkim_steps;
  if (kind_ == SignatureKind::arc_message) steps = message_steps;
  if (kind_ == SignatureKind::arc_seal) steps = seal_steps;
  for (const Step step : steps) {
    if (Trouble trouble = (this->*step)()) return std::unexpected(std::move(*trouble));
  }
  return std::move(out_);
}

Trouble Reader::read_version() {
  const auto version = tags_.value("v");
  if (!version) return invalid("without v=");
  return *version == "1" ? std::nullopt : invalid("v= is not 1");
}

Trouble Reader::read_algorithm() {
  const auto name = tags_.value("a");
  if (!name) return invalid("without a=");
  if (*name == "rsa-sha256") {
    out_.algorithm = SignatureAlgorithm::rsa_sha256;
  } else if (*name == "ed25519-sha256") {
    out_.algorithm = SignatureAlgorithm::ed25519_sha256;
  } else if (*name == "rsa-sha1") {
    out_.algorithm = SignatureAlgorithm::rsa_sha1;
  } else {
    return name->empty() ? invalid("a= is empty") : unsupported("a", *name);
  }
  return std::nullopt;
}

Trouble Reader::read_signature() {
  const Tag* const tag = tags_.find("b");
  if (tag == nullptr) return invalid("without b=");
  auto octets = unbase64_folded(tag->value);
  if (!octets) return invalid("b= is no base64");
  out_.octets = std::move(*octets);
  out_.blank = tag->raw;
  return std::nullopt;
}

Trouble Reader::read_body_hash() {
  const auto value = tags_.value("bh");
  if (!value) return invalid("without bh=");
  auto octets = unbase64_folded(*value);
  if (!octets) return invalid("bh= is no base64");
  out_.body_hash = std::move(*octets);
  return std::nullopt;
}

Trouble Reader::read_forms() {
  const auto value = tags_.value("c");
  if (!value) {
    // RFC 6376: simple/simple. Sealers that leave c= out mean relaxed/relaxed, ARC's own form; so
    // do the verifiers that they were tested with.
    if (kind_ == SignatureKind::arc_message) {
      out_.header_form = Canonicalization::relaxed;
      out_.body.canonicalization = Canonicalization::relaxed;
    }
    return std::nullopt;
  }
  const std::size_t slash = value->find('/');
  const std::string_view header = base::trim(value->substr(0, slash));
  const std::string_view body =
      slash == std::string_view::npos ? "simple" : base::trim(value->substr(slash + 1));
  const auto known = [](std::string_view form) { return form == "simple" || form == "relaxed"; };
  if (!known(header) || !known(body)) return unsupported("c", *value);
  const auto form_of = [](std::string_view form) {
    return form == "relaxed" ? Canonicalization::relaxed : Canonicalization::simple;
  };
  out_.header_form = form_of(header);
  out_.body.canonicalization = form_of(body);
  return std::nullopt;
}

// d= and s=; RFC 8616 §3 lets U-labels stand in both.
Trouble Reader::read_name(std::string_view tag, std::string& into) const {
  const auto value = tags_.value(tag);
  if (!value) return invalid(fmt::format("without {}=", tag));
  if (!message::is_domain(*value, {.utf8 = true})) {
    return invalid(fmt::format("{}={} is no name", tag, base::printable(*value, shown_bytes_max)));
  }
  into = message::domain_key(*value);
  return std::nullopt;
}

Trouble Reader::read_names() {
  if (Trouble trouble = read_name("d", out_.domain)) return trouble;
  return read_name("s", out_.selector);
}

Trouble Reader::read_identity() {
  const auto value = tags_.value("i");
  if (!value) {
    out_.identity = "@" + out_.domain;
    out_.identity_domain = out_.domain;
    return std::nullopt;
  }
  const auto identity = unquote(*value);
  const std::size_t at = identity ? identity->rfind('@') : std::string::npos;
  if (at == std::string::npos || identity->size() > identity_bytes_max) {
    return invalid("i= is no identity");
  }
  out_.identity = *identity;
  out_.identity_domain = message::domain_key(std::string_view(*identity).substr(at + 1));
  // §3.5, i=: "the same as, or a subdomain of, the value of the d= tag".
  if (!is_at_or_below(out_.identity_domain, out_.domain)) return invalid("i= is not below d=");
  return std::nullopt;
}

Trouble Reader::read_fields() {
  const auto value = tags_.value("h");
  if (!value) return invalid("without h=");
  if (kind_ == SignatureKind::dkim && value->empty()) return invalid("h= is empty");
  for (const std::string_view name : split_folded(*value, ':')) {
    if (out_.names.size() >= limits_.names_max) {
      return invalid(fmt::format("h= names more than {} fields", limits_.names_max));
    }
    if (!name.empty()) out_.names.push_back(base::lower(name));
  }
  const auto names = [this](std::string_view field) {
    return std::ranges::find(out_.names, field) != out_.names.end();
  };
  if (kind_ == SignatureKind::dkim) {  // §5.4: "The From header field MUST be signed"
    return names("from") ? std::nullopt : invalid("From is not in h=");
  }
  // RFC 8617 §4.1.2: seals are what an AMS must not sign.
  return names("arc-seal") ? invalid("ARC-Seal is in h=") : std::nullopt;
}

Trouble Reader::read_length() {
  const auto value = tags_.value("l");
  if (!value) return std::nullopt;
  const auto bytes = base::parse_number(*value);
  if (!bytes) return invalid("l= is no number");
  out_.body.bytes_max = bytes;
  return std::nullopt;
}

Trouble Reader::read_time(std::string_view tag, std::optional<std::int64_t>& into) const {
  const auto value = tags_.value(tag);
  if (!value) return std::nullopt;
  const auto seconds = value->size() <= time_digits_max ? base::parse_number(*value) : std::nullopt;
  if (!seconds) return invalid(fmt::format("{}= is no time", tag));
  into = static_cast<std::int64_t>(*seconds);
  return std::nullopt;
}

Trouble Reader::read_times() {
  if (Trouble trouble = read_time("t", out_.signed_seconds)) return trouble;
  if (kind_ == SignatureKind::arc_seal) return std::nullopt;
  if (Trouble trouble = read_time("x", out_.expires_seconds)) return trouble;
  if (out_.signed_seconds && out_.expires_seconds &&
      *out_.expires_seconds <= *out_.signed_seconds) {
    return invalid("x= is not after t=");
  }
  return std::nullopt;
}

Trouble Reader::read_query() {
  const auto value = tags_.value("q");
  if (!value || lists(*value, "dns/txt")) return std::nullopt;
  return unsupported("q", *value);
}

Trouble Reader::read_chain() {
  const auto value = tags_.value("cv");
  if (value != "none" && value != "pass" && value != "fail") {
    return invalid("cv= is neither none nor pass nor fail");
  }
  // RFC 8617 §4.1.3: a seal's fields are not for the sealer to choose.
  if (tags_.has("h")) return invalid("h= in an ARC-Seal");
  out_.chain = *value;
  return std::nullopt;
}

}  // namespace

std::string_view to_string(SignatureAlgorithm algorithm) {
  switch (algorithm) {
    case SignatureAlgorithm::rsa_sha256: return "rsa-sha256";
    case SignatureAlgorithm::ed25519_sha256: return "ed25519-sha256";
    case SignatureAlgorithm::rsa_sha1: return "rsa-sha1";
  }
  std::unreachable();
}

base::Result<Signature> parse_signature(const message::FieldView& field, SignatureKind kind,
                                        SignatureLimits limits) {
  const auto tags = TagList::parse(field.value);
  if (!tags) return std::unexpected(tags.error());
  return Reader(*tags, kind, limits).read();
}

SignatureNames guess_names(const message::FieldView& field) {
  SignatureNames names;
  const auto tags = TagList::parse(field.value);
  if (!tags) return names;
  const auto name_of = [&](std::string_view tag) {
    const auto value = tags->value(tag);
    return value && message::is_domain(*value, {.utf8 = true}) ? message::domain_key(*value)
                                                               : std::string();
  };
  names.domain = name_of("d");
  names.selector = name_of("s");
  if (!names.domain.empty()) names.identity = "@" + names.domain;
  names.algorithm = base::printable(tags->value("a").value_or(""), shown_bytes_max);
  return names;
}

unsigned parse_instance(std::string_view text) {
  constexpr std::size_t digits_max = 2;
  const auto number = text.size() <= digits_max ? base::parse_number(text) : std::nullopt;
  return number && *number <= arc_instances_max ? static_cast<unsigned>(*number) : 0;
}

}  // namespace mailauth
