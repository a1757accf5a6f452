// See plain_tls.h.
#include "tests/fuzz/kit/plain_tls.h"

namespace fuzz {
namespace {

class PlainTlsStream final : public io::Stream {
 public:
  PlainTlsStream(std::unique_ptr<io::Stream> below, io::TlsInfo info)
      : below_(std::move(below)), info_(std::move(info)) {
    info_.protocol = "TLSv1.3";
    info_.cipher = "NONE";
  }
  using Stream::write;
  io::Task<base::Result<std::size_t>> read_some(std::span<char> into) override {
    return below_->read_some(into);
  }
  io::Task<base::Result<>> wait_readable() override { return below_->wait_readable(); }
  io::Task<base::Result<>> write(std::span<const std::string_view> pieces) override {
    return below_->write(pieces);
  }
  io::Task<base::Result<>> shutdown() override { return below_->shutdown(); }
  [[nodiscard]] io::Endpoint local() const override { return below_->local(); }
  [[nodiscard]] io::Endpoint peer() const override { return below_->peer(); }
  [[nodiscard]] const io::TlsInfo* tls() const override { return &info_; }
  [[nodiscard]] io::TlsBinding tls_binding() const override {
    return {.exporter = std::string(32, 'e'), .unique = {}};
  }

 private:
  std::unique_ptr<io::Stream> below_;
  io::TlsInfo info_;
};

class PlainTlsServer final : public io::TlsServer {
 public:
  io::Task<io::Network::StreamResult> accept(std::unique_ptr<io::Stream> stream) override {
    co_return std::make_unique<PlainTlsStream>(std::move(stream), io::TlsInfo{});
  }
};

class PlainTlsClient final : public io::TlsClient {
 public:
  explicit PlainTlsClient(bool trusted) : trusted_(trusted) {}
  io::Task<io::Network::StreamResult> connect(std::unique_ptr<io::Stream> stream,
                                              io::TlsClientOptions options) override {
    if (options.must_verify && !trusted_) {
      co_return base::fail(base::ErrorKind::tls, "self-signed certificate");
    }
    io::TlsInfo info;
    info.server_name = options.server_name;
    info.verified = trusted_;
    if (!trusted_) info.verify_error = "self-signed certificate";
    co_return std::make_unique<PlainTlsStream>(std::move(stream), std::move(info));
  }

 private:
  const bool trusted_;
};

}  // namespace

std::shared_ptr<io::TlsServer> plain_tls_server() { return std::make_shared<PlainTlsServer>(); }

std::shared_ptr<io::TlsClient> plain_tls_client(bool trusted) {
  return std::make_shared<PlainTlsClient>(trusted);
}

}  // namespace fuzz
