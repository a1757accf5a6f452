// See authenticator.h.
#include "policy/login/authenticator.h"

#include "directory/credential.h"
#include "lib/base/check.h"
#include "lib/base/text.h"
#include "lib/io/clock.h"
#include "lib/io/pool.h"
#include "policy/guard/login_guard.h"
#include "policy/state/last_use.h"

namespace policy {
namespace {

smtp::Reply refusal() { return smtp::reply(535, {5, 7, 8}, "User name or password is wrong"); }

// RFC 4954 §6: a temporary failure; the client keeps its password and tries again.
smtp::Reply trouble() {
  return smtp::reply(454, {4, 7, 0}, "The log-in could not be checked now; try again later");
}

bool is_offered(const LoginSettings& settings, sasl::Mechanism mechanism) {
  return std::ranges::any_of(settings.mechanisms, [mechanism](const std::string& name) {
    return sasl::parse_mechanism(name) == mechanism;
  });
}

bool is_key_of(std::string_view verifier, std::string_view stored_key) {
  const auto parsed = directory::parse_verifier(verifier);
  return parsed && parsed->stored_key == stored_key;
}

std::unique_ptr<sasl::Engine> make_engine() {
  auto engine = sasl::Engine::make();
  CHECK(engine.has_value(), "GNU SASL starts, and has what Debian builds it with");
  return std::move(*engine);
}

}  // namespace

// What was found out about a claim.
struct Authenticator::Finding {
  enum class Kind : std::uint8_t { right, wrong, withheld, trouble };
  Kind kind = Kind::wrong;
  Known known;  // keeps `login`
  const directory::Login* login = nullptr;
  std::string why;
};

// A guess that the guard has been asked for; it learns how it ended, whatever happens.
class Authenticator::Reservation {
 public:
  Reservation(LoginGuard* guard, io::Clock& clock, io::IpAddress peer, std::string login)
      : guard_(guard), clock_(clock), peer_(peer), login_(std::move(login)) {}
  Reservation(const Reservation&) = delete;
  Reservation& operator=(const Reservation&) = delete;
  ~Reservation() {
    if (guard_ != nullptr && standing_) guard_->undecided(peer_, login_, clock_.wall());
  }

  const Standing& ask() {
    standing_ = guard_ == nullptr ? Standing{} : guard_->before_login(peer_, login_, clock_.wall());
    return *standing_;
  }
  void settle(bool right, bool account_exists) {
    standing_.reset();
    if (guard_ == nullptr) return;
    if (right) {
      guard_->succeeded(peer_, login_, clock_.wall());
    } else {
      guard_->failed(peer_, login_, clock_.wall(), account_exists);
    }
  }
  void forget() { standing_.reset(); }  // it was banned: nothing was reserved

 private:
  LoginGuard* guard_;
  io::Clock& clock_;
  const io::IpAddress peer_;
  const std::string login_;
  std::optional<Standing> standing_;
};

Authenticator::Authenticator(Parts parts, LoginSettings settings)
    : parts_(std::move(parts)), engine_(make_engine()), cache_(parts_.web.doors.random) {
  if (parts_.secret.empty()) {
    constexpr std::size_t secret_bytes = 32;
    parts_.secret.resize(secret_bytes);
    parts_.web.doors.random.fill(parts_.secret);
  }
  set_settings(std::move(settings));
}

void Authenticator::set_settings(LoginSettings settings) {
  settings_ = std::move(settings);
  tokens_ =
      settings_.oauth.on() ? std::make_shared<TokenChecker>(parts_.web, settings_.oauth) : nullptr;
}

bool Authenticator::offers(sasl::Mechanism mechanism, const sasl::ChannelBinding& binding) const {
  using sasl::Mechanism;
  const bool listed = is_offered(settings_, mechanism);
  if (!settings_.mechanisms.empty() && !listed) return false;
  switch (mechanism) {
    case Mechanism::scram_sha_256_plus:
      if (!binding.available()) return false;
      [[fallthrough]];
    case Mechanism::scram_sha_256:
      // SCRAM needs a verifier of ours; a client that begins with it does not try PLAIN as well.
      return listed || !parts_.check_elsewhere;
    case Mechanism::oauthbearer:
    case Mechanism::xoauth2: return tokens_ != nullptr;
    case Mechanism::plain:
    case Mechanism::login: break;
  }
  return true;
}

std::vector<std::string> Authenticator::mechanisms(const sasl::ChannelBinding& binding) const {
  std::vector<std::string> out;
  for (const sasl::Mechanism one : sasl::mechanisms) {
    if (offers(one, binding)) out.emplace_back(sasl::to_string(one));
  }
  return out;
}

std::unique_ptr<sasl::Exchange> Authenticator::begin(std::string_view mechanism,
                                                     sasl::ChannelBinding binding) {
  const auto wanted = sasl::parse_mechanism(mechanism);
  if (!wanted || !offers(*wanted, binding)) return nullptr;
  sasl::Context context;
  context.plus_offered = offers(sasl::Mechanism::scram_sha_256_plus, binding);
  context.credential = [this](std::string_view user) { return credential(user); };
  context.binding = std::move(binding);
  if (!settings_.oauth.issuer.empty()) {
    std::string_view issuer = settings_.oauth.issuer;
    if (issuer.ends_with('/')) issuer.remove_suffix(1);
    context.openid_configuration = fmt::format("{}/.well-known/openid-configuration", issuer);
  }
  return engine_->begin(*wanted, std::move(context));
}

// Both are made, and then one is taken: an unknown log-in costs the same as a known one.
sasl::ScramCredential Authenticator::credential(std::string_view user) const {
  const Known known = parts_.directory.snapshot();
  const directory::Login* login = known->login(user);
  sasl::ScramCredential made_up =
      sasl::made_up_credential(parts_.secret, user, directory::scram_iterations);
  // The text for an unknown one is one that parses, too.
  const directory::ScramVerifier dummy{.iterations = made_up.iterations,
                                       .salt = made_up.salt,
                                       .stored_key = made_up.stored_key,
                                       .server_key = made_up.server_key};
  const bool usable = objection(login).empty() && !login->verifier.empty();
  auto real = directory::parse_verifier(usable ? login->verifier : dummy.text());
  if (!real) return made_up;
  return {.iterations = real->iterations,
          .salt = std::move(real->salt),
          .stored_key = std::move(real->stored_key),
          .server_key = std::move(real->server_key)};
}

std::string Authenticator::objection(const directory::Login* login) const {
  if (login == nullptr) return "there is no such log-in";
  if (login->expires && *login->expires <= parts_.web.doors.clock.wall()) {
    return "this log-in has expired";
  }
  if ((login->scopes & directory::scope_send) == 0) return "this log-in is not for sending";
  return {};
}

io::Task<LoginVerdict> Authenticator::conclude(sasl::Claim claim, io::IpAddress peer,
                                               FurtherCheck further) {
  LoginVerdict verdict;
  verdict.login = base::lower(claim.user);
  {
    const Known known = parts_.directory.snapshot();
    if (const directory::Login* login = known->login(claim.user)) verdict.login = login->name;
  }
  // A token's owner is not known yet; guesses at it count for the address only.
  const std::string guarded = verdict.login.empty() ? peer.text() : verdict.login;
  Reservation reservation(parts_.guard, parts_.web.doors.clock, peer, guarded);
  const Standing standing = reservation.ask();
  if (standing.banned) {
    reservation.forget();
    verdict.banned = true;
    verdict.why = standing.why;
    verdict.until = standing.until;
    verdict.worth_event = standing.worth_event;
    verdict.reply = smtp::reply(421, {4, 7, 0}, standing.why);
    co_return verdict;
  }
  if (standing.delay > base::Duration::zero() &&
      !co_await io::sleep_for(parts_.web.doors.clock, standing.delay)) {
    verdict.why = "cancelled";
    verdict.reply = trouble();
    co_return verdict;
  }
  const std::string authzid = claim.authzid;
  Finding found = co_await find_out(std::move(claim));
  ask_further(further, found);
  if (found.kind == Finding::Kind::right || found.kind == Finding::Kind::wrong) {
    reservation.settle(found.kind == Finding::Kind::right, found.login != nullptr);
  }
  judge(found, authzid, verdict);
  if (verdict.accepted && parts_.last_use != nullptr) {
    parts_.last_use->note(verdict.login, peer, parts_.web.doors.clock.wall());
  }
  co_return verdict;
}

void Authenticator::ask_further(const FurtherCheck& further, Finding& found) {
  if (!further || found.kind != Finding::Kind::right) return;
  Further said = further(*found.login);
  if (said.kind == Further::Kind::granted) return;
  found.kind = said.kind == Further::Kind::wrong ? Finding::Kind::wrong : Finding::Kind::withheld;
  found.why = std::move(said.why);
}

void Authenticator::judge(const Finding& found, std::string_view authzid, LoginVerdict& verdict) {
  verdict.why = found.why;
  if (found.kind != Finding::Kind::right) {
    verdict.reply = found.kind == Finding::Kind::trouble ? trouble() : refusal();
    return;
  }
  verdict.login = found.login->name;
  // RFC 4616 §2: acting for somebody else is not offered.
  if (!authzid.empty() && !base::iequals(authzid, found.login->name) &&
      !base::iequals(authzid, found.login->mailbox)) {
    verdict.why = "it wanted to act for " + base::printable(authzid, 200);
    verdict.reply = smtp::reply(535, {5, 7, 8}, "You cannot act for somebody else");
    return;
  }
  verdict.accepted = true;
  verdict.account = found.login->mailbox;
  verdict.credential = found.login->verifier;
}

io::Task<Authenticator::Finding> Authenticator::find_out(sasl::Claim claim) {
  if (claim.kind == sasl::Claim::Kind::token) co_return co_await find_token(std::move(claim));
  if (claim.kind == sasl::Claim::Kind::password) {
    co_return co_await find_password(std::move(claim.user), std::move(claim.secret));
  }
  Finding found;
  found.known = parts_.directory.snapshot();
  found.login = found.known->login(claim.user);
  found.why = objection(found.login);
  if (found.why.empty()) found.why = std::move(claim.why);
  // The password may have been changed since the exchange began.
  if (found.why.empty() && claim.proven && !is_key_of(found.login->verifier, claim.secret)) {
    found.why = "the password was changed during the log-in";
  }
  // A proof for a credential that was made up cannot be right; the log-in may be gone since.
  if (claim.proven && found.why.empty()) found.kind = Finding::Kind::right;
  co_return found;
}

io::Task<Authenticator::Finding> Authenticator::find_password(std::string user,
                                                              std::string password) {
  Finding found;
  found.known = parts_.directory.snapshot();
  found.login = found.known->login(user);
  found.why = objection(found.login);
  // The same work whatever the objection is.
  const bool is_known = found.login != nullptr;
  auto right = co_await check_password(is_known ? found.login->mailbox : base::lower(user),
                                       is_known ? found.login->verifier : std::string(),
                                       std::move(password));
  if (right && *right && !is_known) {
    right = base::fail(base::ErrorKind::busy, "known elsewhere, not yet in the directory");
  }
  if (!right) {
    found.kind = Finding::Kind::trouble;
    found.why = right.error().text();
  } else if (!*right && found.why.empty()) {
    found.why = "wrong password";
  }
  if (found.why.empty()) found.kind = Finding::Kind::right;
  co_return found;
}

// Without a verifier verify_password says no after as much work as for a wrong password.
io::Task<base::Result<bool>> Authenticator::check_password(std::string mailbox,
                                                           std::string verifier,
                                                           std::string password) {
  const bool elsewhere = parts_.check_elsewhere && verifier.empty() &&
                         (!parts_.may_be_elsewhere || parts_.may_be_elsewhere(mailbox));
  if (elsewhere) {
    co_return co_await parts_.check_elsewhere(std::move(mailbox), std::move(password));
  }
  io::Clock& clock = parts_.web.doors.clock;
  if (!verifier.empty() && cache_.knows(verifier, password, clock.now())) co_return true;
  const bool right =
      co_await io::on_pool(parts_.web.doors.pool, [verifier = &verifier, password = &password] {
        return directory::verify_password(*verifier, *password);
      });
  if (right) {
    cache_.note(verifier, password, clock.now() + settings_.password_cache_time, clock.now());
  }
  co_return right;
}

io::Task<Authenticator::Finding> Authenticator::find_token(sasl::Claim claim) {
  Finding found;
  const std::shared_ptr<TokenChecker> tokens = tokens_;  // a reload must not take it away
  if (tokens == nullptr) {
    found.why = "tokens are no longer taken";
    co_return found;
  }
  auto facts = co_await tokens->check(std::move(claim.secret));
  if (!facts) {
    const bool denied = facts.error().kind == base::ErrorKind::denied;
    found.kind = denied ? Finding::Kind::wrong : Finding::Kind::trouble;
    found.why = denied ? facts.error().detail : facts.error().text();
    co_return found;
  }
  found.known = parts_.directory.snapshot();
  found.login = found.known->login(facts->user);
  found.why = objection(found.login);
  if (found.why.empty() && !claim.user.empty() && !base::iequals(claim.user, facts->user) &&
      !base::iequals(claim.user, found.login->mailbox)) {
    found.why = "the token belongs to " + base::printable(facts->user, 200);
  }
  if (found.why.empty()) found.kind = Finding::Kind::right;
  co_return found;
}

}  // namespace policy
