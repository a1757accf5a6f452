// See login.h.
#include "delivery/login.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "lib/base/text.h"
#include "lib/io/clock.h"
#include "lib/io/files.h"
#include "lib/io/pool.h"
#include "lib/io/random.h"
#include "lib/smtp/limits.h"

namespace delivery {
namespace {

using Kind = LoginWay::Kind;
using sasl::ScramHash;

// RFC 7677 §4: SHA-256 before SHA-1; a binding before none: it shows who stands between.
constexpr std::array<LoginWay, 6> all_ways = {
    LoginWay{"SCRAM-SHA-256-PLUS", Kind::scram, ScramHash::sha_256, true},
    LoginWay{"SCRAM-SHA-1-PLUS", Kind::scram, ScramHash::sha_1, true},
    LoginWay{"SCRAM-SHA-256", Kind::scram, ScramHash::sha_256, false},
    LoginWay{"SCRAM-SHA-1", Kind::scram, ScramHash::sha_1, false},
    LoginWay{"PLAIN", Kind::plain},
    LoginWay{"LOGIN", Kind::login}};

constexpr std::uint64_t password_file_bytes_max = 4'096;
constexpr std::size_t nonce_octets = 24;  // 192 bits, without padding in base64
// RFC 4954 §4: an initial response must fit into a command line, which has 512 octets.
constexpr std::size_t initial_line_bytes_max = 512;

Trouble trouble(smtp::Reply reply, std::string detail) {
  return {.reply = std::move(reply), .permanent = false, .tls = false, .detail = std::move(detail)};
}

std::unexpected<Trouble> no_way(std::string text, std::string detail) {
  return std::unexpected(trouble(smtp::reply(451, {4, 7, 0}, std::move(text)), std::move(detail)));
}

using Answer = Step<smtp::Reply>;

// One log-in by one mechanism, up to the reply that ends it.
class Conversation {
 public:
  Conversation(Client& client, Connector& connector, const Route& route, std::string password)
      : client_(client), connector_(connector), route_(route), password_(std::move(password)) {}

  io::Task<Answer> run(LoginWay way) {
    switch (way.kind) {
      case Kind::scram: co_return co_await scram(way);
      case Kind::plain: co_return co_await plain();
      case Kind::login: break;
    }
    co_return co_await login();
  }

 private:
  io::Task<Answer> say(std::string line) {
    auto reply =
        co_await client_.command(std::move(line) + "\r\n", connector_.settings->command_timeout);
    if (reply) co_return std::move(*reply);
    co_return std::unexpected(lost_trouble(client_.where(), "logging in", reply.error()));
  }

  io::Task<Answer> begin(std::string_view mechanism, std::string response) {
    std::string encoded = base::base64(response);
    std::string line = fmt::format("AUTH {} {}", mechanism, encoded);
    if (line.size() + 2 <= initial_line_bytes_max) co_return co_await say(std::move(line));
    auto reply = co_await say(fmt::format("AUTH {}", mechanism));
    if (!reply || reply->code != 334) co_return reply;
    co_return co_await say(std::move(encoded));
  }

  io::Task<Answer> plain() {
    std::string secret;  // RFC 4616 §2: no authorization identity
    secret += '\0';
    secret += route_.user;
    secret += '\0';
    secret += password_;
    co_return co_await begin("PLAIN", std::move(secret));
  }

  io::Task<Answer> login() {
    auto reply = co_await say("AUTH LOGIN");
    if (!reply || reply->code != 334) co_return reply;
    reply = co_await say(base::base64(route_.user));
    if (!reply || reply->code != 334) co_return reply;
    co_return co_await say(base::base64(password_));
  }

  io::Task<Answer> scram(LoginWay way) {
    sasl::ScramClient exchange(options(way));
    auto reply = co_await begin(way.name, exchange.first());
    if (!reply || reply->code != 334) co_return reply;
    const auto salt = exchange.read_first(challenge(*reply));
    if (!salt) co_return co_await give_up(way, salt.error());
    const std::string salted = co_await io::on_pool(
        connector_.doors.pool, [hash = way.hash, password = password_, salt = *salt] {
          return sasl::salted_password(hash, password, salt);
        });
    reply = co_await say(base::base64(exchange.last(salted)));
    if (!reply) co_return reply;
    if (reply->positive()) {
      const auto nothing =
          base::fail(base::ErrorKind::invalid, "it did not prove that it knows it");
      co_return co_await give_up(way, nothing.error());
    }
    if (reply->code != 334) co_return reply;
    if (const auto proven = exchange.verify(challenge(*reply)); !proven) {
      co_return co_await give_up(way, proven.error());
    }
    co_return co_await say("");
  }

  [[nodiscard]] sasl::ScramClient::Options options(const LoginWay& way) const {
    std::array<char, nonce_octets> nonce = {};
    connector_.doors.random.fill(nonce);
    sasl::ScramClient::Options out;
    out.hash = way.hash;
    out.user = route_.user;
    out.nonce = base::base64({nonce.data(), nonce.size()});
    const io::TlsBinding binding = client_.tls_binding();
    if (!way.plus) {
      // RFC 5802 §6: had the server offered PLUS of this hash, it would have been taken; whoever
      // removed that offer on the way is found out by the server.
      const bool unseen = !client_.offers.has_auth("SCRAM-SHA-256-PLUS") &&
                          !client_.offers.has_auth("SCRAM-SHA-1-PLUS");
      out.flag = unseen && (!binding.exporter.empty() || !binding.unique.empty()) ? 'y' : 'n';
      return out;
    }
    out.flag = 'p';
    // RFC 9266 §3: with TLS 1.3 there is tls-exporter alone; before it every server knows
    // tls-unique.
    out.binding_name = binding.unique.empty() ? "tls-exporter" : "tls-unique";
    out.binding = binding.unique.empty() ? binding.exporter : binding.unique;
    return out;
  }

  static std::string challenge(const smtp::Reply& reply) {
    if (reply.lines.empty()) return {};
    return base::unbase64(base::trim(reply.lines.front())).value_or("");
  }

  // Whoever this is, it is not who shares the password with us.
  io::Task<Answer> give_up(LoginWay way, base::Error error) {
    if (client_.usable()) static_cast<void>(co_await say("*"));  // RFC 4954 §4
    client_.give_up();
    co_return no_way(fmt::format("{} does not know the password that this server logs in with: {}",
                                 client_.where(), error.detail),
                     fmt::format("{} as {}: somebody may stand between, or the host is another one",
                                 way.name, base::printable(route_.user, 100)));
  }

  Client& client_;
  Connector& connector_;
  const Route& route_;
  std::string password_;
};

base::Result<std::string> password_of(io::Files& files, const Route& route) {
  if (route.password_file.empty()) return route.password;
  auto text = io::read_file(files, route.password_file, password_file_bytes_max);
  if (!text) return text;
  while (text->ends_with('\n') || text->ends_with('\r')) text->pop_back();
  if (text->empty()) {
    return base::fail(base::ErrorKind::invalid, route.password_file + " holds no password");
  }
  return text;
}

LoginGround ground_of(const Client& client, const Connector& connector, const Route& route) {
  LoginGround ground;
  const io::TlsInfo* const tls = client.tls();
  const io::TlsBinding binding = client.tls_binding();
  ground.encrypted = tls != nullptr;
  ground.verified = tls != nullptr && tls->verified;
  ground.bindable = !binding.exporter.empty() || !binding.unique.empty();
  ground.scram_refused = connector.no_scram.has(client.target(), connector.doors.clock.now());
  ground.plain_auth = route.plain_auth;
  return ground;
}

std::unexpected<Trouble> nothing_in_common(const Client& client, const LoginGround& ground) {
  if (client.offers.auth.empty()) {
    return no_way(fmt::format("{} offers no log-in", client.where()),
                  "is this its port for submission (587 or 465)?");
  }
  const bool shown = client.offers.has_auth("PLAIN") || client.offers.has_auth("LOGIN");
  if (!shown) {
    return no_way(
        fmt::format("{} offers AUTH {}, and this server has SCRAM, PLAIN and LOGIN", client.where(),
                    base::printable(fmt::format("{}", fmt::join(client.offers.auth, " ")), 200)),
        {});
  }
  if (ground.plain_auth == PlainAuth::never) {
    return no_way(fmt::format("{} takes no log-in without seeing the password", client.where()),
                  "plain_auth = \"never\" of its [[route]] forbids that");
  }
  const std::string why =
      client.tls() == nullptr
          ? std::string("there is no TLS")
          : fmt::format("its certificate is not verified: {}", client.tls()->verify_error);
  return no_way(fmt::format("the password is not shown to {}: {}", client.where(), why),
                "name it as its certificate does, or allow it: plain_auth = \"encrypted\"");
}

// Its reply to a log-in that was refused. Codes: RFC 4954 §4 and §6.
Trouble refusal(const Client& client, const Route& route, std::string_view mechanism,
                smtp::Reply reply) {
  std::string detail = fmt::format("{} as {}", mechanism, base::printable(route.user, 100));
  // 454 and 421 are its own trouble, which passes.
  if (!reply.permanent()) return trouble(std::move(reply), std::move(detail));
  Trouble out = trouble(
      smtp::reply(451, {4, 7, 8},
                  fmt::format("{} refuses this server's log-in: {}", client.where(), reply.text())),
      detail + "; see user and password of its [[route]]");
  out.hopeless = true;
  return out;
}

// Did the server refuse SCRAM as such, or user and password by SCRAM?
bool is_about_mechanism(const smtp::Reply& reply) {
  return reply.code == 504 || reply.code == 500 || reply.code == 501 || reply.code == 534;
}

io::Task<Step<>> try_ways(io::Ref<Client> client, io::Ref<Connector> connector,
                          io::Ref<const Route> route, std::string password) {
  const LoginGround ground = ground_of(*client, *connector, *route);
  const std::vector<LoginWay> ways = login_ways(client->offers, ground);
  if (ways.empty()) co_return nothing_in_common(*client, ground);
  Conversation conversation(*client, *connector, *route, std::move(password));
  bool refused = false;
  std::optional<Trouble> earlier;  // counts when the host hangs up on who was refused
  for (std::size_t i = 0; i < ways.size(); ++i) {
    const LoginWay& way = ways[i];
    if (refused && way.kind == Kind::scram) continue;
    auto reply = co_await conversation.run(way);
    if (!reply) co_return std::unexpected(std::move(earlier ? *earlier : reply.error()));
    if (reply->code == 235) {
      client->login = way.name;
      if (refused) connector->no_scram.remember(client->target(), connector->doors.clock.now());
      co_return Step<>{};
    }
    const bool scram_refused = way.kind == Kind::scram && reply->permanent();
    const bool more = client->usable() && ways.back().kind != Kind::scram && i + 1 < ways.size();
    if (!more || !(scram_refused || is_about_mechanism(*reply))) {
      connector->counters.logins_refused.add();
      co_return std::unexpected(refusal(*client, *route, way.name, std::move(*reply)));
    }
    if (is_about_mechanism(*reply)) continue;
    refused = true;
    earlier = refusal(*client, *route, way.name, std::move(*reply));
  }
  co_return Step<>{};  // not reached: the last way returns
}

}  // namespace

bool LoginGround::may_show_password() const {
  switch (plain_auth) {
    case PlainAuth::never: return false;
    case PlainAuth::verified: return verified;
    case PlainAuth::encrypted: return encrypted;
    case PlainAuth::always: return true;
  }
  return false;
}

std::vector<LoginWay> login_ways(const smtp::Extensions& offers, const LoginGround& ground) {
  std::vector<LoginWay> out;
  for (const LoginWay& way : all_ways) {
    if (!offers.has_auth(way.name)) continue;
    if (way.plus && !ground.bindable) continue;
    if (way.kind == Kind::scram || ground.may_show_password()) out.push_back(way);
  }
  const bool shows = !out.empty() && out.back().kind != Kind::scram;
  if (ground.scram_refused && shows) {
    std::erase_if(out, [](const LoginWay& way) { return way.kind == Kind::scram; });
  }
  return out;
}

io::Task<Step<>> log_in(io::Ref<Client> client, io::Ref<Connector> connector,
                        io::Ref<const Route> route) {
  if (client->tls() == nullptr && route->plain_auth != PlainAuth::always) {
    co_return no_way(fmt::format("{} offers no TLS, so no password goes there", client->where()),
                     {});
  }
  auto password = password_of(connector->doors.files, *route);
  if (!password) {
    co_return std::unexpected(trouble(
        smtp::reply(451, {4, 3, 5},
                    fmt::format("this server cannot read its password for {}", client->where())),
        password.error().text()));
  }
  co_return co_await try_ways(client, connector, route, std::move(*password));
}

}  // namespace delivery
