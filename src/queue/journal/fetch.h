// queue/journal/fetch.h: reads records back from the segments, checking their checksums.
//
// What:    a message's meta and state, one piece of its body, a span of its body.
// In/Out:  Stream (ledger and files) → values; on the pool when the disk is slow.
// Errors:  not_found: no such live message; corrupt: a checksum does not hold; those of io::File.
// Limits:  one piece (draft_chunk_bytes or a small body) is in memory at a time, and the windows
//          of read_ahead.h.
// Not here: bodies still in memory (ledger.h).
#pragma once

#include <string>

#include "lib/base/result.h"
#include "lib/io/ref.h"
#include "lib/io/task.h"
#include "queue/journal/stream.h"

namespace queue::journal {

// The meta of the record at this place; `bytes` is the whole record's length, 0 when it is unknown.
io::Task<base::Result<std::string>> fetch_meta(io::Ref<Context> context, io::Ref<Stream> stream,
                                               Place place, std::uint64_t bytes = 0);
// The body of the record at this place; `bytes` is the whole record's length.
io::Task<base::Result<std::string>> fetch_body(io::Ref<Context> context, io::Ref<Stream> stream,
                                               Place place, std::uint64_t bytes);

// A live message with everything that happened to it, and where it was read.
struct FetchedMessage {
  MessageInfo info;  // with content
  State state;
  Source source;
};
io::Task<base::Result<FetchedMessage>> fetch_message(io::Ref<Context> context,
                                                     io::Ref<Stream> stream, MessageId id);

struct Span {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};
io::Task<base::Result<BodyOctets>> fetch_span(io::Ref<Context> context, io::Ref<Stream> stream,
                                              MessageId id, Span span);

}  // namespace queue::journal
