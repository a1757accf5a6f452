// See sender_checks.h.
#include "policy/verify/sender_checks.h"

#include <utility>

#include "lib/io/deadline.h"
#include "lib/io/task_group.h"
#include "policy/verify/author_field.h"
#include "policy/verify/author_rule.h"
#include "policy/verify/dmarc_rule.h"
#include "policy/verify/observation.h"
#include "policy/verify/results_field.h"
#include "policy/verify/spf_rule.h"

namespace policy {
namespace {

const std::string& authserv_id(const Settings& settings) {
  return settings.verify.authserv_id.empty() ? settings.hostname : settings.verify.authserv_id;
}

mailauth::DkimLimits dkim_limits(const VerifySettings& settings) {
  const auto skew = std::chrono::duration_cast<std::chrono::seconds>(settings.clock_skew);
  return {.signatures_max = settings.signatures_max,
          .names_max = settings.signed_names_max,
          .clock_skew_seconds = static_cast<unsigned>(skew.count())};
}

io::Task<void> verify_dkim(io::Ref<Visit> visit, io::Ref<dns::Resolver> resolver, base::Time now) {
  visit->findings.dkim = co_await visit->inspection->dkim().verify(resolver, now);
}

io::Task<void> verify_arc(io::Ref<Visit> visit, io::Ref<dns::Resolver> resolver, base::Time now) {
  visit->findings.arc = co_await visit->inspection->arc().verify(resolver, now);
}

io::Task<void> walk(io::Ref<mailauth::TreeWalk> out, io::Ref<dns::Resolver> resolver,
                    std::string domain) {
  *out = co_await mailauth::walk_tree(resolver, std::move(domain));
}

// An author whose domain can have a policy: no address literal.
bool has_policy_domain(const AuthorFinding& author) {
  return !author.domain.empty() && !author.domain.starts_with('[');
}

}  // namespace

io::Task<Verdict> SenderChecks::at_mail(io::Ref<Visit> visit,
                                        io::Ref<const Transaction> transaction) {
  const VerifySettings& settings = visit->settings->verify;
  auto asked = co_await io::with_timeout(clock_, settings.timeout,
                                         ask_spf(resolver_, {.ip = transaction->peer.address,
                                                             .helo = transaction->helo,
                                                             .sender = transaction->envelope.sender,
                                                             .receiver = visit->settings->hostname,
                                                             .now = clock_.wall()}));
  // At the deadline the queries end as trouble, and ask_spf with temperror: it has no error.
  if (!asked) co_return Verdict{};
  visit->findings.spf_helo = std::move(asked->helo);
  visit->findings.spf_mail_from = std::move(asked->mail_from);
  co_return judge_spf(visit->findings, *transaction, settings);
}

void SenderChecks::at_header(Visit& visit, const Transaction& transaction) {
  if (visit.findings.client.exempt || !transaction.header_whole) return;
  visit.inspection =
      std::make_unique<Inspection>(transaction.header, dkim_limits(visit.settings->verify));
}

void SenderChecks::clean(const Visit& visit, const Transaction& transaction, Verdict& verdict) {
  if (!verdict.accepted()) return;
  auto cuts =
      cleaning_edits(transaction.header, authserv_id(*visit.settings), transaction.submission);
  if (!visit.findings.client.exempt) {
    for (message::Edit& cut : cut_believed_fields(transaction.header)) {
      cuts.push_back(std::move(cut));
    }
  }
  for (message::Edit& cut : cuts) {
    // Cuts must not overlap; what stands in front of the field (an insertion there) stays.
    const std::uint64_t end = cut.offset + cut.length;
    std::erase_if(verdict.edits, [&](const message::Edit& edit) {
      return edit.offset < end &&
             (edit.offset > cut.offset || (edit.offset == cut.offset && edit.length > 0));
    });
    verdict.edits.push_back(std::move(cut));
  }
}

io::Task<Verdict> SenderChecks::at_end_of_data(io::Ref<Visit> visit,
                                               io::Ref<const Transaction> transaction,
                                               io::Ref<const directory::Snapshot> /*known*/) {
  const VerifySettings& settings = visit->settings->verify;
  Findings& findings = visit->findings;
  Verdict verdict = judge_header_size(*transaction);
  if (!verdict.accepted()) co_return verdict;
  findings.author = read_author(transaction->header);
  // The deadline makes the look-ups end; what they found until then stands in the findings.
  (void)co_await io::with_timeout(clock_, settings.timeout, verify(visit, transaction));
  findings.overrides = find_overrides(findings, *transaction, settings);
  findings.dmarc_passed_over = is_passed_over(findings.overrides);
  join(verdict, judge_author(*findings.author, *transaction, settings));
  join(verdict, judge_dmarc(findings, settings));
  verdict.header_fields.push_back(
      results_field(authserv_id(*visit->settings), findings, *transaction));
  co_return verdict;
}

// Signatures, chain and the author's policy are looked up at the same time.
io::Task<base::Result<>> SenderChecks::verify(io::Ref<Visit> visit,
                                              io::Ref<const Transaction> transaction) {
  const base::Time now = clock_.wall();
  const AuthorFinding& author = *visit->findings.author;
  const bool asks_policy = has_policy_domain(author);
  mailauth::TreeWalk policy;
  io::TaskGroup group(co_await io::current_scope());
  if (visit->inspection) {
    group.spawn(verify_dkim(visit, resolver_, now));
    group.spawn(verify_arc(visit, resolver_, now));
  }
  if (asks_policy) group.spawn(walk(policy, resolver_, author.domain));
  co_await group.join();
  if (asks_policy) {
    visit->findings.dmarc = co_await mailauth::check_dmarc(
        resolver_, dmarc_query(visit->findings, *transaction), std::move(policy));
  }
  co_return base::Result<>{};
}

void SenderChecks::conclude(const Visit& visit, const Transaction& transaction,
                            const Verdict& verdict) {
  const Findings& findings = visit.findings;
  const bool seen = observer_ != nullptr && !findings.client.exempt && findings.author &&
                    findings.dmarc && findings.dmarc->record;
  if (!seen) return;
  observer_->observe(observe_message(findings, transaction, verdict, visit.settings->verify));
}

}  // namespace policy
