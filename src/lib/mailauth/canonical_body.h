// lib/mailauth/canonical_body.h: bodies as they are signed (RFC 6376 §3.4.3, §3.4.4), streaming.
//
// What:    takes the body in any chunks and gives its canonical octets in blocks to a sink.
// In/Out:  feed(chunk)…, finish() → OctetSink::put. Lines end with CRLF; a CR or LF alone is an
//          octet like any other, as it came.
// Errors:  none: every body has a canonical form.
// Limits:  one block of memory, whatever the body's size.
// Not here: l= and hashing (dkim_body.h), header fields (canonical_header.h).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lib/mailauth/canonical_header.h"

namespace mailauth {

class OctetSink {
 public:
  OctetSink() = default;
  OctetSink(const OctetSink&) = delete;
  OctetSink& operator=(const OctetSink&) = delete;
  virtual ~OctetSink() = default;

  virtual void put(std::string_view octets) = 0;
};

class BodyCanonicalizer {
 public:
  // `sink` must outlive it.
  BodyCanonicalizer(Canonicalization how, OctetSink& sink) : how_(how), sink_(sink) {}

  void feed(std::string_view chunk);
  void finish();

 private:
  void feed_simple(std::string_view chunk);
  void feed_relaxed(std::string_view chunk);
  [[nodiscard]] bool settle_cr(char next);
  void emit(std::string_view octets);
  void emit_pending();
  void flush();

  static constexpr std::size_t block_bytes = 4096;

  Canonicalization how_;
  OctetSink& sink_;
  std::array<char, block_bytes> block_{};
  std::size_t block_used_ = 0;
  std::uint64_t pending_lines_ = 0;  // line ends that count only if something follows
  bool pending_space_ = false;       // relaxed: white space likewise
  bool pending_cr_ = false;          // the last octet was a CR; what comes next decides
  bool empty_ = true;                // nothing but line ends and spaces so far
};

}  // namespace mailauth
