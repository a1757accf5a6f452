// See mechanisms.h. PLAIN (RFC 4616) by GNU SASL, and LOGIN.
#include "lib/sasl/gs2.h"
#include "lib/sasl/mechanisms.h"

namespace sasl {
namespace {

Claim password_claim(std::string user, std::string authzid, std::string password) {
  return {.kind = Claim::Kind::password,
          .proven = false,
          .user = std::move(user),
          .authzid = std::move(authzid),
          .secret = std::move(password),
          .why = {}};
}

class Plain final : public Exchange {
 public:
  explicit Plain(Gsasl& library) : session_(start_session(library, "PLAIN")) {
    gsasl_session_hook_set(session_.get(), &given_);
  }

 private:
  Step next(std::string_view response) override {
    if (response.empty()) return malformed("an empty PLAIN message");
    const int rc = step_session(*session_, response).rc;
    if (rc != GSASL_OK) return malformed(gsasl_strerror(rc));
    // GNU SASL repeats the user as authzid when there is none. Whether another one is allowed is
    // for others to say.
    if (given_.authzid == given_.user) given_.authzid.clear();
    auto user = prepare_name(given_.user);
    if (!user) return malformed("a user name that SASLprep forbids");
    if (given_.authzid.size() > name_bytes_max) return malformed("too long an authzid");
    return claim(
        password_claim(std::move(*user), std::move(given_.authzid), std::move(given_.secret)));
  }

  SessionPtr session_;
  Claim given_;
};

// Old, and still what some devices speak; the two prompts are what they look for.
class Login final : public Exchange {
 public:
  Step start() override { return challenge("Username:"); }

 private:
  Step next(std::string_view response) override {
    if (!user_) {
      user_ = prepare_name(response);
      if (!user_) return malformed("a user name that SASLprep forbids");
      return challenge("Password:");
    }
    return claim(password_claim(std::move(*user_), {}, std::string(response)));
  }

  std::optional<std::string> user_;
};

std::string property(Gsasl_session* session, Gsasl_property wanted) {
  const char* text = gsasl_property_fast(session, wanted);
  return text == nullptr ? std::string() : std::string(text);
}

}  // namespace

int plain_callback(Gsasl* /*library*/, Gsasl_session* session, Gsasl_property wanted) {
  if (wanted != GSASL_VALIDATE_SIMPLE) return GSASL_NO_CALLBACK;
  auto& given = *static_cast<Claim*>(gsasl_session_hook_get(session));
  given.user = property(session, GSASL_AUTHID);
  given.authzid = property(session, GSASL_AUTHZID);
  given.secret = property(session, GSASL_PASSWORD);
  return GSASL_OK;
}

std::unique_ptr<Exchange> begin_plain(Gsasl& library) { return std::make_unique<Plain>(library); }

std::unique_ptr<Exchange> begin_login() { return std::make_unique<Login>(); }

}  // namespace sasl
