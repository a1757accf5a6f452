// See mechanisms.h. SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677) by GNU SASL.
//
// Before GNU SASL sees the first message it is read here: for the user's name, whose credential is
// handed in as properties, and for the rules of channel binding, which depend on what was offered.
#include <fmt/format.h>

#include "lib/base/check.h"
#include "lib/base/text.h"
#include "lib/sasl/gs2.h"
#include "lib/sasl/mechanisms.h"

namespace sasl {
namespace {

constexpr std::size_t nonce_bytes_max = 1'024;

class Scram final : public Exchange {
 public:
  Scram(Gsasl& library, bool plus, Context context)
      : context_(std::move(context)),
        plus_(plus),
        session_(start_session(library, plus ? "SCRAM-SHA-256-PLUS" : "SCRAM-SHA-256")) {}

 private:
  Step next(std::string_view response) override {
    // RFC 5802 §5.1: no attribute may hold a NUL, and C strings would end there.
    if (response.empty() || response.contains('\0')) return malformed("not a SCRAM message");
    return user_.empty() ? first(response) : last(response);
  }

  Step first(std::string_view response) {
    auto gs2 = parse_gs2(response);
    if (!gs2) return malformed("not a GS2 header");
    const auto name = read_name(gs2->rest);
    if (!name) return malformed("not a SCRAM client-first-message");
    const auto prepared = prepare_name(*name);
    if (!prepared) return malformed("a user name that SASLprep forbids");
    user_ = *prepared;
    authzid_ = std::move(gs2->authzid);
    if (std::string why = refuse_binding(*gs2); !why.empty()) return refused(std::move(why));
    set_properties(gs2->binding);
    auto [rc, output] = step_session(*session_, response);
    if (rc != GSASL_NEEDS_MORE) return malformed(gsasl_strerror(rc));
    return challenge(std::move(output));
  }

  // GNU SASL compares nonce, binding and proof. The server's signature tells the client that its
  // password was right, so it leaves only when the claim has been accepted.
  Step last(std::string_view response) {
    auto [rc, output] = step_session(*session_, response);
    if (rc == GSASL_MECHANISM_PARSE_ERROR || rc == GSASL_BASE64_ERROR) {
      return malformed("not a SCRAM client-final-message");
    }
    if (rc != GSASL_OK) return refused("the proof does not fit");
    Claim out = who();
    out.proven = true;
    return claim(std::move(out), std::move(output));
  }

  // [n=user,r=nonce,…]; "m=" in front is an extension that we do not know (RFC 5802 §5.1).
  static std::optional<std::string> read_name(std::string_view bare) {
    if (!bare.starts_with("n=")) return std::nullopt;
    const std::size_t comma = bare.find(',');
    if (comma == std::string_view::npos) return std::nullopt;
    const std::string_view rest = bare.substr(comma + 1);
    if (!rest.starts_with("r=")) return std::nullopt;
    const std::size_t nonce_bytes = rest.substr(2).find(',') == std::string_view::npos
                                        ? rest.size() - 2
                                        : rest.substr(2).find(',');
    if (nonce_bytes == 0 || nonce_bytes > nonce_bytes_max) return std::nullopt;
    return decode_saslname(bare.substr(2, comma - 2));
  }

  // RFC 5802 §6. Empty: no objection.
  [[nodiscard]] std::string refuse_binding(const Gs2& gs2) const {
    if (!plus_) {
      if (gs2.flag == 'p') return "channel binding in a mechanism without it";
      if (gs2.flag == 'y' && context_.plus_offered) {
        return "the client saw no offer of channel binding: somebody removed it on the way";
      }
      return {};
    }
    if (gs2.flag != 'p') return "a PLUS mechanism without channel binding";
    if (binding(gs2.binding).empty()) {
      return fmt::format("this connection has no channel binding of type {}",
                         base::printable(gs2.binding, 40));
    }
    return {};
  }

  [[nodiscard]] std::string_view binding(std::string_view name) const {
    if (name == "tls-exporter") return context_.binding.tls_exporter;
    if (name == "tls-unique") return context_.binding.tls_unique;
    return {};
  }

  void set_properties(std::string_view binding_name) {
    const ScramCredential known = context_.credential(user_);
    set(GSASL_SCRAM_ITER, fmt::to_string(known.iterations));
    set(GSASL_SCRAM_SALT, base::base64(known.salt));
    set(GSASL_SCRAM_STOREDKEY, base::base64(known.stored_key));
    stored_key_ = known.stored_key;
    set(GSASL_SCRAM_SERVERKEY, base::base64(known.server_key));
    if (!plus_) return;
    set(binding_name == "tls-exporter" ? GSASL_CB_TLS_EXPORTER : GSASL_CB_TLS_UNIQUE,
        base::base64(binding(binding_name)));
  }

  void set(Gsasl_property property, const std::string& value) {
    CHECK(gsasl_property_set(session_.get(), property, value.c_str()) == GSASL_OK,
          "GNU SASL has memory for a property");
  }

  [[nodiscard]] Claim who() const {
    return {.kind = Claim::Kind::proof,
            .proven = false,
            .user = user_,
            .authzid = authzid_,
            .secret = stored_key_,
            .why = {}};
  }

  [[nodiscard]] Step refused(std::string why) const {
    Claim out = who();
    out.why = std::move(why);
    return claim(std::move(out));
  }

  Context context_;
  const bool plus_;
  SessionPtr session_;
  std::string user_;  // empty before the first message
  std::string authzid_;
  std::string stored_key_;  // what the proof is checked against
};

}  // namespace

SessionPtr start_session(Gsasl& library, const char* mechanism) {
  Gsasl_session* session = nullptr;
  CHECK(gsasl_server_start(&library, mechanism, &session) == GSASL_OK && session != nullptr,
        "Engine::make has looked for the mechanism");
  return SessionPtr(session);
}

SessionStep step_session(Gsasl_session& session, std::string_view input) {
  char* output = nullptr;
  std::size_t bytes = 0;
  // GNU SASL reads some inputs as C strings.
  const std::string zero_terminated(input);
  const int rc =
      gsasl_step(&session, zero_terminated.data(), zero_terminated.size(), &output, &bytes);
  const std::unique_ptr<char, void (*)(void*)> owner(output, gsasl_free);
  return {.rc = rc, .output = output == nullptr ? std::string() : std::string(output, bytes)};
}

std::unique_ptr<Exchange> begin_scram(Gsasl& library, bool plus, Context context) {
  return std::make_unique<Scram>(library, plus, std::move(context));
}

}  // namespace sasl
