// queue/journal/read_ahead.h: octets of segments, read in windows that many messages share.
//
// What:    messages that wait for one destination lie one after the other; who reads them back one
//          by one gets them from a window of which its first reader paid the read.
// In/Out:  get(source, span) → Octets that stay as long as the caller holds them.
// Errors:  those of io::File; checksums are the caller's (fetch.h). cancelled while another reads.
// Limits:  windows_max windows of window_bytes_max each. A window grows only while reads follow
//          each other, so scattered ones cost window_bytes_min each.
// Not here: pieces larger than that (fetch.cc reads them whole), open files (stream.h).
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/io/completion.h"
#include "lib/io/ref.h"
#include "lib/io/task.h"
#include "queue/journal/context.h"
#include "queue/journal/segment.h"

namespace queue::journal {

// Sequential reads measured with 4 KiB messages: 256 KiB are 60 messages for one read and, on a
// slow disk, one hop to the pool (80 µs) instead of 120 of each.
inline constexpr std::uint32_t window_bytes_max = 256U << 10U;
inline constexpr std::uint32_t window_bytes_min = 8U << 10U;
inline constexpr std::size_t windows_max = 8;

// A part of a segment in memory.
struct Window {
  std::uint32_t segment = 0;
  std::uint32_t begin = 0;
  std::uint32_t length = 0;  // asked for; `bytes` may be shorter: the file ends
  std::string bytes;
  bool loaded = false;
  base::Result<> result;
  io::Signal done;
};

struct Octets {
  std::shared_ptr<const Window> window;  // keeps the view alive
  std::string_view view;                 // from the place on, perhaps more than was asked for
};

class ReadAhead {
 public:
  struct Source {
    std::shared_ptr<OpenSegment> segment;
    std::uint32_t end = 0;  // nothing was written behind it yet
  };
  struct Span {
    std::uint32_t offset = 0;
    std::uint32_t bytes = 0;  // ≤ window_bytes_max
  };
  // Short where the segment ends.
  io::Task<base::Result<Octets>> get(io::Ref<Context> context, Source source, Span span);
  void forget(std::uint32_t segment);
  void clear() { windows_.clear(); }

 private:
  using Windows = std::list<std::shared_ptr<Window>>;
  [[nodiscard]] std::shared_ptr<Window> find(std::uint32_t segment, Span span);
  [[nodiscard]] std::uint32_t length_for(std::uint32_t segment, Span span) const;

  Windows windows_;  // the one used last first
};

}  // namespace queue::journal
