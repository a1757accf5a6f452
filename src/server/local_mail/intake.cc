// See intake.h.
#include "server/local_mail/intake.h"

#include <fmt/format.h>

#include "lib/base/text.h"
#include "lib/io/digest.h"
#include "lib/io/pool.h"
#include "lib/io/real/user_names.h"

namespace local_mail {
namespace {

struct Parsed {
  Letter letter;
  std::string digest;
};

base::Result<Parsed> parse(const std::string& text) {
  auto letter = read_letter(text);
  if (!letter) return std::unexpected(std::move(letter.error()));
  return Parsed{.letter = std::move(*letter), .digest = base::hex(io::sha256(text))};
}

// The front of this one letter: whose it is decides what may be in it.
io::Task<http::Response> submit(const Intake::Parts* parts, LocalUser user,
                                session::Submission mail) {
  LocalUserDirectory directory(parts->directory, std::move(user));
  const auto front = parts->front(directory);
  co_return sending::answer_of(co_await front->submit(std::move(mail)));
}

}  // namespace

io::Task<Author> Intake::author(std::uint32_t user) {
  const auto name =
      co_await io::on_pool(parts_.doors.pool, [user] { return io::real::user_name(user); });
  co_return Author{
      .user = name ? name->name : fmt::format("uid{}", user),
      .settings = parts_.settings,
      .domain = domain_of(parts_.settings, parts_.hostname, *parts_.directory.snapshot())};
}

io::Task<base::Result<Ready>> Intake::read(std::uint32_t user, std::string text) {
  auto parsed = co_await io::on_pool(parts_.doors.pool, [&text] { return parse(text); });
  text = {};
  if (!parsed) co_return std::unexpected(std::move(parsed.error()));
  const Author writer = co_await author(user);
  Ready ready{.key = parsed->letter.key,
              .owner = fmt::format("local:{}", user),
              .digest = std::move(parsed->digest),
              .user = {},
              .mail = {}};
  auto local = message_of(writer, std::move(parsed->letter), *parts_.directory.snapshot());
  if (!local) co_return std::unexpected(std::move(local.error()));
  ready.user = std::move(local->user);
  ready.mail = std::move(local->mail);
  co_return ready;
}

io::Task<http::Response> Intake::send(Ready ready) {
  const sending::KeyDesk::Work work = [this, &ready](session::CommitNotes* notes) {
    ready.mail.way.notes = notes;
    return submit(&parts_, std::move(ready.user), std::move(ready.mail));
  };
  co_return co_await desk_.once({.owner = ready.owner, .key = ready.key, .request = ready.digest},
                                work);
}

}  // namespace local_mail
