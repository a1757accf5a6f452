// See move.h: the certificate that we show.
#include <fmt/format.h>

#include "import/postfix/lines.h"
#include "import/postfix/move.h"

namespace postfix {
namespace {

struct Pair {
  std::string certificate_name;  // of the parameter
  std::string key_name;
  std::string certificate;
  std::string key;
};

Pair pair_of(const Move& move) {
  const auto chain = list_of(move.value("smtpd_tls_chain_files"));
  if (chain.size() == 1) {
    return {"smtpd_tls_chain_files", "smtpd_tls_chain_files", chain[0], chain[0]};
  }
  if (chain.size() > 1) {  // the key comes first
    return {"smtpd_tls_chain_files", "smtpd_tls_chain_files", chain[1], chain[0]};
  }
  for (const std::string kind : {"", "ec"}) {
    const std::string prefix = "smtpd_tls_" + kind;
    const std::string certificate = move.value(prefix + "cert_file");
    if (certificate.empty() || certificate == "none") continue;
    const std::string key = move.value(prefix + "key_file");
    return {prefix + "cert_file", prefix + "key_file", certificate,
            key.empty() ? certificate : key};
  }
  return {};
}

void note_pair(Move& move, const Pair& pair, Fate fate, const std::string& words) {
  move.note(pair.certificate_name, fate, words);
  if (pair.key_name != pair.certificate_name) {
    move.note(pair.key_name, fate, fmt::format("see {}", pair.certificate_name));
  }
}

}  // namespace

void take_tls(Move& move) {
  const Pair pair = pair_of(move);
  if (pair.certificate.empty()) return;
  if (pair.certificate.find("snakeoil") != std::string::npos) {
    note_pair(move, pair, Fate::same,
              "a certificate that nobody knows; the server makes one of its own");
    return;
  }
  if (const std::string problem = move.sources.key_problem(pair.certificate, pair.key);
      !problem.empty()) {
    note_pair(
        move, pair, Fate::by_hand,
        fmt::format("not usable on this host ({}), so the server makes a certificate of its own; "
                    "when it is, write [tls] certificate = \"{}\", key = \"{}\"",
                    problem, pair.certificate, pair.key));
    return;
  }
  // One without the other is no configuration.
  const auto from = [&](const std::string& name) {
    return fmt::format("{} {}", move.place(name).text(), name);
  };
  auto done = move.draft.check("tls.key", text_value(pair.key));
  if (done) {
    done = move.draft.set("tls.certificate", text_value(pair.certificate),
                          from(pair.certificate_name));
  }
  if (done) done = move.draft.set("tls.key", text_value(pair.key), from(pair.key_name));
  if (!done) {
    note_pair(move, pair, Fate::by_hand, done.error().detail);
    return;
  }
  move.note(pair.certificate_name, Fate::taken,
            fmt::format("as tls.certificate = \"{}\"", pair.certificate));
  if (pair.key_name != pair.certificate_name) {
    move.note(pair.key_name, Fate::taken, fmt::format("as tls.key = \"{}\"", pair.key));
  }
}

}  // namespace postfix
