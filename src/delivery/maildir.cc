// See maildir.h.
#include "delivery/maildir.h"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <utility>

#include "delivery/maildir_path.h"
#include "delivery/maildir_store.h"
#include "lib/base/text.h"
#include "lib/io/files.h"
#include "lib/io/pool.h"
#include "lib/io/task_group.h"
#include "lib/message/header.h"
#include "lib/message/trace_fields.h"

namespace delivery {
namespace {

using message::Address;
using OpenFile = base::Result<std::unique_ptr<io::File>>;

Verdict verdict_of(const MailboxDelivery& delivery, const base::Result<>& stored) {
  if (!stored) return mailbox_trouble(delivery.recipient, stored.error());
  return {
      delivery.recipient, queue::Result::delivered,
      smtp::reply(250, {2, 0, 0}, fmt::format("delivered to mailbox {}", delivery.mailbox.text()))};
}

// What stands in front of the text, with LF.
std::string head_of(const MaildirJob& job, const MailboxDelivery& delivery) {
  std::string out;
  const message::Envelope& envelope = job.message.envelope;
  LineEnds ends(envelope.binary);
  ends.convert(
      message::return_path_field(envelope.mail_from(envelope.recipients.at(delivery.recipient))),
      out);
  ends.convert(message::delivered_to_field(delivery.mailbox), out);
  ends.finish(out);
  return out;
}

base::Result<MaildirPlace> place_of(const MaildirJob& job, const MailboxDelivery& delivery) {
  auto folder = maildir_path(job.settings.mail_folder, delivery.mailbox);
  if (!folder) return base::fail(base::ErrorKind::invalid, "the mailbox has too long a name");
  // Quarantined by policy.
  std::string into = *folder + std::string(job.message.junk ? junk_folder : std::string_view());
  return MaildirPlace{std::move(*folder), std::move(into),
                      maildir_name(job.message, delivery.recipient, job.settings.hostname),
                      job.settings.maildir_file_mode};
}

io::Task<base::Result<>> prepare(io::Ref<MaildirJob> job, MaildirPlace place) {
  auto& known = job->memory.folders;
  if (known.contains(place.folder)) co_return base::Result<>{};
  io::Files& files = job->doors.files;
  auto made =
      co_await io::on_pool(job->doors.pool, [&files, place] { return make_maildir(files, place); });
  if (made) {
    if (known.size() >= MaildirMemory::folders_max) known.clear();
    known.insert(std::move(place.folder));
  }
  co_return made;
}

io::Task<base::Result<>> store_once(io::Ref<MaildirJob> job, MaildirPlace place, std::string head,
                                    std::shared_ptr<const std::string> text) {
  if (auto ready = co_await prepare(job, place); !ready) co_return ready;
  co_return co_await job->writer.store({std::move(place), std::move(head), std::move(text)});
}

// A text in memory, into one mailbox.
io::Task<void> store(io::Ref<MaildirJob> job, MailboxDelivery delivery,
                     std::shared_ptr<const std::string> text,
                     io::Ref<std::vector<Verdict>> verdicts) {
  if (was_delivered_to(*text, delivery.mailbox)) {
    verdicts->push_back(loop_verdict(delivery));
    co_return;
  }
  const auto place = place_of(*job, delivery);
  base::Result<> stored;
  if (place) {
    const std::string head = head_of(*job, delivery);
    stored = co_await store_once(job, *place, head, text);
    if (!stored && stored.error().kind == base::ErrorKind::not_found) {
      // Somebody removed the Maildir: it is made again, once.
      job->memory.folders.erase(place->folder);
      stored = co_await store_once(job, *place, head, text);
    }
  } else {
    stored = std::unexpected(place.error());
  }
  verdicts->push_back(verdict_of(delivery, stored));
}

// All deliveries of a small message at once, so that they share a turn of the writer.
io::Task<std::vector<Verdict>> store_all(io::Ref<MaildirJob> job) {
  std::vector<Verdict> verdicts;
  LineEnds ends(job->message.envelope.binary);
  std::string text;
  text.reserve(static_cast<std::size_t>(job->body.size()));
  job->body.rewind();
  for (;;) {
    const auto chunk = co_await job->body.next();
    if (!chunk) {
      for (const auto& delivery : job->deliveries) {
        verdicts.push_back(mailbox_trouble(delivery.recipient, chunk.error()));
      }
      co_return verdicts;
    }
    if (chunk->empty()) break;
    ends.convert(*chunk, text);
  }
  ends.finish(text);
  const auto shared = std::make_shared<const std::string>(std::move(text));
  io::TaskGroup group;
  for (const auto& delivery : job->deliveries) group.spawn(store(job, delivery, shared, verdicts));
  co_await group.join();
  co_return verdicts;
}

io::Task<base::Result<>> write_chunks(io::Ref<MaildirJob> job, io::Ref<io::File> file,
                                      std::string head) {
  LineEnds ends(job->message.envelope.binary);
  std::string buffer = std::move(head);
  std::uint64_t offset = 0;
  job->body.rewind();
  for (bool end = false; !end;) {
    const auto chunk = co_await job->body.next();
    if (!chunk) co_return std::unexpected(chunk.error());
    end = chunk->empty();
    ends.convert(*chunk, buffer);
    if (end) ends.finish(buffer);
    if (!end && buffer.size() < memory_bytes_max) continue;
    auto written = co_await io::on_pool(job->doors.pool, [file, offset, &buffer] {
      const std::array<std::string_view, 1> pieces{buffer};
      return file->write_at(offset, pieces);
    });
    if (!written) co_return written;
    offset += buffer.size();
    buffer.clear();
  }
  co_return base::Result<>{};
}

io::Task<base::Result<>> stream(io::Ref<MaildirJob> job, MaildirPlace place, std::string head) {
  if (auto ready = co_await prepare(job, place); !ready) co_return ready;
  io::Files& files = job->doors.files;
  io::Pool& pool = job->doors.pool;
  OpenFile file =
      co_await io::on_pool(pool, [&files, &place] { return open_in_tmp(files, place); });
  if (!file) {
    // The next attempt makes the Maildir anew, should that be what is missing.
    job->memory.folders.erase(place.folder);
    co_return std::unexpected(file.error());
  }
  auto done = co_await write_chunks(job, **file, std::move(head));
  if (done) {
    done = co_await io::on_pool(pool,
                                [&files, &file, &place] { return publish(files, **file, place); });
  }
  if (!done) {
    co_await io::on_pool(pool, [&files, &place] {
      forget(files, place);
      return true;
    });
  }
  co_return done;
}

// Large messages go one after the other: the body has one reader.
io::Task<std::vector<Verdict>> stream_all(io::Ref<MaildirJob> job) {
  std::vector<Verdict> verdicts;
  const auto header = co_await read_head(job->body);
  for (const auto& delivery : job->deliveries) {
    const auto place = place_of(*job, delivery);
    if (!header || !place) {
      verdicts.push_back(
          mailbox_trouble(delivery.recipient, header ? place.error() : header.error()));
    } else if (was_delivered_to(*header, delivery.mailbox)) {
      verdicts.push_back(loop_verdict(delivery));
    } else {
      verdicts.push_back(
          verdict_of(delivery, co_await stream(job, *place, head_of(*job, delivery))));
    }
  }
  co_return verdicts;
}

}  // namespace

Verdict mailbox_trouble(std::size_t recipient, const base::Error& error) {
  if (error.kind == base::ErrorKind::no_space) {
    return {recipient, queue::Result::deferred,
            smtp::reply(452, {4, 3, 1}, "the disk of this mail system is full")};
  }
  return {recipient, queue::Result::deferred,
          smtp::reply(451, {4, 3, 0}, "the mailbox cannot be written at the moment")};
}

Verdict loop_verdict(const MailboxDelivery& delivery) {
  return {delivery.recipient, queue::Result::failed,
          smtp::reply(554, {5, 4, 6},
                      fmt::format("the message was delivered to {} before: mail loop",
                                  delivery.mailbox.text()))};
}

io::Task<base::Result<std::string>> read_head(io::Ref<queue::BodyReader> body) {
  const message::HeaderLimits limits;
  message::HeaderScanner scanner(limits);
  std::string head;
  body->rewind();
  while (!scanner.header_ended() && head.size() < limits.header_bytes_max) {
    const auto chunk = co_await body->next();
    if (!chunk) co_return std::unexpected(chunk.error());
    if (chunk->empty()) break;
    scanner.feed(*chunk);
    head += chunk->substr(0, limits.header_bytes_max);
  }
  co_return head;
}

io::Task<std::vector<Verdict>> deliver_to_maildirs(io::Ref<MaildirJob> job) {
  if (job->body.size() <= memory_bytes_max && job->writer.has_room()) return store_all(job);
  return stream_all(job);
}

void LineEnds::convert(std::string_view chunk, std::string& out) {
  if (keep_) {
    out += chunk;
    return;
  }
  while (!chunk.empty()) {
    if (pending_cr_) {
      pending_cr_ = false;
      if (chunk.front() != '\n') out += '\r';
    }
    const std::size_t cr = std::min(chunk.find('\r'), chunk.size());
    out += chunk.substr(0, cr);
    pending_cr_ = cr < chunk.size();
    chunk.remove_prefix(std::min(cr + 1, chunk.size()));
  }
}

void LineEnds::finish(std::string& out) {
  if (pending_cr_) out += '\r';
  pending_cr_ = false;
}

bool was_delivered_to(std::string_view header, const Address& mailbox) {
  for (const message::FieldView& field : message::read_header(header)) {
    if (!base::iequals(field.name, "Delivered-To")) continue;
    const std::string value = message::unfold(field.value);
    std::string_view text = value;
    if (text.starts_with('<') && text.ends_with('>')) text = text.substr(1, text.size() - 2);
    const auto address = message::parse_address(text, {.utf8 = true});
    if (address && message::local_key(address->local) == message::local_key(mailbox.local) &&
        message::domain_key(address->domain) == message::domain_key(mailbox.domain)) {
      return true;
    }
  }
  return false;
}

}  // namespace delivery
