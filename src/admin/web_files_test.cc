// Tests of web_files.h and web_door.h: what is served, what is not, and for whom a proxy asks.
#include "admin/web_files.h"

#include <gtest/gtest.h>

#include "admin/web_door.h"
#include "lib/io/sim/world.h"

namespace admin {
namespace {

constexpr WebFile files[] = {
    {"index.html", "text/html; charset=utf-8", "h1", "<!doctype html>", "GZ-INDEX"},
    {"assets/a-1.js", "text/javascript; charset=utf-8", "h2", "let a;", "GZ-A"},
    {"assets/i-2.png", "image/png", "h3", "PNG", ""},
};

http::Request request(std::string target, http::Values headers = {}, std::string method = "GET") {
  http::Request out;
  out.method = std::move(method);
  out.target = std::move(target);
  for (const auto& [name, value] : headers) out.headers.add(name, value);
  EXPECT_TRUE(http::split_target(out)) << out.target;
  return out;
}

http::Response get(std::string target, http::Values headers = {}, std::string method = "GET") {
  return WebFiles(files).answer(request(std::move(target), std::move(headers), std::move(method)));
}

std::string field(const http::Response& response, std::string_view name) {
  const std::string* value = response.headers.find(name);
  return value == nullptr ? "" : *value;
}

TEST(WebFilesTest, FilesAndPages) {
  struct Case {
    const char* target;
    int status;
    const char* body;  // its beginning
  };
  for (const Case& one : {
           Case{"/admin/", 200, "<!doctype"},
           Case{"/admin/index.html", 200, "<!doctype"},
           Case{"/admin/messages/0123", 200, "<!doctype"},  // a page of the interface
           Case{"/admin/settings?x=1", 200, "<!doctype"},
           Case{"/admin/assets/a-1.js", 200, "let a;"},
           Case{"/admin/assets/a-0.js", 404, "there is nothing"},  // of an older version
           Case{"/admin/assets/", 404, "there is nothing"},
           Case{"/", 308, ""},
           Case{"/admin", 308, ""},
           // There is no file system behind it: what is no name is a page, or nothing.
           Case{"/admin/../etc/passwd", 200, "<!doctype"},
           Case{"/admin/%2e%2e/%2e%2e/etc/passwd", 200, "<!doctype"},
           Case{"/admin/assets/../../../etc/passwd", 404, "there is nothing"},
           Case{"/admin/assets/..%2f..%2fstagepost.toml", 404, "there is nothing"},
           Case{"/admin/assets%2fa-1.js", 200, "let a;"},
           Case{"/admin//assets/a-1.js", 200, "<!doctype"},
           Case{"/admin/assets/a-1.js%0d%0aX: y", 404, "there is nothing"},
           Case{"/admin/assets/A-1.JS", 404, "there is nothing"},
       }) {
    const http::Response response = get(one.target);
    EXPECT_EQ(response.status, one.status) << one.target;
    EXPECT_TRUE(response.body.starts_with(one.body)) << one.target << response.body;
    EXPECT_NE(field(response, "Content-Security-Policy").find("default-src 'none'"),
              std::string::npos)
        << one.target;
    EXPECT_EQ(field(response, "X-Content-Type-Options"), "nosniff") << one.target;
  }
  EXPECT_EQ(field(get("/"), "Location"), "/admin/");
  EXPECT_EQ(get("/admin/", {}, "HEAD").status, 200);
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "TRACE"}) {
    EXPECT_EQ(get("/admin/", {}, method).status, 405) << method;
  }
}

TEST(WebFilesTest, WhatIsServed) {
  EXPECT_TRUE(WebFiles::is_path("/") && WebFiles::is_path("/admin") &&
              WebFiles::is_path("/admin/x"));
  for (const char* path : {"/administrator", "/api/v1/queue", "/health", "//admin/", "/Admin/"}) {
    EXPECT_FALSE(WebFiles::is_path(path)) << path;
  }
}

TEST(WebFilesTest, CachesKeepWhatNeverChanges) {
  EXPECT_EQ(field(get("/admin/assets/a-1.js"), "Cache-Control"),
            "public, max-age=31536000, immutable");
  EXPECT_EQ(field(get("/admin/"), "Cache-Control"), "no-cache");
  EXPECT_EQ(field(get("/admin/assets/a-0.js"), "Cache-Control"), "no-store");
  const std::string tag = field(get("/admin/"), "ETag");
  EXPECT_EQ(tag, "\"h1\"");
  for (const char* same : {"\"h1\"", "W/\"h1\"", "\"x\", \"h1\"", "*"}) {
    const http::Response response = get("/admin/queue", {{"If-None-Match", same}});
    EXPECT_EQ(response.status, 304) << same;
    EXPECT_TRUE(response.body.empty());
    EXPECT_EQ(field(response, "ETag"), tag);
  }
  for (const char* other : {"\"h2\"", "h1", "\"h1-gzip\""}) {
    EXPECT_EQ(get("/admin/", {{"If-None-Match", other}}).status, 200) << other;
  }
}

TEST(WebFilesTest, CompressedWhenAsked) {
  for (const char* yes : {"gzip", "br, GZIP;q=0.5", "deflate, gzip ; q=1.0", "*"}) {
    const http::Response response = get("/admin/assets/a-1.js", {{"Accept-Encoding", yes}});
    EXPECT_EQ(response.body, "GZ-A") << yes;
    EXPECT_EQ(field(response, "Content-Encoding"), "gzip");
    EXPECT_EQ(field(response, "ETag"), "\"h2-gzip\"");
    EXPECT_EQ(field(response, "Vary"), "Accept-Encoding");
  }
  for (const char* no : {"", "br", "gzip;q=0", "gzip; q=0.000", "xgzip"}) {
    EXPECT_EQ(get("/admin/assets/a-1.js", {{"Accept-Encoding", no}}).body, "let a;") << no;
  }
  EXPECT_EQ(get("/admin/assets/i-2.png", {{"Accept-Encoding", "gzip"}}).body, "PNG");
}

TEST(WebFilesTest, ABinaryWithoutThemSaysSo) {
  const http::Response response = WebFiles({}).answer(request("/admin/"));
  EXPECT_EQ(response.status, 404);
  EXPECT_NE(response.body.find("STAGEPOST_WEB"), std::string::npos);
}

TEST(WebFilesTest, TheEmbeddedOnesAreWhole) {
  for (const WebFile& file : web_files()) {
    EXPECT_FALSE(file.octets.empty()) << file.name;
    EXPECT_EQ(file.hash.size(), 32U) << file.name;
    EXPECT_TRUE(file.gzip.empty() || file.gzip.starts_with("\x1f\x8b")) << file.name;
  }
}

class Echo final : public http::Handler {
 public:
  io::Task<http::Response> handle(http::Request request) override {
    co_return http::text_response(200, request.peer.address.text() + (request.tls ? " tls" : ""));
  }
};

TEST(WebDoorTest, ForWhomAProxyAsks) {
  struct Case {
    const char* peer;
    std::vector<std::pair<const char*, const char*>> headers;
    const char* told;  // "": refused
  };
  io::sim::World world(1);
  Echo echo;
  ApiSettings settings;
  settings.proxies = {*io::IpNetwork::parse("127.0.0.1"), *io::IpNetwork::parse("192.0.2.0/24")};
  WebDoor door(echo, WebFiles(files), settings);
  for (const Case& one : std::vector<Case>{
           {"127.0.0.1", {}, "127.0.0.1"},
           {"127.0.0.1", {{"X-Forwarded-For", "198.51.100.7"}}, "198.51.100.7"},
           {"127.0.0.1",
            {{"X-Forwarded-For", "198.51.100.7"}, {"X-Forwarded-Proto", "https"}},
            "198.51.100.7 tls"},
           // What the client wrote itself is not believed.
           {"127.0.0.1", {{"x-forwarded-for", "10.0.0.1, 198.51.100.7"}}, "198.51.100.7"},
           {"127.0.0.1",
            {{"X-Forwarded-For", "10.0.0.1"}, {"X-Forwarded-For", "198.51.100.7"}},
            "198.51.100.7"},
           {"127.0.0.1", {{"X-Forwarded-For", "198.51.100.7, 192.0.2.4"}}, "198.51.100.7"},
           {"127.0.0.1", {{"X-Forwarded-For", "2001:db8::1"}}, "2001:db8::1"},
           {"127.0.0.1", {{"X-Forwarded-For", "[2001:db8::1]:443"}}, "2001:db8::1"},
           {"127.0.0.1", {{"X-Forwarded-For", "198.51.100.7:80"}}, "198.51.100.7"},
           {"127.0.0.1", {{"X-Forwarded-For", "unknown"}}, ""},
           {"127.0.0.1", {{"X-Forwarded-For", "198.51.100.7,"}}, ""},
           // Nobody's word but a listed proxy's.
           {"203.0.113.9",
            {{"X-Forwarded-For", "198.51.100.7"}, {"X-Forwarded-Proto", "https"}},
            "203.0.113.9"},
       }) {
    http::Request asked = request("/api/v1/queue");
    asked.peer.address = *io::IpAddress::parse(one.peer);
    for (const auto& [name, value] : one.headers) asked.headers.add(name, value);
    const http::Response response = world.run(door.handle(std::move(asked)));
    EXPECT_EQ(response.status, *one.told == '\0' ? 400 : 200);
    if (*one.told != '\0') {
      EXPECT_EQ(response.body, one.told);
    }
  }
}

TEST(WebDoorTest, WithoutTheWebInterfaceTheApiHasItAll) {
  io::sim::World world(1);
  Echo echo;
  WebDoor with(echo, WebFiles(files), {});
  EXPECT_EQ(world.run(with.handle(request("/admin/"))).body, "<!doctype html>");
  ApiSettings off;
  off.web = false;
  WebDoor without(echo, WebFiles(files), off);
  EXPECT_EQ(world.run(without.handle(request("/admin/"))).body, "0.0.0.0");
}

}  // namespace
}  // namespace admin
