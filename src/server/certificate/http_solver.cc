// See http_solver.h.
#include "server/certificate/http_solver.h"

namespace server {
namespace {

constexpr std::string_view folder = "/.well-known/acme-challenge/";

}  // namespace

io::Task<http::Response> HttpAnswers::handle(http::Request request) {
  const std::string_view path = request.path;
  if (path.starts_with(folder)) {
    const auto found = by_token_.find(path.substr(folder.size()));
    const bool asks = request.method == "GET" || request.method == "HEAD";
    if (!asks || found == by_token_.end()) {
      co_return http::text_response(404, "there is no such challenge now\n");
    }
    http::Response response = http::text_response(200, found->second);
    response.content_type = "application/octet-stream";  // RFC 8555 §8.3
    co_return response;
  }
  if (next_ != nullptr) co_return co_await next_->handle(std::move(request));
  co_return http::text_response(404,
                                "only challenges of a certificate authority are served here\n");
}

io::Task<base::Result<>> HttpSolver::prepare(acme::Proof proof) {
  answers_.add(proof);
  co_return ports_.open();
}

io::Task<void> HttpSolver::clean(acme::Proof proof) {
  answers_.remove(proof);
  co_await ports_.close();
}

}  // namespace server
