// See rehearsal.h.
#include "policy/rehearsal.h"

#include <algorithm>

#include "lib/base/event.h"
#include "lib/base/metrics.h"
#include "lib/message/header.h"
#include "policy/filters/filters.h"

namespace policy {
namespace {

constexpr std::uint16_t client_port = 25'000;  // one that nobody looks at

class NoEvents final : public base::EventSink {
 public:
  void emit(const base::Event& /*event*/) override {}
};

// Without a directory: whoever the mail is for is one of ours.
class Recipients final : public directory::Snapshot {
 public:
  explicit Recipients(const std::vector<message::Address>& to) {
    for (const message::Address& one : to) domains_.push_back(message::domain_key(one.domain));
    if (!to.empty()) box_.address = to.front().text();
  }
  [[nodiscard]] bool is_local_domain(std::string_view domain) const override {
    return std::ranges::find(domains_, message::domain_key(domain)) != domains_.end();
  }
  [[nodiscard]] directory::Local lookup(const message::Address& address) const override {
    return is_local_domain(address.domain) ? directory::Local::mailbox : directory::Local::foreign;
  }
  [[nodiscard]] const directory::Mailbox* mailbox(const message::Address& address) const override {
    return lookup(address) == directory::Local::mailbox ? &box_ : nullptr;
  }
  [[nodiscard]] directory::Expansion expand(const message::Recipient& recipient) const override {
    return {
        .kind = lookup(recipient.address), .recipients = {recipient}, .problem = {}, .refusal = {}};
  }
  [[nodiscard]] const directory::Login* login(std::string_view /*name*/) const override {
    return nullptr;
  }
  [[nodiscard]] bool may_send_as(std::string_view /*mailbox*/,
                                 const message::Address& /*address*/) const override {
    return false;
  }
  [[nodiscard]] directory::SendingLimits limits(std::string_view /*mailbox*/) const override {
    return {};
  }

 private:
  std::vector<std::string> domains_;
  directory::Mailbox box_;
};

class OctetsInMemory final : public ReceivedOctets {
 public:
  explicit OctetsInMemory(std::string_view octets) : octets_(octets) {}
  [[nodiscard]] std::uint64_t size() const override { return octets_.size(); }
  io::Task<base::Result<std::string>> read(std::uint64_t offset, std::uint64_t length) override {
    const auto from = std::min<std::uint64_t>(offset, octets_.size());
    co_return std::string(octets_.substr(from, std::min(length, read_bytes_max)));
  }

 private:
  const std::string_view octets_;
};

// What rules of log-ins and accounts stand on, though nobody logs in.
struct Ground {
  base::EventSink& events;
  base::Metrics& metrics;
  LoginGuard& guard;
  SendingLedger& ledger;
};

// The parts of a policy that live as long as one mail: nothing is remembered from one to the next.
struct Checks {
  Checks(const RehearsalParts& parts, const Ground& ground, dns::Resolver& resolver,
         bool ask_filters)
      : memory(ground.events, ground.metrics),
        contacts(std::make_shared<ImpersonationSettings>(parts.settings->impersonation)),
        client(parts.doors.clock, resolver, memory),
        sender(parts.doors.clock, resolver, nullptr),
        impersonation(parts.doors.clock, contacts),
        policy(
            {.clock = parts.doors.clock,
             .guard = ground.guard,
             .ledger = ground.ledger,
             .quota = nullptr,
             .confirm_unknown = {},
             .client = &client,
             .sender = &sender,
             .impersonation = &impersonation,
             .make_filters =
                 ask_filters
                     ? filters_maker({.doors = parts.doors, .resolver = resolver, .tls = parts.tls})
                     : MakeFilters()},
            parts.settings) {}
  ClientMemory memory;
  Contacts contacts;
  ClientChecks client;
  SenderChecks sender;
  ImpersonationChecks impersonation;
  Policy policy;
};

// One mail on its way through the moments.
class Run {
 public:
  Run(Checks& checks, io::Clock& clock, const directory::Snapshot& known)
      : checks_(checks), clock_(clock), known_(known), visit_(checks.policy.begin_visit()) {}

  io::Task<Rehearsed> go(RehearsedMail mail);

 private:
  void note(Rehearsed::Moment moment, Verdict verdict);
  io::Task<void> envelope(io::Ref<const RehearsedMail> mail);
  io::Task<void> recipients(io::Ref<const RehearsedMail> mail);
  io::Task<void> message(io::Ref<const RehearsedMail> mail);
  io::Task<void> stop_filters();
  io::Task<void> look_at_the_rest(Verdict verdict);

  Checks& checks_;
  io::Clock& clock_;
  const directory::Snapshot& known_;
  std::unique_ptr<Visit> visit_;
  Rehearsed out_;
  bool refused_ = false;
};

// The first refusal is what the client would have heard; after it nothing else.
void Run::note(Rehearsed::Moment moment, Verdict verdict) {
  if (refused_) return;
  refused_ = !verdict.accepted();
  if (!refused_ && moment != Rehearsed::Moment::end) return;
  out_.moment = moment;
  out_.verdict = std::move(verdict);
}

io::Task<Rehearsed> Run::go(RehearsedMail mail) {
  Transaction& transaction = out_.transaction;
  transaction.listener = "check-mail";
  transaction.peer = {.address = mail.ip, .port = client_port};
  transaction.esmtp = true;
  co_await envelope(mail);
  co_await recipients(mail);
  if (refused_) co_await stop_filters();
  note(Rehearsed::Moment::data, co_await checks_.policy.at_data(*visit_, transaction));
  if (refused_) co_await stop_filters();
  co_await message(mail);
  co_await checks_.policy.end_visit(*visit_);
  out_.findings = std::move(visit_->findings);
  co_return std::move(out_);
}

io::Task<void> Run::envelope(io::Ref<const RehearsedMail> mail) {
  Transaction& transaction = out_.transaction;
  note(Rehearsed::Moment::connect, co_await checks_.policy.at_connect(*visit_, transaction));
  transaction.helo = mail->helo;
  if (refused_) co_await stop_filters();
  note(Rehearsed::Moment::helo, co_await checks_.policy.at_helo(*visit_, transaction));
  if (refused_) co_await stop_filters();
  transaction.begun = clock_.wall();
  transaction.envelope.sender = mail->from;
  transaction.envelope.smtputf8 = !mail->from.is_ascii();
  note(Rehearsed::Moment::mail, co_await checks_.policy.at_mail(*visit_, transaction, known_));
  const Findings& findings = visit_->findings;
  if (!findings.client.exempt && !findings.spf_helo && !findings.spf_mail_from) {
    // Another rule refused before SPF was asked: its result is wanted all the same.
    [[maybe_unused]] const auto unused = co_await checks_.sender.at_mail(*visit_, transaction);
  }
}

io::Task<void> Run::recipients(io::Ref<const RehearsedMail> mail) {
  if (refused_) co_await stop_filters();
  std::vector<message::Recipient>& accepted = out_.transaction.envelope.recipients;
  for (const message::Address& address : mail->to) {
    message::Recipient recipient;
    recipient.address = recipient.original = address;
    auto judged = co_await checks_.policy.at_rcpt(*visit_, out_.transaction, recipient, known_);
    Rehearsed::Recipient told{.address = address, .verdict = judged.verdict, .leads_to = {}};
    for (message::Recipient& one : judged.recipients) {
      told.leads_to.push_back(one.address);
      accepted.push_back(std::move(one));
    }
    out_.recipients.push_back(std::move(told));
  }
  if (!accepted.empty() || out_.recipients.empty()) co_return;
  // RFC 5321 §3.3: without a recipient there is no DATA. The message is looked at nevertheless.
  note(Rehearsed::Moment::rcpt, out_.recipients.front().verdict);
  for (const message::Address& address : mail->to) {
    message::Recipient recipient;
    recipient.address = recipient.original = address;
    accepted.push_back(std::move(recipient));
  }
}

io::Task<void> Run::message(io::Ref<const RehearsedMail> mail) {
  Transaction& transaction = out_.transaction;
  message::HeaderScanner header;
  header.feed(mail->octets);
  transaction.received_fields = header.received_count();
  transaction.delivered_to_fields = header.delivered_to_count();
  transaction.header = header.header();
  transaction.header_whole = !header.header_too_large();
  checks_.policy.at_header(*visit_, transaction);
  if (header.header_ended()) {
    Policy::at_body(*visit_, std::string_view(mail->octets).substr(header.body_offset()));
  }
  transaction.received_bytes = mail->octets.size();
  transaction.envelope.eight_bit = header.eight_bit();
  transaction.arrived = clock_.wall();
  OctetsInMemory octets(mail->octets);
  Verdict verdict = co_await checks_.policy.at_end_of_data(*visit_, transaction, known_, octets);
  co_await look_at_the_rest(std::move(verdict));
}

io::Task<void> Run::stop_filters() {
  co_await checks_.policy.end_visit(*visit_);
  visit_->filters.reset();
}

// DKIM, ARC and DMARC, when something before them has refused; then the verdict with all fields.
io::Task<void> Run::look_at_the_rest(Verdict verdict) {
  std::vector<std::string> fields = verdict.header_fields;
  if (!visit_->findings.client.exempt && !visit_->findings.dkim && visit_->inspection) {
    visit_->inspection->finish();
    Verdict rest = co_await checks_.sender.at_end_of_data(*visit_, out_.transaction, known_);
    std::ranges::move(rest.header_fields, std::back_inserter(fields));
  }
  note(Rehearsed::Moment::end, std::move(verdict));
  out_.verdict.header_fields = std::move(fields);
}

}  // namespace

struct Rehearsal::Memory {
  explicit Memory(const Settings& settings)
      : guard(std::make_shared<GuardSettings>(settings.guard), events, metrics),
        ledger(std::make_shared<LimitsSettings>(settings.limits), events, metrics) {}
  NoEvents events;
  base::Metrics metrics;
  LoginGuard guard;
  SendingLedger ledger;
};

Rehearsal::Rehearsal(RehearsalParts parts)
    : parts_(std::move(parts)), memory_(std::make_unique<Memory>(*parts_.settings)) {}

Rehearsal::~Rehearsal() = default;

io::Task<Rehearsed> Rehearsal::run(RehearsedMail mail, io::Ref<dns::Resolver> resolver) {
  const auto known = parts_.known ? parts_.known : std::make_shared<Recipients>(mail.to);
  Checks checks(parts_,
                {.events = memory_->events,
                 .metrics = memory_->metrics,
                 .guard = memory_->guard,
                 .ledger = memory_->ledger},
                *resolver, mail.ask_filters);
  Run run(checks, parts_.doors.clock, *known);
  co_return co_await run.go(std::move(mail));
}

std::string_view to_string(Rehearsed::Moment moment) {
  switch (moment) {
    case Rehearsed::Moment::connect: return "connect";
    case Rehearsed::Moment::helo: return "helo";
    case Rehearsed::Moment::mail: return "mail";
    case Rehearsed::Moment::rcpt: return "rcpt";
    case Rehearsed::Moment::data: return "data";
    case Rehearsed::Moment::end: return "end";
  }
  return "?";
}

std::string with_crlf(std::string_view octets) {
  std::string out;
  out.reserve(octets.size() + octets.size() / 32 + 2);
  for (std::size_t i = 0; i < octets.size(); ++i) {
    if (octets[i] == '\n' && (i == 0 || octets[i - 1] != '\r')) out += '\r';
    out += octets[i];
  }
  if (!out.empty() && !out.ends_with("\r\n")) out += "\r\n";  // as DATA would end it
  return out;
}

}  // namespace policy
