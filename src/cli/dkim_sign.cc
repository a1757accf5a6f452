// See dkim_sign.h.
#include "cli/dkim_sign.h"

#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "cli/input.h"
#include "lib/io/clock.h"
#include "lib/io/files.h"
#include "lib/io/real/event_loop.h"
#include "lib/io/real/files.h"
#include "lib/io/real/pool.h"
#include "lib/mailauth/dkim_signer.h"
#include "lib/message/address.h"

namespace cli {
namespace {

constexpr std::size_t mail_bytes_max = 256UL << 20U;
constexpr std::size_t keys_max = 20;
constexpr std::uint64_t key_bytes_max = 64UL * 1024;

struct Forms {
  mailauth::Canonicalization header;
  mailauth::Canonicalization body;
};

base::Result<Forms> forms_of(std::string_view text) {
  using mailauth::Canonicalization;
  const auto form = [](std::string_view word) {
    return word == "simple" ? Canonicalization::simple : Canonicalization::relaxed;
  };
  const std::size_t slash = text.find('/');
  // RFC 6376 §3.5: without a second word the body is simple.
  const std::string_view header = text.substr(0, slash);
  const std::string_view body = slash == std::string_view::npos ? "simple" : text.substr(slash + 1);
  for (const std::string_view word : {header, body}) {
    if (word != "simple" && word != "relaxed") {
      return base::fail(base::ErrorKind::invalid,
                        "--canonicalization is simple or relaxed, or HEADER/BODY of these");
    }
  }
  return Forms{.header = form(header), .body = form(body)};
}

std::string with_crlf(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 32);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) out += '\r';
    out += text[i];
  }
  return out;
}

std::string with_lf(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != '\r') out += c;
  }
  return out;
}

struct Split {
  std::string header;  // all fields
  std::string_view body;
};

Split split(std::string_view text) {
  const std::size_t end = text.starts_with("\r\n") ? 0 : text.find("\r\n\r\n");
  if (end == std::string_view::npos) return {.header = std::string(text), .body = {}};
  const std::size_t header = end == 0 ? 0 : end + 2;
  return {.header = std::string(text.substr(0, header)), .body = text.substr(header + 2)};
}

// A key file is given by path; its text is what sign_mail wants.
base::Result<> read_keys(SignOptions& options) {
  io::real::PosixFiles files;
  for (std::string& key : options.keys) {
    auto text = io::read_file(files, key, key_bytes_max);
    if (!text) return std::unexpected(std::move(text.error()));
    key = std::move(*text);
  }
  return {};
}

int sign(SignOptions options, const std::string& time) {
  io::real::ThreadPool pool(1);
  io::real::EventLoop loop(pool);
  options.now = loop.doors().clock.wall();
  if (!time.empty()) {
    const auto given = base::parse_time(time);
    if (!given) return complain("--time: " + given.error().detail);
    options.now = *given;
  }
  if (auto read = read_keys(options); !read) return complain(read.error().detail);
  const auto mail = read_all(mail_bytes_max);
  if (!mail) return complain(mail.error().detail);
  const auto signed_mail = sign_mail(options, *mail);
  if (!signed_mail) return complain(signed_mail.error().detail);
  std::fwrite(signed_mail->data(), 1, signed_mail->size(), stdout);
  return 0;
}

}  // namespace

base::Result<std::string> sign_mail(const SignOptions& options, std::string_view mail) {
  if (options.keys.empty() || options.keys.size() > keys_max ||
      options.keys.size() != options.selectors.size()) {
    return base::fail(
        base::ErrorKind::invalid,
        fmt::format("give one --selector for each --key, at most {} of each", keys_max));
  }
  const auto forms = forms_of(options.canonicalization);
  if (!forms) return std::unexpected(forms.error());
  const std::size_t first_end = mail.find('\n');
  const bool lf_only =
      first_end != std::string_view::npos && (first_end == 0 || mail[first_end - 1] != '\r');
  const std::string text = lf_only ? with_crlf(mail) : std::string(mail);
  const Split parts = split(text);

  std::vector<std::unique_ptr<mailauth::DkimSigner>> signers;
  std::vector<std::size_t> tickets;
  mailauth::BodyHashes bodies;
  for (std::size_t i = 0; i < options.keys.size(); ++i) {
    auto key = mailauth::PrivateKey::from_text(options.keys[i]);
    if (!key) return std::unexpected(key.error());
    auto signer = mailauth::DkimSigner::make({.domain = message::domain_key(options.domain),
                                              .selector = options.selectors[i],
                                              .identity = options.identity,
                                              .header_form = forms->header,
                                              .body_form = forms->body,
                                              .valid_for = {}},
                                             std::move(*key));
    if (!signer) return std::unexpected(signer.error());
    tickets.push_back((*signer)->prepare(bodies));
    signers.push_back(std::move(*signer));
  }
  bodies.feed(parts.body);
  bodies.finish();
  std::string fields;
  for (std::size_t i = 0; i < signers.size(); ++i) {
    auto field = signers[i]->sign(
        {.header = parts.header, .body_hash = bodies.hash(tickets[i]), .now = options.now});
    if (!field) return std::unexpected(field.error());
    fields += *field;
  }
  return (lf_only ? with_lf(fields) : fields) + std::string(mail);
}

void add_dkim_sign(Verbs verbs, Verb dkim) {
  auto options = std::make_shared<SignOptions>();
  auto time = std::make_shared<std::string>();
  Verb verb = dkim.add_subcommand(
      "sign",
      "Sign the mail on standard input with key files; no server and no state is needed.\n"
      "  stagepost dkim sign --domain example.org --selector mail --key mail.pem < mail > signed\n"
      "Several pairs of --selector and --key give several signatures. A key is PEM, RSA or "
      "Ed25519.");
  verb.add_option("--domain", options->domain, "Who signs (d=)").required();
  verb.add_option("--selector", options->selectors, "The key's name in the DNS (s=)")
      .required()
      .one_each();
  verb.add_option("--key", options->keys, "File with the private key").required().one_each();
  verb.add_option("--canonicalization", options->canonicalization, "HEADER/BODY")
      .capture_default_str();
  verb.add_option("--identity", options->identity, "i=, such as @sub.example.org");
  verb.add_option("--time", *time, "When it is signed, 2026-11-23T10:00:00Z [now]");
  verb.callback([verbs, options, time] { verbs.status = sign(*options, *time); });
}

}  // namespace cli
