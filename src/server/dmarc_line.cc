// See dmarc_line.h.
#include "server/dmarc_line.h"

#include <utility>

namespace server {
namespace {

// RFC 9990 §3.1.7: which signatures to tell when there are many: those that pass first, and of them
// those of the author's domain.
void order(std::vector<report::SignatureResult>& signatures, std::string_view author) {
  const auto rank = [author](const report::SignatureResult& one) {
    if (one.result != "pass") return 3;
    if (one.domain == author) return 0;
    return author.ends_with("." + one.domain) || one.domain.ends_with("." + std::string(author))
               ? 1
               : 2;
  };
  constexpr int rank_last = 3;
  std::vector<report::SignatureResult> out;
  for (int wanted = 0; wanted <= rank_last; ++wanted) {
    for (const report::SignatureResult& one : signatures) {
      if (rank(one) == wanted && out.size() < report::signatures_max) out.push_back(one);
    }
  }
  signatures = std::move(out);
}

report::PublishedPolicy published(const mailauth::DmarcVerdict& verdict) {
  report::PublishedPolicy out;
  out.domain = verdict.record_domain;
  if (!verdict.record) return out;
  const mailauth::DmarcRecord& record = *verdict.record;
  out.p = to_string(record.policy);
  if (record.subdomains) out.sp = to_string(*record.subdomains);
  if (record.non_existing) out.np = to_string(*record.non_existing);
  out.strict_dkim = record.strict_dkim;
  out.strict_spf = record.strict_spf;
  out.testing = record.testing;
  out.fo = record.fo;
  return out;
}

io::Task<base::Result<>> post(Assembly* assembly, const directory::Directory* directory,
                              report::ReportToPost mail) {
  queue::MessageInfo info;
  info.id = assembly->queue().next_id();
  info.accepted = assembly->clock().wall();
  message::Recipient to;
  to.address = to.original = mail.to;
  to.notify = message::notify_never;
  info.envelope.recipients = directory->snapshot()->expand(to).recipients;
  if (info.envelope.recipients.empty()) info.envelope.recipients.push_back(to);
  info.session_text = "local";
  info.note = "DMARC report to " + mail.to.text();
  info.is_dsn = true;  // HOUSE invariants 3 and 10: no report about it, and it counts for nobody
  std::string signatures = co_await assembly->signing().sign_text(mail.message, mail.from);
  info.received_bytes = mail.message.size();
  info.content = message::Content::whole(mail.message.size());
  if (!signatures.empty()) info.content.prepend(std::move(signatures));
  auto draft = assembly->queue().open_draft();
  if (auto taken = co_await draft->append(std::move(mail.message)); !taken) co_return taken;
  co_return co_await assembly->queue().submit(std::move(draft), std::move(info));
}

}  // namespace

report::Observation translate(const policy::DmarcObservation& seen) {
  report::Observation out;
  out.when = seen.when;
  out.policy = published(seen.dmarc);
  report::ReportRow& row = out.row;
  row.source = report::full_address(seen.source.bytes());
  row.disposition = to_string(seen.applied);
  row.dkim_aligned = seen.dmarc.dkim_aligned;
  row.spf_aligned = seen.dmarc.spf_aligned;
  for (const auto& [type, comment] : seen.overrides) {
    row.reasons.push_back({.type = type, .comment = comment});
  }
  row.header_from = seen.header_from;
  row.envelope_from = seen.envelope_from;
  if (seen.envelope_to.size() == 1) row.envelope_to = seen.envelope_to.front();
  for (const auto& one : seen.dkim) {
    row.dkim.push_back(
        {.domain = one.domain, .selector = one.selector, .result = one.result, .words = one.words});
  }
  order(row.dkim, row.header_from);
  row.spf_domain = seen.spf_domain;
  row.spf_result = seen.spf_result;
  return out;
}

void DmarcLine::observe(policy::DmarcObservation observation) {
  // RFC 9990 §3.1: who asks for no reports gets none. No report about a report, either.
  if (!observation.dmarc.record || observation.dmarc.record->rua.empty()) return;
  if (observation.is_report) return;
  for (const message::Address& recipient : observation.recipients) {
    if (reports_.is_inbox(recipient)) return;
  }
  reports_.observe(translate(observation));
}

report::Post make_post(Assembly& assembly, const directory::Directory& directory) {
  return [&assembly, &directory](report::ReportToPost mail) {
    return post(&assembly, &directory, std::move(mail));
  };
}

}  // namespace server
