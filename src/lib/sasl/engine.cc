// See engine.h.
#include "lib/sasl/engine.h"

#include <fmt/format.h>
#include <gsasl.h>

#include "lib/base/check.h"
#include "lib/sasl/mechanisms.h"

namespace sasl {

base::Result<std::unique_ptr<Engine>> Engine::make() {
  Gsasl* library = nullptr;
  if (const int rc = gsasl_init(&library); rc != GSASL_OK) {
    return base::fail(base::ErrorKind::unsupported,
                      fmt::format("GNU SASL: {}", gsasl_strerror(rc)));
  }
  std::unique_ptr<Engine> engine(new Engine(library));
  for (const char* name : {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"}) {
    if (gsasl_server_support_p(library, name) == 1) continue;
    return base::fail(base::ErrorKind::unsupported,
                      fmt::format("this GNU SASL was built without {}", name));
  }
  gsasl_callback_set(library, plain_callback);
  return engine;
}

Engine::~Engine() { gsasl_done(library_); }

std::unique_ptr<Exchange> Engine::begin(Mechanism mechanism, Context context) {
  switch (mechanism) {
    case Mechanism::scram_sha_256_plus:
    case Mechanism::scram_sha_256:
      CHECK(context.credential, "SCRAM needs credentials");
      return begin_scram(*library_, mechanism == Mechanism::scram_sha_256_plus, std::move(context));
    case Mechanism::oauthbearer: return begin_oauthbearer(std::move(context));
    case Mechanism::xoauth2: return begin_xoauth2(std::move(context));
    case Mechanism::plain: return begin_plain(*library_);
    case Mechanism::login: break;
  }
  return begin_login();
}

}  // namespace sasl
