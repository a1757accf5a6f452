// See read_ahead.h.
#include "queue/journal/read_ahead.h"

#include <algorithm>
#include <utility>

#include "lib/base/check.h"

namespace queue::journal {

namespace {

Octets octets(std::shared_ptr<Window> window, std::uint32_t offset) {
  const std::string_view bytes = window->bytes;
  const std::size_t skip = std::min<std::size_t>(offset - window->begin, bytes.size());
  return {std::move(window), bytes.substr(skip)};
}

}  // namespace

std::shared_ptr<Window> ReadAhead::find(std::uint32_t segment, Span span) {
  const auto found = std::ranges::find_if(windows_, [&](const auto& window) {
    return window->segment == segment && window->begin <= span.offset &&
           std::uint64_t{span.offset} + span.bytes <= std::uint64_t{window->begin} + window->length;
  });
  if (found == windows_.end()) return nullptr;
  windows_.splice(windows_.begin(), windows_, found);
  return windows_.front();
}

// Twice the window that this read goes on from, if there is one.
std::uint32_t ReadAhead::length_for(std::uint32_t segment, Span span) const {
  std::uint32_t length = window_bytes_min;
  for (const auto& window : windows_) {
    if (window->segment != segment || span.offset < window->begin) continue;
    const std::uint32_t into = span.offset - window->begin;
    if (into <= 2 * window->length) length = std::max(length, 2 * window->length);
  }
  return std::max(span.bytes, std::min(length, window_bytes_max));
}

io::Task<base::Result<Octets>> ReadAhead::get(io::Ref<Context> context, Source source, Span span) {
  CHECK(span.bytes <= window_bytes_max, "larger pieces are read whole");
  const std::uint32_t segment = source.segment->header.segment;
  auto window = find(segment, span);
  if (window == nullptr) {
    window = std::make_shared<Window>();
    window->segment = segment;
    window->begin = span.offset;
    const std::uint32_t left = source.end - std::min(source.end, span.offset);
    window->length = std::min(length_for(segment, span), left);
    windows_.push_front(window);
    if (windows_.size() > windows_max) windows_.pop_back();
    window->result =
        co_await off_loop(context, [window, file = source.segment]() -> base::Result<> {
          base::Result<std::size_t> got;
          // Not filled with zeros first: that took 4 % of a drain's time.
          window->bytes.resize_and_overwrite(window->length, [&](char* into, std::size_t length) {
            got = file->file->read_at(window->begin, {into, length});
            return got.value_or(0);
          });
          if (!got) return std::unexpected(std::move(got.error()));
          return {};
        });
    window->loaded = true;
    if (!window->result) std::erase(windows_, window);
    window->done.notify();
  }
  while (!window->loaded) {
    auto waited = co_await window->done.wait();
    if (!waited) co_return std::unexpected(std::move(waited.error()));
  }
  if (!window->result) co_return std::unexpected(window->result.error());
  co_return octets(std::move(window), span.offset);
}

void ReadAhead::forget(std::uint32_t segment) {
  std::erase_if(windows_, [segment](const auto& window) { return window->segment == segment; });
}

}  // namespace queue::journal
