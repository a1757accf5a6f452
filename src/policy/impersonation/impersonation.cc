// See impersonation.h.
#include "policy/impersonation/impersonation.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/base/text.h"
#include "lib/mailauth/dkim_verifier.h"
#include "lib/message/address_list.h"
#include "lib/message/header.h"
#include "lib/message/look_alike.h"
#include "policy/impersonation/people.h"

namespace policy {
namespace {

constexpr std::string_view kind_own_domain = "own-domain";
constexpr std::string_view kind_look_alike = "look-alike-domain";
constexpr std::string_view kind_ending = "look-alike-ending";  // of a contact: marked once
constexpr std::string_view kind_display_name = "display-name";
constexpr std::string_view kind_reply_to = "reply-to-elsewhere";
constexpr std::string_view kind_first_contact = "first-contact";
constexpr std::size_t shown_bytes_max = 100;

// Of ours, that a mail is for.
struct Readers {
  std::vector<std::string> accounts;
  std::vector<std::string> domains;
};

// What is looked at for one message.
struct Subject {
  Visit& visit;
  const AuthorFinding& author;
  const directory::Snapshot& known;
  message::Address address;  // the author's
  Readers readers;
  std::vector<message::FieldView> fields;
  bool from_us = false;  // proven
  bool of_list = false;  // proven
  Acquaintance acquaintance = Acquaintance::none;

  [[nodiscard]] const ImpersonationSettings& settings() const {
    return visit.settings->impersonation;
  }
  [[nodiscard]] bool is_marked(std::string_view kind) const {
    const auto& marks = visit.findings.impersonation;
    return std::ranges::find(marks, kind, &Impersonation::kind) != marks.end();
  }
};

void push_once(std::vector<std::string>& out, std::string text) {
  if (std::ranges::find(out, text) == out.end()) out.push_back(std::move(text));
}

Readers readers_of(const Transaction& transaction, const directory::Snapshot& known) {
  Readers out;
  for (const message::Recipient& recipient : transaction.envelope.recipients) {
    if (out.accounts.size() >= ImpersonationChecks::accounts_max) break;
    const directory::Mailbox* mailbox = known.mailbox(recipient.address);
    if (mailbox == nullptr) continue;
    push_once(out.accounts, mailbox->address);
    push_once(out.domains, mailbox->address.substr(mailbox->address.rfind('@') + 1));
  }
  return out;
}

std::string_view words_of(Likeness how) {
  switch (how) {
    case Likeness::subdomain: return "contains the name of";
    case Likeness::characters: return "is written with characters that look like those of";
    case Likeness::hyphen: return "differs by a hyphen only from";
    case Likeness::letter: return "differs by one letter only from";
    case Likeness::suffix: return "has the name of, and another ending than,";
  }
  return "looks like";
}

void add_mark(Subject& subject, Verdict& verdict, OnMark what, Impersonation mark) {
  if (what == OnMark::off) return;
  mark.words = base::printable(mark.words, 5 * shown_bytes_max);
  verdict.header_fields.push_back(
      fmt::format("{}: {};\r\n {}\r\n", warning_field, mark.kind, mark.words));
  verdict.reasons.push_back(fmt::format("{}: {}", mark.kind, mark.words));
  if (what == OnMark::hold) {
    verdict.kind = Verdict::Kind::hold;
    verdict.rule = "impersonation";
  }
  subject.visit.findings.impersonation.push_back(std::move(mark));
}

void check_look_alike(Subject& subject, const LookAlikes& own, const Contacts& contacts,
                      Verdict& verdict) {
  const std::string& domain = subject.author.domain;
  const OnMark what = subject.settings().look_alike;
  const DomainParts parts = domain_parts(domain);
  std::vector<LookAlike> found = own.find(domain);
  std::string_view whose = "";
  if (found.empty()) {
    found = contacts.resembling(subject.readers.accounts, domain);
    whose = ", to which the recipient wrote";
    // "example.de" of whom we know at "example.com" is honest more often than not: once is enough.
    const bool met = subject.acquaintance != Acquaintance::none;
    std::erase_if(found,
                  [met](const LookAlike& one) { return one.how == Likeness::suffix && met; });
  }
  if (!found.empty()) {
    const LookAlike& first = found.front();
    const bool ending = first.how == Likeness::suffix && !whose.empty();
    return add_mark(
        subject, verdict, what,
        {.kind = std::string(ending ? kind_ending : kind_look_alike),
         .words = fmt::format("{} {} {}{}", domain, words_of(first.how), first.domain, whose)});
  }
  std::vector<std::string> labels = parts.before;
  labels.push_back(parts.name);
  if (!std::ranges::any_of(labels, message::mixes_scripts)) return;
  add_mark(subject, verdict, what,
           {.kind = std::string(kind_look_alike),
            .words = fmt::format("{} mixes letters of several alphabets in one word", domain)});
}

// Names are shown in ASCII: what a header field may hold.
std::string shown(std::string_view text) {
  return base::printable(message::skeleton(text), shown_bytes_max);
}

bool is_passed_for(const Findings& findings, const Transaction& transaction,
                   const std::string& base) {
  const auto same = [&base](std::string_view domain) { return domain_parts(domain).base == base; };
  const bool by_spf = findings.spf_mail_from &&
                      findings.spf_mail_from->result == mailauth::SpfResult::pass &&
                      same(message::domain_key(transaction.envelope.sender.domain));
  return by_spf || (findings.dkim &&
                    std::ranges::any_of(findings.dkim->verdicts, [&same](const auto& signature) {
                      return signature.is_trusted() && same(signature.domain);
                    }));
}

// Does the author's domain stand for this mail, or somebody whom we trust?
bool is_proven(const Findings& findings, const Transaction& transaction,
               const std::string& author_domain) {
  if (findings.dmarc && findings.dmarc->result == mailauth::DmarcResult::pass) return true;
  if (findings.dmarc_passed_over) return true;
  // Where a policy is published, its alignment decides: no looser one of ours undoes its failure.
  if (findings.dmarc && findings.dmarc->result == mailauth::DmarcResult::fail) return false;
  return is_passed_for(findings, transaction, domain_parts(author_domain).base);
}

void check_own_domain(Subject& subject, Verdict& verdict) {
  if (subject.from_us || !subject.known.is_local_domain(subject.author.domain)) return;
  add_mark(subject, verdict, subject.settings().own_domain,
           {.kind = std::string(kind_own_domain),
            .words = fmt::format("{} is ours, but the mail is from outside and nothing proves it",
                                 subject.author.domain)});
}

void check_display_name(Subject& subject, Verdict& verdict) {
  const OnMark what = subject.settings().display_name;
  const AuthorFinding& author = subject.author;
  // Whom the recipient wrote to may bear any name: a colleague's private address. What claims to be
  // of our domain has the graver mark.
  if (subject.known.is_local_domain(author.domain) || subject.acquaintance == Acquaintance::written)
    return;
  if (!author.hidden_address.empty()) {
    const auto hidden = message::parse_address(author.hidden_address, {.utf8 = true});
    const bool elsewhere =
        !hidden || domain_parts(hidden->domain).base != domain_parts(author.domain).base;
    if (elsewhere) {
      return add_mark(subject, verdict, what,
                      {.kind = std::string(kind_display_name),
                       .words = fmt::format("the name shows {}, but the mail is from {}",
                                            shown(author.hidden_address), shown(author.address))});
    }
  }
  const std::string person = person_named(
      {.name = author.display_name, .address = author.address, .domains = subject.readers.domains},
      subject.known, subject.settings());
  if (person.empty()) return;
  add_mark(subject, verdict, what,
           {.kind = std::string(kind_display_name),
            .words = fmt::format("\"{}\" is the name of {}, but the mail is from {}",
                                 shown(author.display_name), person, shown(author.address))});
}

// Only where an answer would go astray: a newsletter's own Reply-To is nobody's concern.
void check_reply_to(Subject& subject, const Contacts& contacts, base::Time now, Verdict& verdict) {
  const message::FieldView* field = message::find_field(subject.fields, "Reply-To");
  if (field == nullptr) return;
  // A list answers for its own Reply-To, but not when it bears a name that is not its own.
  const bool pretends = subject.is_marked(kind_own_domain) || subject.is_marked(kind_look_alike);
  if (subject.of_list && !pretends) return;
  const bool claims = pretends || subject.from_us ||
                      subject.acquaintance == Acquaintance::written ||
                      subject.is_marked(kind_display_name);
  if (!claims) return;
  const auto list = message::parse_address_list(field->value);
  if (!list) return;
  const std::string base = domain_parts(subject.author.domain).base;
  for (const message::Address& address : list->addresses) {
    if (domain_parts(address.domain).base == base) continue;
    if (subject.known.is_local_domain(address.domain)) continue;
    if (contacts.known(subject.readers.accounts, address, now) == Acquaintance::written) continue;
    return add_mark(subject, verdict, subject.settings().reply_to,
                    {.kind = std::string(kind_reply_to),
                     .words = fmt::format("answers would go to {}, not to {}",
                                          shown(address.text()), shown(subject.author.address))});
  }
}

// A warning is ours alone: those that came with the mail go.
void cut_forged(const std::vector<message::FieldView>& fields, std::string_view header,
                Verdict& verdict) {
  const std::string name = base::lower(warning_field);
  for (const message::FieldView& field : fields) {
    if (message::lenient_name(field) != name) continue;
    verdict.edits.push_back(
        {.offset = static_cast<std::uint64_t>(field.whole.data() - header.data()),
         .length = field.whole.size(),
         .bytes = {}});
  }
}

// A mailing list answers for its own Reply-To when SPF or a signature proves that it is the list.
bool is_of_list(const Visit& visit, const Transaction& transaction,
                const std::vector<message::FieldView>& fields) {
  const message::FieldView* field = message::find_field(fields, "List-Id");
  if (field == nullptr) return false;
  const std::string value = message::unfold(field->value);
  const std::size_t begin = value.rfind('<');
  const std::size_t end = value.rfind('>');
  if (begin == std::string::npos || end == std::string::npos || end < begin) return false;
  const std::string list = message::domain_key(value.substr(begin + 1, end - begin - 1));
  const std::string base = domain_parts(list).base;
  return !base.empty() && is_passed_for(visit.findings, transaction, base);
}

bool is_allowed(const ImpersonationSettings& settings, const std::string& domain) {
  return std::ranges::any_of(settings.allow, [&domain](const std::string& one) {
    const std::string key = message::domain_key(one);
    return domain == key || domain.ends_with("." + key);
  });
}

}  // namespace

const LookAlikes& OwnDomains::of(const directory::Snapshot& known,
                                 const std::shared_ptr<const Settings>& settings) {
  // The list is held here, so that another one never has its address.
  auto domains = known.domains();
  if (domains == domains_ && settings == settings_) return index_;
  index_ = {};
  if (domains) {
    for (const std::string& domain : *domains) index_.add(domain);
  }
  for (const std::string& domain : settings->impersonation.domains) index_.add(domain);
  domains_ = std::move(domains);
  settings_ = settings;
  return index_;
}

Verdict ImpersonationChecks::judge(Visit& visit, const Transaction& transaction,
                                   const directory::Snapshot& known) {
  Verdict verdict;
  std::vector<message::FieldView> fields = mailauth::all_fields(transaction.header);
  cut_forged(fields, transaction.header, verdict);
  if (!visit.findings.author || visit.findings.author->domain.empty()) return verdict;
  const AuthorFinding author = *visit.findings.author;
  auto address = message::parse_address(author.address, {.utf8 = true});
  if (!address || is_allowed(visit.settings->impersonation, author.domain)) return verdict;

  Subject subject{.visit = visit,
                  .author = author,
                  .known = known,
                  .address = std::move(*address),
                  .readers = readers_of(transaction, known),
                  .fields = std::move(fields),
                  .from_us = known.is_local_domain(author.domain) &&
                             is_proven(visit.findings, transaction, author.domain)};
  subject.of_list = is_of_list(visit, transaction, subject.fields);
  const base::Time now = clock_.wall();
  subject.acquaintance = contacts_.known(subject.readers.accounts, subject.address, now);
  const LookAlikes& own = own_domains_.of(known, visit.settings);
  check_own_domain(subject, verdict);
  if (!own.contains(author.domain)) check_look_alike(subject, own, contacts_, verdict);
  check_display_name(subject, verdict);
  check_reply_to(subject, contacts_, now, verdict);
  if (!known.is_local_domain(author.domain) && subject.acquaintance == Acquaintance::none &&
      !subject.readers.accounts.empty()) {
    add_mark(subject, verdict, visit.settings->impersonation.first_contact,
             {.kind = std::string(kind_first_contact),
              .words = fmt::format("the recipient never wrote to {} nor had mail from there",
                                   shown(author.address))});
  }
  return verdict;
}

void ImpersonationChecks::learn(const Visit& visit, const Transaction& transaction,
                                const directory::Snapshot& known, const Verdict& verdict) {
  if (verdict.kind != Verdict::Kind::accept || verdict.junk) return;
  const base::Time now = clock_.wall();
  if (!transaction.account.empty()) {
    std::vector<message::Address> foreign;
    for (const message::Recipient& recipient : transaction.envelope.recipients) {
      if (!known.is_local_domain(recipient.address.domain)) foreign.push_back(recipient.address);
    }
    contacts_.wrote(transaction.account, foreign, now);
    return;
  }
  const Findings& findings = visit.findings;
  if (findings.client.exempt || !findings.author || findings.author->domain.empty()) return;
  // Who may be somebody else, or deceives, is not to be trusted the next time.
  if (findings.dmarc && (findings.dmarc->result == mailauth::DmarcResult::fail ||
                         findings.dmarc->result == mailauth::DmarcResult::temperror)) {
    return;
  }
  for (const Impersonation& mark : findings.impersonation) {
    if (mark.kind != kind_first_contact && mark.kind != kind_ending) return;
  }
  const auto address = message::parse_address(findings.author->address, {.utf8 = true});
  if (!address || known.is_local_domain(address->domain)) return;
  contacts_.received(readers_of(transaction, known).accounts, *address, now);
}

}  // namespace policy
