// Tests of codec.h and message.h.
#include "lib/http/codec.h"

#include <gtest/gtest.h>

namespace http {
namespace {

constexpr MessageLimits small = {.header_bytes_max = 200, .body_bytes_max = 100};

// Feeds the text in pieces and gives the state it ends in.
ReadState feed(RequestReader& reader, std::string_view text, std::size_t piece_bytes) {
  ReadState state = ReadState::need_more;
  while (!text.empty()) {
    reader.feed(text.substr(0, piece_bytes));
    text.remove_prefix(std::min(piece_bytes, text.size()));
    do {
      state = reader.next();
    } while (state == ReadState::header);
    if (state != ReadState::need_more) break;
  }
  return state;
}

TEST(RequestReaderTest, WholeRequestInPiecesOfAnySize) {
  const std::string text =
      "\r\nPOST /a%20b/c?x=1&y=a+b%26 HTTP/1.1\r\nHost: h\r\nX-One: 1\r\ncontent-length: 5\r\n\r\n"
      "hello";
  for (const std::size_t piece : {1UL, 2UL, 7UL, 1000UL}) {
    RequestReader reader(small);
    EXPECT_FALSE(reader.started());
    ASSERT_EQ(feed(reader, text, piece), ReadState::done) << piece;
    const auto request = reader.take();
    ASSERT_TRUE(request);
    EXPECT_EQ(request->method, "POST");
    EXPECT_EQ(request->target, "/a%20b/c?x=1&y=a+b%26");
    EXPECT_EQ(request->path, "/a b/c");
    EXPECT_EQ(request->query, (Values{{"x", "1"}, {"y", "a b&"}}));
    EXPECT_EQ(request->body, "hello");
    EXPECT_EQ(*request->headers.find("x-ONE"), "1");
    EXPECT_EQ(request->headers.find("none"), nullptr);
    EXPECT_TRUE(reader.keep_alive());
    EXPECT_FALSE(reader.started());
  }
}

TEST(RequestReaderTest, PipelinedRequestsComeOneByOne) {
  RequestReader reader(small);
  reader.feed(
      "GET /1 HTTP/1.1\r\nHost: h\r\n\r\n"
      "POST /2 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
      "GET /3 HTTP/1.0\r\n\r\nGET /4");
  EXPECT_EQ(reader.next(), ReadState::done);
  EXPECT_EQ(reader.take()->path, "/1");
  EXPECT_TRUE(reader.started());
  EXPECT_EQ(reader.next(), ReadState::header);
  EXPECT_EQ(reader.next(), ReadState::done);
  EXPECT_EQ(reader.take()->body, "abc");
  EXPECT_EQ(reader.next(), ReadState::done);
  EXPECT_EQ(reader.take()->path, "/3");
  EXPECT_FALSE(reader.keep_alive());  // HTTP/1.0
  EXPECT_EQ(reader.next(), ReadState::need_more);
  EXPECT_TRUE(reader.started());
}

TEST(RequestReaderTest, ExpectsContinue) {
  RequestReader reader(small);
  reader.feed("PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(reader.next(), ReadState::header);
  EXPECT_TRUE(reader.expects_continue());
  EXPECT_EQ(reader.next(), ReadState::need_more);
  reader.feed("abc");
  EXPECT_EQ(reader.next(), ReadState::done);
}

TEST(RequestReaderTest, Refusals) {
  struct Case {
    std::string text;
    int status;
  };
  const std::string post = "POST / HTTP/1.1\r\nHost: h\r\n";
  const Case cases[] = {
      {"\x16\x03\x01\x02", 400},  // a TLS ClientHello
      {"GET\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n\r\n", 400},  // without Host
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
      {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nBad Header: x\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(300, 'x') + "\r\n\r\n", 431},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(300, 'x'), 431},
      {post + "Content-Length: 101\r\n\r\n", 413},
      {post + "Content-Length: 99999999999999999999999\r\n\r\n", 400},
      {post + "Content-Length: -1\r\n\r\n", 400},
      {post + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400},
      {post + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {post + "Transfer-Encoding: gzip\r\n\r\n", 501},
      {post + "Transfer-Encoding: chunked\r\n\r\n65\r\n" + std::string(101, 'x') + "\r\n0\r\n\r\n",
       413},
      {post + "Transfer-Encoding: chunked\r\n\r\nzzz\r\n", 400},
      {post + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(1000, 'x'), 431},
      {post + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: " + std::string(1000, 'x'), 431},
  };
  for (const Case& test : cases) {
    for (const std::size_t piece : {1UL, 5000UL}) {
      RequestReader reader(small);
      EXPECT_EQ(feed(reader, test.text, piece), ReadState::failed) << test.text;
      EXPECT_EQ(reader.failure().status, test.status) << test.text << reader.failure().body;
      reader.feed("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
      EXPECT_EQ(reader.next(), ReadState::failed);  // nothing follows a failure
    }
  }
}

// Beast 1.81 asserts when a last chunk without others before it comes octet by octet.
TEST(RequestReaderTest, EmptyChunkedBodyInPieces) {
  RequestReader reader(small);
  EXPECT_EQ(
      feed(reader, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 1),
      ReadState::done);
  EXPECT_EQ(reader.take()->body, "");
}

TEST(RequestReaderTest, MalformedTargets) {
  for (const std::string target : {"foo", "/%zz", "/%4", "/%00", "/?x=%q"}) {
    RequestReader reader(small);
    reader.feed("GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n");
    ASSERT_EQ(reader.next(), ReadState::done) << target;
    EXPECT_FALSE(reader.take()) << target;
    EXPECT_EQ(reader.failure().status, 400);
  }
}

TEST(RequestTest, TargetForms) {
  struct Case {
    const char* target;
    const char* path;
  };
  for (const Case& test : std::initializer_list<Case>{{"/", "/"},
                                                      {"/a?b", "/a"},
                                                      {"http://host/a?b", "/a"},
                                                      {"HTTPS://host", "/"},
                                                      {"*", "*"}}) {
    Request request;
    request.target = test.target;
    EXPECT_TRUE(split_target(request)) << test.target;
    EXPECT_EQ(request.path, test.path);
  }
}

base::Result<bool> feed(ResponseReader& reader, std::string_view text, std::size_t piece_bytes) {
  base::Result<bool> whole = false;
  while (!text.empty() && whole && !*whole) {
    whole = reader.feed(text.substr(0, piece_bytes));
    text.remove_prefix(std::min(piece_bytes, text.size()));
  }
  return whole;
}

TEST(ResponseReaderTest, BodiesOfAllKinds) {
  struct Case {
    std::string text;
    bool head = false;
    bool ends_by_close = false;
    std::string body = "abc";
  };
  const std::string ok = "HTTP/1.1 200 OK\r\nContent-Type: text/x\r\n";
  const Case cases[] = {
      {.text = ok + "Content-Length: 3\r\n\r\nabc"},
      {.text = ok + "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n2;x=y\r\nbc\r\n0\r\nT: 1\r\n\r\n"},
      {.text = ok + "\r\nabc", .ends_by_close = true},
      {.text = "HTTP/1.1 100 Continue\r\n\r\n" + ok + "Content-Length: 3\r\n\r\nabc"},
      {.text = ok + "Content-Length: 3\r\n\r\n", .head = true, .body = ""},
      {.text = ok + "Content-Length: 0\r\n\r\n", .body = ""},
  };
  for (const Case& test : cases) {
    for (const std::size_t piece : {1UL, 3UL, 1000UL}) {
      ResponseReader reader(small, test.head);
      auto whole = feed(reader, test.text, piece);
      if (test.ends_by_close) {
        EXPECT_FALSE(whole.value_or(true));
        whole = reader.feed_end();
      }
      ASSERT_TRUE(whole.value_or(false)) << test.text;
      const Response response = reader.take();
      EXPECT_EQ(response.status, 200);
      EXPECT_EQ(response.content_type, "text/x");
      EXPECT_EQ(response.body, test.body);
    }
  }
}

TEST(ResponseReaderTest, Refusals) {
  using base::ErrorKind;
  struct Case {
    std::string text;
    ErrorKind kind;
  };
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  const Case cases[] = {
      {"220 mail.example ESMTP\r\n", ErrorKind::invalid},
      {ok + "Content-Length: 101\r\n\r\n", ErrorKind::limit},
      {ok + "\r\n" + std::string(101, 'x'), ErrorKind::limit},
      {ok + "X: " + std::string(300, 'x') + "\r\n\r\n", ErrorKind::limit},
      {ok + "Transfer-Encoding: chunked\r\n\r\nzzz\r\n", ErrorKind::invalid},
  };
  for (const Case& test : cases) {
    for (const std::size_t piece : {1UL, 1000UL}) {
      ResponseReader reader(small, false);
      const auto whole = feed(reader, test.text, piece);
      ASSERT_FALSE(whole) << test.text;
      EXPECT_EQ(whole.error().kind, test.kind) << test.text;
    }
  }
  // Many small fields: the limit counts all of them together.
  ResponseReader many(small, false);
  base::Result<bool> whole = many.feed(ok);
  for (int i = 0; i < 100 && whole; ++i) whole = many.feed("X: y\r\n");
  ASSERT_FALSE(whole);
  EXPECT_EQ(whole.error().kind, ErrorKind::limit);
}

TEST(ResponseReaderTest, EndTooEarly) {
  for (const std::string text :
       {"", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na"}) {
    ResponseReader reader(small, false);
    EXPECT_TRUE(feed(reader, text, 1000));
    EXPECT_FALSE(reader.feed_end()) << text;
  }
}

TEST(HeadTest, ResponseHead) {
  const base::Time now = *base::parse_time("1994-11-06T08:49:37.000Z");
  Response response = json_response(200, "{}");
  response.headers.add("X-Two", "a\r\nInjected: b");
  const std::string head = response_head(response, {.keep_alive = false, .now = now});
  EXPECT_TRUE(head.starts_with("HTTP/1.1 200 OK\r\n")) << head;
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
  for (const char* field : {"Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n", "Connection: close\r\n",
                            "Content-Type: application/json\r\n", "Content-Length: 2\r\n",
                            "X-Two: a  Injected: b\r\n"}) {
    EXPECT_NE(head.find(field), std::string::npos) << field << head;
  }
  // RFC 9110 §8.6: a length would be that of the answer that the client has already.
  EXPECT_EQ(response_head(text_response(304, ""), {.now = now}).find("Content-Length"),
            std::string::npos);
  const std::string empty = response_head(text_response(204, ""), {.now = now});
  EXPECT_EQ(empty.find("Content-"), std::string::npos) << empty;
  EXPECT_NE(empty.find("204 No Content"), std::string::npos);
}

TEST(HeadTest, RequestHeadIsReadBack) {
  Request request;
  request.method = "POST";
  request.target = "/api?x=1";
  request.headers.set("Host", "h");
  request.headers.set("HOST", "h2");
  request.body = "abc";
  RequestReader reader(small);
  reader.feed(request_head(request) + request.body);
  EXPECT_EQ(reader.next(), ReadState::header);
  EXPECT_EQ(reader.next(), ReadState::done);
  const auto read = reader.take();
  ASSERT_TRUE(read);
  EXPECT_EQ(read->method, "POST");
  EXPECT_EQ(read->target, "/api?x=1");
  EXPECT_EQ(*read->headers.find("Host"), "h2");
  EXPECT_EQ(read->body, "abc");
}

TEST(TextTest, PercentCoding) {
  EXPECT_EQ(percent_encode("a/b c~\xff"), "a%2Fb%20c~%FF");
  EXPECT_EQ(percent_decode("a%2Fb%20c~%fF+", false), "a/b c~\xff+");
  EXPECT_EQ(percent_decode("a+b", true), "a b");
  for (const char* bad : {"%", "%1", "%g0", "a%"}) EXPECT_FALSE(percent_decode(bad, false)) << bad;
  EXPECT_EQ(parse_query("a=1&&b&a=2&=x"), (Values{{"", "x"}, {"a", "2"}, {"b", ""}}));
  EXPECT_FALSE(parse_query("a=%"));
}

}  // namespace
}  // namespace http
