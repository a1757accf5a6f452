// See inflate.h.
#include "report/incoming/inflate.h"

#include <zlib.h>

#include <array>

namespace report {
namespace {

constexpr std::size_t block_bytes = 64UL << 10U;

// A stream that ends itself.
class Stream {
 public:
  explicit Stream(Wrapping wrapping) {
    // zlib.h: 32 more finds out whether it is gzip or zlib, negative is raw deflate.
    constexpr int window = 15;
    ready_ = inflateInit2(&stream_, wrapping == Wrapping::none ? -window : window + 32) == Z_OK;
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() {
    if (ready_) inflateEnd(&stream_);
  }
  [[nodiscard]] bool ready() const { return ready_; }
  [[nodiscard]] z_stream& get() { return stream_; }

 private:
  z_stream stream_ = {};
  bool ready_ = false;
};

}  // namespace

base::Result<Inflated> inflate_all(std::string_view packed, Wrapping wrapping,
                                   std::size_t bytes_max) {
  Stream stream(wrapping);
  if (!stream.ready()) return base::fail(base::ErrorKind::limit, "zlib has no memory");
  z_stream& z = stream.get();
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  z.avail_in = static_cast<uInt>(packed.size());
  Inflated out;
  std::array<char, block_bytes> block;
  for (;;) {
    z.next_out = reinterpret_cast<Bytef*>(block.data());
    z.avail_out = block.size();
    const int result = inflate(&z, Z_NO_FLUSH);
    const std::size_t made = block.size() - z.avail_out;
    if (out.bytes.size() + made > bytes_max) {
      return base::fail(base::ErrorKind::limit, "it becomes larger than we unpack");
    }
    out.bytes.append(block.data(), made);
    if (result == Z_STREAM_END) {
      // RFC 1952 §2.2: another member may follow; what is none is padding.
      constexpr std::size_t magic_octets = 2;
      const bool more = wrapping != Wrapping::none && z.avail_in > magic_octets &&
                        z.next_in[0] == 0x1f && z.next_in[1] == 0x8b;
      if (!more || inflateReset(&z) != Z_OK) break;
      continue;
    }
    if (result != Z_OK || (made == 0 && z.avail_in == 0)) {
      out.damaged = true;
      break;
    }
  }
  if (out.damaged && out.bytes.empty()) {
    return base::fail(base::ErrorKind::invalid, "it cannot be decompressed");
  }
  return out;
}

}  // namespace report
