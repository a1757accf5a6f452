// See octet_masks.h.
#include "lib/smtp/octet_masks.h"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace smtp {

#if defined(__SSE2__)

namespace {

// Every octet of a message is looked at here twice: when it comes and when it goes.
__attribute__((target("avx2"))) OctetMasks wide_masks(const char* at) {
  OctetMasks masks;
  for (unsigned shift = 0; shift < block_bytes; shift += 32) {
    const __m256i octets = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at + shift));
    const __m256i cr = _mm256_cmpeq_epi8(octets, _mm256_set1_epi8('\r'));
    const __m256i lf = _mm256_cmpeq_epi8(octets, _mm256_set1_epi8('\n'));
    const __m256i dot = _mm256_cmpeq_epi8(octets, _mm256_set1_epi8('.'));
    const __m256i nul = _mm256_cmpeq_epi8(octets, _mm256_setzero_si256());
    masks.cr |= std::uint64_t{static_cast<unsigned>(_mm256_movemask_epi8(cr))} << shift;
    masks.lf |= std::uint64_t{static_cast<unsigned>(_mm256_movemask_epi8(lf))} << shift;
    masks.dot |= std::uint64_t{static_cast<unsigned>(_mm256_movemask_epi8(dot))} << shift;
    masks.nul |= std::uint64_t{static_cast<unsigned>(_mm256_movemask_epi8(nul))} << shift;
  }
  return masks;
}

const bool wide = __builtin_cpu_supports("avx2") != 0;

}  // namespace

OctetMasks narrow_block_masks(const char* at) {
  OctetMasks masks;
  for (unsigned shift = 0; shift < block_bytes; shift += 16) {
    const __m128i octets = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + shift));
    const auto where = [&](char c) {
      const int bits = _mm_movemask_epi8(_mm_cmpeq_epi8(octets, _mm_set1_epi8(c)));
      return std::uint64_t{static_cast<unsigned>(bits)} << shift;
    };
    masks.cr |= where('\r');
    masks.lf |= where('\n');
    masks.dot |= where('.');
    masks.nul |= where('\0');
  }
  return masks;
}

OctetMasks block_masks(const char* at) { return wide ? wide_masks(at) : narrow_block_masks(at); }

#else

OctetMasks block_masks(const char* at) { return narrow_block_masks(at); }

OctetMasks narrow_block_masks(const char* at) {
  OctetMasks masks;
  for (unsigned i = 0; i < block_bytes; ++i) {
    masks.cr |= std::uint64_t{at[i] == '\r'} << i;
    masks.lf |= std::uint64_t{at[i] == '\n'} << i;
    masks.dot |= std::uint64_t{at[i] == '.'} << i;
    masks.nul |= std::uint64_t{at[i] == '\0'} << i;
  }
  return masks;
}

#endif

}  // namespace smtp
