// Fuzz target: everything that a certificate authority may answer, from its directory to the chain.
// What is proved is a name that was asked for, by a token of the letters that a path may have.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/acme/order.h"
#include "lib/base/check.h"
#include "lib/base/text.h"
#include "lib/io/deadline.h"
#include "lib/io/private_key.h"
#include "lib/io/sim/host.h"

namespace {

using namespace std::chrono_literals;

constexpr char end_of_answer = '\xff';
constexpr const char* name = "mx.home.test";

// Answers with the input: a line of status and values of Replay-Nonce, Location and Retry-After,
// then the body. When it is at its end, nobody listens any more.
class Authority final : public acme::Web {
 public:
  explicit Authority(std::string_view answers) : answers_(answers) {}
  io::Task<base::Result<http::Response>> ask(std::string url, http::Request request) override {
    CHECK(url.starts_with("https://"), "never without TLS");
    CHECK(request.method == "GET" || request.method == "HEAD" || request.method == "POST", "");
    if (answers_.empty()) co_return base::fail(base::ErrorKind::refused, "nobody listens");
    const std::size_t end = std::min(answers_.find(end_of_answer), answers_.size());
    const std::string_view answer = answers_.substr(0, end);
    answers_.remove_prefix(std::min(end + 1, answers_.size()));
    co_return read(answer);
  }

 private:
  static http::Response read(std::string_view answer) {
    const std::size_t line_end = std::min(answer.find('\n'), answer.size());
    http::Response response;
    constexpr const char* fields[] = {"Replay-Nonce", "Location", "Retry-After"};
    std::size_t number = 0;
    for (const std::string_view word : base::words(answer.substr(0, line_end))) {
      if (number == 0) {
        response.status = static_cast<int>(base::parse_number(word).value_or(500) % 600);
      } else if (number <= std::size(fields) && word != "-") {
        response.headers.set(fields[number - 1], std::string(word));
      }
      ++number;
    }
    response.body = answer.substr(std::min(line_end + 1, answer.size()));
    return response;
  }

  std::string_view answers_;
};

class Prover final : public acme::Solver {
 public:
  [[nodiscard]] std::string_view type() const override { return "http-01"; }
  io::Task<base::Result<>> prepare(acme::Proof proof) override {
    CHECK(proof.name == name, "a name that was asked for");
    CHECK(!proof.token.empty() && std::ranges::all_of(proof.token,
                                                      [](char c) {
                                                        return base::is_alpha(c) ||
                                                               base::is_digit(c) || c == '-' ||
                                                               c == '_';
                                                      }),
          "a token that a path may have");
    ++open_;
    co_return base::Result<>{};
  }
  io::Task<void> clean(acme::Proof /*proof*/) override {
    --open_;
    co_return;
  }
  [[nodiscard]] int open() const { return open_; }

 private:
  int open_ = 0;
};

io::Task<base::Result<std::string>> order(acme::Client* client, Prover* prover) {
  if (auto opened = co_await client->open("post@home.test"); !opened) {
    co_return std::unexpected(std::move(opened.error()));
  }
  co_return co_await acme::obtain(*client, *prover, {.names = {name}, .request = "a request"});
}

const acme::AccountKey& account_key() {
  static const acme::AccountKey key = [] {
    const auto made = io::PrivateKey::make();
    CHECK(made.has_value(), "a key can be made");
    return acme::AccountKey::from_pem(made->pem().value()).value();
  }();
  return key;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static io::sim::World world(1);
  static io::sim::Host host(world, {"192.0.2.1"});
  Authority authority({reinterpret_cast<const char*>(data), size});
  Prover prover;
  acme::Client client({.web = authority,
                       .clock = host.doors().clock,
                       .key = account_key(),
                       .directory_url = "https://ca.test/directory"});
  const auto chain = world.run(io::with_timeout(host.doors().clock, 1h, order(&client, &prover)));
  CHECK(prover.open() == 0, "what was prepared is taken away");
  CHECK(!chain || chain->size() <= acme::chain_bytes_max, "a bound");
  return 0;
}
