// See spf_rule.h.
#include "policy/verify/spf_rule.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/base/text.h"
#include "lib/io/task_group.h"

namespace policy {
namespace {

io::Task<void> ask(io::Ref<dns::Resolver> resolver, mailauth::SpfQuery query,
                   io::Ref<std::optional<mailauth::SpfVerdict>> verdict) {
  *verdict = co_await mailauth::check_host(resolver, std::move(query));
}

// RFC 7208 §2.3: HELO is checked when it is a name.
bool is_name(const std::string& helo) {
  return helo.contains('.') && message::is_domain(helo, {.utf8 = true});
}

}  // namespace

io::Task<base::Result<SpfFindings>> ask_spf(io::Ref<dns::Resolver> resolver, SpfSubject subject) {
  SpfFindings findings;
  mailauth::SpfQuery query{.ip = subject.ip,
                           .helo = subject.helo,
                           .local = {},
                           .domain = subject.helo,
                           .receiver = subject.receiver,
                           .now = subject.now};
  io::TaskGroup group(co_await io::current_scope());
  if (is_name(subject.helo)) group.spawn(ask(resolver, query, findings.helo));
  // An address literal has no policy; <postmaster> has no domain.
  if (!subject.sender.domain.empty() && !subject.sender.domain.starts_with('[')) {
    query.local = subject.sender.local;
    query.domain = subject.sender.domain;
    group.spawn(ask(resolver, std::move(query), findings.mail_from));
  }
  co_await group.join();
  co_return findings;
}

SpfIdentity spf_identity(const Findings& findings, const Transaction& transaction) {
  SpfIdentity identity;
  if (transaction.envelope.sender.is_null()) {
    // RFC 7208 §2.4: the null sender is postmaster at the HELO name.
    identity.verdict = findings.spf_helo ? &*findings.spf_helo : nullptr;
    identity.domain = message::domain_key(transaction.helo);
    identity.scope = "helo";
  } else {
    identity.verdict = findings.spf_mail_from ? &*findings.spf_mail_from : nullptr;
    identity.domain = message::domain_key(transaction.envelope.sender.domain);
    identity.scope = "mfrom";
  }
  return identity;
}

Verdict judge_spf(const Findings& findings, const Transaction& transaction,
                  const VerifySettings& settings) {
  const SpfIdentity identity = spf_identity(findings, transaction);
  const bool failed =
      identity.verdict != nullptr && identity.verdict->result == mailauth::SpfResult::fail;
  const bool trusted = std::ranges::any_of(settings.trusted_forwarders, [&](const auto& network) {
    return network.contains(transaction.peer.address);
  });
  if (!failed || settings.spf_fail == FaultAction::accept || trusted) return {};
  const std::string domain = base::printable(identity.domain);
  Verdict verdict;
  if (settings.spf_fail == FaultAction::reject) {
    std::string text = fmt::format(
        "{} says by SPF that {} may not send its mail: use a server that its policy names, or add "
        "this one to the policy",
        domain, transaction.peer.address.text());
    // RFC 7208 §6.2: the words are of whoever owns the domain, and must be told as theirs.
    if (!identity.verdict->explanation.empty()) {
      text +=
          fmt::format(". {} explains: {}", domain, base::printable(identity.verdict->explanation));
    }
    verdict = reject(smtp::reply(550, {5, 7, 23}, std::move(text)));  // RFC 7372 §3.2
  } else {
    verdict.junk = true;
  }
  verdict.rule = "spf";
  verdict.reasons.push_back(
      fmt::format("SPF of {} fails: {}", domain, base::printable(identity.verdict->mechanism)));
  return verdict;
}

}  // namespace policy
