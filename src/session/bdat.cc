// See session.h. The BDAT command (RFC 3030): a message in counted chunks.
#include <fmt/format.h>

#include "session/session.h"

namespace session {
namespace {

constexpr std::size_t chunk_buffer_bytes = 64UL * 1024;

}  // namespace

io::Task<smtp::Reply> Session::bdat(std::string_view argument) {
  const auto params = smtp::parse_bdat(argument);
  if (!params) {
    // How many octets follow, nobody knows: nothing after it can be told from them.
    end_reason_ = "malformed BDAT";
    ended_ = true;
    co_return params.error();
  }
  if (chunks_ == nullptr) {
    auto refusal = co_await begin_chunks();
    if (chunks_ == nullptr) {
      chunks_ = std::make_unique<Chunks>(smtp::BdatReader(smtp::BdatReader::Kind::binary, {}));
      chunks_->refusal = std::move(refusal);
    }
  }
  chunks_->reader.begin(params->size, params->last);
  channel_.set_buffer_bytes(chunk_buffer_bytes);
  const base::Result<> received = co_await receive_chunk();
  channel_.set_buffer_bytes(0);
  if (!chunks_->reader.chunk_done()) {
    end_reason_ = "during BDAT: " + received.error().text();
    ended_ = true;
    const bool silent = received.error().kind == base::ErrorKind::timed_out;
    co_return smtp::reply(421, {4, 4, 2},
                          silent ? "The message did not go on; closing" : "Closing the connection");
  }
  co_return co_await after_chunk(received, params->size);
}

// May one come now? The first of a message makes what reads it; else what to say.
io::Task<smtp::Reply> Session::begin_chunks() {
  if (!mail_given_) co_return smtp::reply(503, {5, 5, 1}, "Say MAIL first");
  if (transaction_.envelope.recipients.empty()) {
    co_return no_recipients();
  }
  transaction_.message = parts_.queue.next_id();
  if (settings_.tell_moments) data_at_ = parts_.doors.clock.wall();
  policy::Verdict begun = co_await parts_.policy.at_data(*visit_, transaction_);
  if (!begun.accepted()) co_return refuse("BDAT", std::move(begun));
  const bool binary = transaction_.envelope.binary;
  chunks_ = std::make_unique<Chunks>(smtp::BdatReader(
      binary ? smtp::BdatReader::Kind::binary : smtp::BdatReader::Kind::text,
      {.line_bytes_max = settings_.text_line_bytes_max, .size_max = settings_.message_bytes_max}));
  if (!binary) watch_recoding(chunks_->watchers);
  chunks_->draft = parts_.queue.open_draft();
  co_return smtp::Reply{};
}

// Reads all that was counted, whatever is wrong with it. The error is the storage's (then the chunk
// is done) or the connection's.
io::Task<base::Result<>> Session::receive_chunk() {
  base::Result<> stored;
  std::string octets;
  smtp::BdatReader& reader = chunks_->reader;
  while (!reader.chunk_done()) {
    if (auto filled = co_await channel_.fill(settings_.data_timeout); !filled) co_return filled;
    octets.clear();
    channel_.consume(reader.feed(channel_.input(), octets));
    if (!stored || chunks_->refusal) continue;
    stored = co_await take_octets(std::move(octets));
  }
  if (!stored || chunks_->refusal || !reader.message_done()) co_return stored;
  octets.clear();
  reader.finish(octets);
  co_return co_await take_octets(std::move(octets));
}

io::Task<base::Result<>> Session::take_octets(std::string octets) {
  if (octets.empty() || chunks_->reader.fault()) co_return base::Result<>{};
  chunks_->watchers.header.feed(octets);
  if (chunks_->watchers.recoder) chunks_->watchers.recoder->feed(octets);
  show(chunks_->watchers, octets);
  co_return co_await chunks_->draft->append(std::move(octets));
}

// RFC 3030 §2: each chunk has an answer; the last one's is that of the message. After a refusal the
// others of this message are read and refused, too.
io::Task<smtp::Reply> Session::after_chunk(base::Result<> received, std::uint64_t bytes) {
  const bool last = chunks_->reader.message_done();
  smtp::Reply reply;
  if (chunks_->refusal) {
    reply = *chunks_->refusal;
  } else if (const auto fault = chunks_->reader.fault()) {
    reply = smtp::fault_reply(*fault);
  } else if (!received) {
    reply = storage_reply(received.error());
  } else if (!last) {
    co_return smtp::reply(250, {2, 0, 0}, fmt::format("{} octets received", bytes));
  } else {
    transaction_.received_bytes = chunks_->draft->size();
    reply = co_await conclude_received(chunks_->watchers, std::move(chunks_->draft));
  }
  if (!transaction_.message) {  // nothing has begun, and nothing is to be remembered of it
    chunks_.reset();
    co_return reply;
  }
  if (!reply.positive() && !chunks_->refusal) tell_refused(reply);
  if (!last) {
    chunks_->draft.reset();
    chunks_->refusal = reply;
    co_return reply;
  }
  reply = for_each_recipient(std::move(reply));
  co_await reset_transaction();
  co_return reply;
}

}  // namespace session
