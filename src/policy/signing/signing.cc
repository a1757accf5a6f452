// See signing.h.
#include "policy/signing/signing.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "lib/io/clock.h"
#include "lib/io/pool.h"
#include "lib/mailauth/arc_sealer.h"
#include "lib/mailauth/dkim_verifier.h"
#include "lib/message/address_list.h"
#include "lib/message/header.h"
#include "policy/signing/content_reader.h"

namespace policy {
namespace {

// The domain of the author: of From, when there is one field with somebody in it.
std::string author_domain(std::string_view header) {
  const auto fields = mailauth::all_fields(header);
  const message::FieldView* from = message::find_field(fields, "From");
  if (from == nullptr || message::count_fields(fields, "From") != 1) return {};
  const auto list = message::parse_address_list(from->value);
  if (!list || list->addresses.empty()) return {};
  return message::domain_key(list->addresses.front().domain);
}

// RSA of 2048 bits takes 0.4 ms, about a sync of the journal; the way to another thread and back
// costs half of that again. One of 4096 takes 2.8 ms, and everybody else would wait.
constexpr unsigned rsa_bits_on_loop_max = 2048;

bool takes_long(const DomainKeys& keys) {
  return std::ranges::any_of(keys.active, [](const LoadedKey& key) {
    return key.record.type == mailauth::KeyType::rsa &&
           key.key.public_key().bits() > rsa_bits_on_loop_max;
  });
}

}  // namespace

// All that the signatures of one message are made of; goes to the pool and back.
struct Signing::Job {
  std::shared_ptr<SigningPass> pass;  // finished
  std::string header;                 // as it will be sent
  base::Time now;
  base::MessageId id;
  mailauth::ArcVerdict chain;  // of a seal
  std::string results;         // of a seal
};

struct Signing::Made {
  std::string fields;
  std::vector<std::string> errors;
};

std::shared_ptr<const KeyRing> Signing::current() const {
  static const auto none = std::make_shared<const KeyRing>();
  return parts_.keys == nullptr ? none : parts_.keys->ring();
}

const DomainKeys* Signing::choose(const KeyRing& ring, std::string_view header,
                                  const message::Address* sender) {
  if (const DomainKeys* keys = ring.find(author_domain(header))) return keys;
  return sender == nullptr ? nullptr : ring.find(message::domain_key(sender->domain));
}

// Whose alias sends this mail of a stranger on to another stranger?
const DomainKeys* Signing::forwarder(const KeyRing& ring, const Transaction& transaction) const {
  const auto known = parts_.directory.snapshot();
  for (const message::Recipient& recipient : transaction.envelope.recipients) {
    if (known->is_local_domain(recipient.address.domain)) continue;
    const auto* keys = ring.find(message::domain_key(recipient.original.domain));
    if (keys != nullptr) return keys;
  }
  return nullptr;
}

Signing::Wanted Signing::wanted(const Visit& visit, const Transaction& transaction,
                                const KeyRing& ring, std::string_view header) const {
  const SigningSettings& settings = visit.settings->signing;
  if (!settings.on || ring.empty()) return {};
  const ClientFindings& client = visit.findings.client;
  if (!transaction.login.empty()) {
    return {.keys = choose(ring, header, &transaction.envelope.sender),
            .purpose = SigningPass::Purpose::sign};
  }
  if (client.exempt_why == "relay_networks") {
    // Whose servers relay through us may send mail of others, too: that is not ours.
    if (!settings.relay_networks) return {};
    return {.keys = choose(ring, header, nullptr), .purpose = SigningPass::Purpose::sign};
  }
  if (!settings.arc_seal || client.exempt) return {};
  return {.keys = forwarder(ring, transaction), .purpose = SigningPass::Purpose::seal};
}

void Signing::at_header(Visit& visit, const Transaction& transaction) const {
  auto ring = current();
  const Wanted found = wanted(visit, transaction, *ring, transaction.header);
  if (found.keys == nullptr) return;
  visit.signing = std::make_unique<SigningPass>(std::move(ring), *found.keys, found.purpose);
}

io::Task<std::string> Signing::sign(io::Ref<Visit> visit, io::Ref<const Transaction> transaction,
                                    SigningContent content) const {
  auto ring = visit->signing ? visit->signing->ring() : current();
  if (ring->empty()) co_return std::string();
  Job job;
  job.now = parts_.doors.clock.wall();
  job.id = transaction->message;
  std::shared_ptr<SigningPass> pass = std::move(visit->signing);
  const auto streamed = header_before_same_body(content.content, *transaction);
  if (streamed) {
    job.header = *streamed;
    // The author may be another one than when the header came.
    const Wanted now = wanted(*visit, *transaction, *ring, job.header);
    if (now.keys == nullptr) co_return std::string();
    if (pass && &pass->keys() == now.keys) job.pass = std::move(pass);
  }
  if (!job.pass) {
    auto read = co_await read_again(visit, transaction, content, ring);
    if (!read) {
      failed({}, read.error().text(), job.id);
      co_return std::string();
    }
    if (!read->pass) co_return std::string();
    job.pass = std::move(read->pass);
    job.header = std::move(read->header);
  }
  if (job.pass->purpose() == SigningPass::Purpose::seal) {
    // What was not verified cannot be vouched for.
    if (content.results.empty() || !visit->findings.arc) co_return std::string();
    job.chain = *visit->findings.arc;
    std::string_view results = content.results.substr(content.results.find(':') + 1);
    if (results.ends_with("\r\n")) results.remove_suffix(2);
    job.results = results;
  }
  co_return co_await run(std::move(job));
}

io::Task<base::Result<Signing::Job>> Signing::read_again(
    io::Ref<Visit> visit, io::Ref<const Transaction> transaction, SigningContent content,
    std::shared_ptr<const KeyRing> ring) const {
  Job job;
  message::HeaderScanner scanner;
  ContentReader reader(content.content, content.octets);
  while (true) {
    auto chunk = co_await reader.next();
    if (!chunk) co_return std::unexpected(std::move(chunk.error()));
    std::string_view octets = *chunk;
    const bool last = octets.empty();
    if (job.pass == nullptr) {
      scanner.feed(octets);
      if (scanner.header_too_large()) {
        co_return base::fail(base::ErrorKind::limit, "the header is too large to be signed");
      }
      if (!scanner.header_ended() && !last) continue;
      job.header = scanner.header();
      const Wanted found = wanted(*visit, *transaction, *ring, job.header);
      if (found.keys == nullptr) co_return job;
      job.pass = std::make_shared<SigningPass>(ring, *found.keys, found.purpose);
      const std::uint64_t body =
          scanner.header_ended() ? scanner.size() - scanner.body_offset() : 0;
      octets.remove_prefix(octets.size() - body);
    }
    job.pass->feed(octets);
    if (last) co_return job;
  }
}

io::Task<std::string> Signing::run(Job job) const {
  const base::MessageId id = job.id;
  const std::string domain = job.pass->keys().domain;
  Made made;
  if (takes_long(job.pass->keys())) {
    made = co_await io::on_pool(parts_.doors.pool, [work = std::move(job)] { return make(work); });
  } else {
    made = make(job);
  }
  for (std::string& error : made.errors) failed(domain, std::move(error), id);
  co_return std::move(made.fields);
}

Signing::Made Signing::make(const Job& job) {
  Made made;
  job.pass->finish();
  const DomainKeys& keys = job.pass->keys();
  if (keys.active.empty()) made.errors.push_back(keys.trouble);
  for (std::size_t i = 0; i < keys.active.size(); ++i) {
    const LoadedKey& key = keys.active[i];
    mailauth::SigningInput input{
        .header = job.header, .body_hash = job.pass->hash(i), .now = job.now};
    const bool seals = job.pass->purpose() == SigningPass::Purpose::seal;
    auto fields =
        seals ? mailauth::seal_arc(
                    {.domain = key.record.domain, .selector = key.record.selector}, key.key,
                    {.message = std::move(input), .results = job.results, .chain = job.chain})
              : key.signer->sign(std::move(input));
    if (fields) {
      made.fields += *fields;
    } else if (fields.error().kind != base::ErrorKind::denied || !seals) {
      made.errors.push_back(fields.error().text());  // a chain that has ended is no mistake of ours
    }
    if (seals) break;  // one set per hop, with the key that everybody can check
  }
  return made;
}

std::string Signing::sign_now(std::string_view header, std::string_view body,
                              std::string_view domain) const {
  auto ring = current();
  if (!settings_->signing.on || ring->empty()) return {};
  const DomainKeys* keys =
      domain.empty() ? choose(*ring, header, nullptr) : ring->find(message::domain_key(domain));
  if (keys == nullptr) return {};
  Job job;
  job.pass = std::make_shared<SigningPass>(std::move(ring), *keys, SigningPass::Purpose::sign);
  job.pass->feed(body);
  job.header = header;
  job.now = parts_.doors.clock.wall();
  Made made = make(job);
  for (std::string& error : made.errors) failed(keys->domain, std::move(error), {});
  return std::move(made.fields);
}

io::Task<std::string> Signing::sign_text(std::string text, message::Address sender) const {
  auto ring = current();
  if (!settings_->signing.on || ring->empty()) co_return std::string();
  std::size_t body_offset = 0;
  (void)message::read_header(text, body_offset);
  const bool has_body = body_offset >= 2 && text.compare(body_offset - 2, 2, "\r\n") == 0;
  Job job;
  job.header = text.substr(0, has_body ? body_offset - 2 : body_offset);
  const DomainKeys* keys = choose(*ring, job.header, &sender);
  if (keys == nullptr) co_return std::string();
  job.pass = std::make_shared<SigningPass>(std::move(ring), *keys, SigningPass::Purpose::sign);
  job.pass->feed(std::string_view(text).substr(body_offset));
  job.now = parts_.doors.clock.wall();
  co_return co_await run(std::move(job));
}

void Signing::failed(std::string_view domain, std::string error, base::MessageId id) const {
  base::Event event{.severity = base::Severity::warning,
                    .name = "signing.failed",
                    .time = parts_.doors.clock.wall(),
                    .session = {},
                    .message = id,
                    .fields = {}};
  if (!domain.empty()) event.fields.emplace_back("domain", std::string(domain));
  event.fields.emplace_back("error", std::move(error));
  parts_.events.emit(event);
}

}  // namespace policy
