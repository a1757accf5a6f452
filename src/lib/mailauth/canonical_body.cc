// See canonical_body.h.
#include "lib/mailauth/canonical_body.h"

#include <algorithm>
#include <bit>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace mailauth {
namespace {

bool is_ordinary(char c) { return c != ' ' && c != '\r' && c != '\t'; }

#if defined(__SSE2__)

constexpr std::ptrdiff_t wide_octets = 16;

// Which of 16 octets end a run: CR and TAB, and a space that another white space follows.
unsigned stops(const char* at) {
  const auto load = [](const char* from) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  };
  const auto is = [](__m128i octets, char c) { return _mm_cmpeq_epi8(octets, _mm_set1_epi8(c)); };
  const auto hard = [&](__m128i octets) {
    return _mm_or_si128(is(octets, '\r'), is(octets, '\t'));
  };
  const __m128i here = load(at);
  const __m128i next = load(at + 1);
  const __m128i next_white = _mm_or_si128(hard(next), is(next, ' '));
  const __m128i found = _mm_or_si128(hard(here), _mm_and_si128(is(here, ' '), next_white));
  return static_cast<unsigned>(_mm_movemask_epi8(found));
}

// As far as 16 octets, and the one after them, can be looked at at once.
const char* skip_wide(const char* at, const char* end) {
  for (; end - at > wide_octets; at += wide_octets) {
    if (const unsigned found = stops(at); found != 0) return at + std::countr_zero(found);
  }
  return at;
}

#else

const char* skip_wide(const char* at, const char* /*end*/) { return at; }

#endif

// From an ordinary octet on, how far are the octets their own relaxed form? Words with one space
// between them.
const char* end_of_run(const char* at, const char* end) {
  at = skip_wide(at, end);
  while (at != end) {
    if (is_ordinary(*at)) {
      ++at;
    } else if (*at == ' ' && end - at > 1 && is_ordinary(at[1])) {
      at += 2;
    } else {
      break;
    }
  }
  return at;
}

}  // namespace

void BodyCanonicalizer::feed(std::string_view chunk) {
  if (how_ == Canonicalization::relaxed) {
    feed_relaxed(chunk);
  } else {
    feed_simple(chunk);
  }
}

// The CR before `next`: true when both were a line end.
bool BodyCanonicalizer::settle_cr(char next) {
  pending_cr_ = false;
  if (next == '\n') {
    ++pending_lines_;
    pending_space_ = false;  // §3.4.4: white space at the end of a line
    return true;
  }
  emit_pending();
  emit("\r");
  return false;
}

void BodyCanonicalizer::feed_simple(std::string_view chunk) {
  while (!chunk.empty()) {
    if (pending_cr_ && settle_cr(chunk.front())) {
      chunk.remove_prefix(1);
      continue;
    }
    const std::size_t run = std::min(chunk.find('\r'), chunk.size());
    if (run > 0) {
      emit_pending();
      emit(chunk.substr(0, run));
    }
    if (run == chunk.size()) return;
    pending_cr_ = true;
    chunk.remove_prefix(run + 1);
  }
}

void BodyCanonicalizer::feed_relaxed(std::string_view chunk) {
  const char* at = chunk.data();
  const char* const end = at + chunk.size();
  while (at != end) {
    if (pending_cr_ && settle_cr(*at)) {
      ++at;
      continue;
    }
    if (is_ordinary(*at)) {
      const char* const run = at;
      at = end_of_run(at, end);
      emit_pending();
      emit({run, static_cast<std::size_t>(at - run)});
      continue;
    }
    pending_cr_ = *at == '\r';
    pending_space_ = pending_space_ || !pending_cr_;
    ++at;
  }
}

void BodyCanonicalizer::finish() {
  if (pending_cr_) {
    emit_pending();
    emit("\r");
    pending_cr_ = false;
  } else if (pending_space_) {
    emit_pending();  // of a last line without an end: it is no white space "at the end of a line"
  }
  pending_lines_ = 0;
  // §3.4.3: an empty body is one CRLF; §3.4.4: or nothing. What is not empty ends with one.
  if (!empty_ || how_ == Canonicalization::simple) emit("\r\n");
  flush();
}

void BodyCanonicalizer::emit_pending() {
  for (; pending_lines_ > 0; --pending_lines_) emit("\r\n");
  if (pending_space_) emit(" ");
  pending_space_ = false;
}

void BodyCanonicalizer::emit(std::string_view octets) {
  empty_ = false;
  if (octets.size() > block_bytes - block_used_) flush();
  if (octets.size() >= block_bytes) {
    sink_.put(octets);
    return;
  }
  std::memcpy(block_.data() + block_used_, octets.data(), octets.size());
  block_used_ += octets.size();
}

void BodyCanonicalizer::flush() {
  if (block_used_ > 0) sink_.put({block_.data(), block_used_});
  block_used_ = 0;
}

}  // namespace mailauth
