// See keeper.h: roll-over of keys, and what administration is told.
#include "lib/io/clock.h"
#include "server/certificate/keeper.h"
#include "server/certificate/tlsa.h"

namespace server {
namespace {

std::string word_of(CertificateSource source) {
  switch (source) {
    case CertificateSource::files: return "files";
    case CertificateSource::acme: return "acme";
    case CertificateSource::self_signed: break;
  }
  return "self-signed";
}

std::string word_of(Challenge challenge) {
  switch (challenge) {
    case Challenge::http_01: return "http-01";
    case Challenge::tls_alpn_01: return "tls-alpn-01";
    case Challenge::dns_01: break;
  }
  return "dns-01";
}

std::string published(const acme::TlsaView& view, std::string_view digest) {
  if (!view.known) return "unknown: the DNS does not answer";
  return std::ranges::find(view.digests, digest) != view.digests.end() ? "yes" : "no";
}

}  // namespace

// Each look is remembered: what was seen first counts, also after a restart.
io::Task<base::Result<acme::RolloverStep>> CertificateKeeper::look_at_tlsa() {
  auto memory = store().memory();
  if (!memory) co_return std::unexpected(std::move(memory.error()));
  const auto next = store().next_key();
  if (!next) co_return std::unexpected(next.error());
  const auto digest = next->public_digest();
  if (!digest) co_return std::unexpected(digest.error());
  const acme::TlsaView view =
      co_await view_tlsa(parts_.resolver, tlsa_name(config_.session.hostname));
  const auto step =
      acme::rollover_step(view, loaded_.facts.key_digest(), *digest, memory->rollover, now());
  if (auto kept = store().keep(*memory); !kept) co_return std::unexpected(std::move(kept.error()));
  co_return step;
}

void CertificateKeeper::tell_rollover(acme::RolloverStep step) {
  if (step == told_) return;
  told_ = step;
  const std::string words = words_of(step);
  if (!words.empty()) emit(base::Severity::warning, "certificate.key_waits", {{"text", words}});
}

io::Task<base::Result<admin::CertificateState>> CertificateKeeper::state(bool ask_dns) {
  admin::CertificateState out;
  out.source = word_of(loaded_.source);
  out.path = loaded_.path;
  out.facts = loaded_.facts;
  out.problem = loaded_.problem;
  const std::string name = tlsa_name(config_.session.hostname);
  acme::TlsaView view;
  if (ask_dns) view = co_await view_tlsa(parts_.resolver, name);
  const auto line = [&](std::string_view digest, std::string whose) {
    out.tlsa.push_back({.name = name,
                        .data = acme::tlsa_data(digest),
                        .whose = std::move(whose),
                        .published = ask_dns ? published(view, digest) : std::string()});
  };
  line(loaded_.facts.key_digest(), "current");
  out.orders = source_of(config_) == CertificateSource::acme;
  if (!out.orders) co_return out;
  const auto next = store().next_key();
  if (!next) co_return std::unexpected(next.error());
  line(next->public_digest().value_or(""), "next");
  const auto memory = store().memory();
  if (!memory) co_return std::unexpected(memory.error());
  out.busy = busy_;
  out.directory_url = acme().directory_url;
  out.challenge = word_of(acme().challenge);
  if (loaded_.source == CertificateSource::acme) {
    out.renew_at = acme::renew_at(loaded_.facts, acme().renew_before);
  }
  out.rollover = words_of(told_);
  out.failures = memory->failures;
  out.failure = memory->failure;
  out.failed_at = memory->failed_at;
  out.retry_at = memory->retry_at;
  co_return out;
}

}  // namespace server
