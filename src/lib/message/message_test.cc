// Tests of dates, trace fields and multipart bodies.
#include <gtest/gtest.h>

#include <string>

#include "lib/message/date.h"
#include "lib/message/header.h"
#include "lib/message/multipart.h"
#include "lib/message/trace_fields.h"

namespace message {
namespace {

base::Time at(std::chrono::seconds seconds) { return base::Time(seconds); }
const base::Time noon = at(std::chrono::seconds(1'795'442'400));  // 2026-11-23 14:00:00 UTC

TEST(Date, Writes) {
  EXPECT_EQ(date_text(noon), "Mon, 23 Nov 2026 14:00:00 +0000");
  EXPECT_EQ(date_text(at(std::chrono::seconds(0))), "Thu, 1 Jan 1970 00:00:00 +0000");
  EXPECT_EQ(date_text(at(std::chrono::seconds(-1))), "Wed, 31 Dec 1969 23:59:59 +0000");
}

TEST(Date, Reads) {
  for (const char* text : {
           "Mon, 23 Nov 2026 14:00:00 +0000",
           "23 Nov 2026 14:00 +0000",
           "Mon, 23 Nov 2026 15:30:00 +0130",
           "Mon, 23 Nov 2026 09:00:00 EST",
           "Mon,23 nov 26 14:00:00 GMT",
           " Mon,\r\n 23 Nov 2026 (a (nested) comment)14:00:00 -0000 (UTC)",
           "23 Nov 126 14:00:00 Z",
           "Mon, 23 Nov 2026 14:00:00",
       }) {
    const auto time = parse_date(text);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(*time, noon) << text << " " << date_text(*time);
  }
  EXPECT_EQ(date_text(parse_date("31 Dec 2016 23:59:60 +0000").value()),
            "Sun, 1 Jan 2017 00:00:00 +0000");
}

TEST(Date, Refuses) {
  for (const std::string& text : {
           std::string(),
           std::string("yesterday"),
           std::string("31 Feb 2026 10:00:00 +0000"),
           std::string("23 Nov 2026 24:00:00 +0000"),
           std::string("23 Nov 2026 10:60:00 +0000"),
           std::string("23 Nov 2026 10:00:61 +0000"),
           std::string("23 Nov 2026 10 +0000"),
           std::string("23 Nov 2026 10:00:00 +0060"),
           std::string("23 Nov 2026 10:00:00 +000"),
           std::string("23 Nov 2026 10:00:00 +0000 x"),
           std::string("0 Nov 2026 10:00:00 +0000"),
           std::string("23 Nov 20265 10:00:00 +0000"),
           std::string("23 Nov 1 10:00:00 +0000"),
           std::string("(23 Nov 2026 10:00:00 +0000"),
           std::string(1000, ' ') + "23 Nov 2026 10:00",
       }) {
    EXPECT_FALSE(parse_date(text)) << text;
  }
}

ReceivedInfo sample() {
  ReceivedInfo info;
  info.helo = "client.example";
  info.peer = "2001:db8::1";
  info.reverse_name = "mx.client.example";
  info.by = "mx.example";
  info.protocol = "ESMTPS";
  info.tls = "TLSv1.3 TLS_AES_256_GCM_SHA384";
  info.id = "0abc";
  info.for_address = Address{"jane doe", "example.org"};
  info.time = noon;
  return info;
}

TEST(TraceFields, Received) {
  EXPECT_EQ(received_field(sample()),
            "Received: from client.example\r\n\t(mx.client.example [IPv6:2001:db8::1])\r\n"
            "\tby mx.example with ESMTPS\r\n\t(TLSv1.3 TLS_AES_256_GCM_SHA384)\r\n\tid 0abc\r\n"
            "\tfor <\"jane doe\"@example.org>;\r\n\tMon, 23 Nov 2026 14:00:00 +0000\r\n");
  ReceivedInfo home;
  home.by = "mx.example";
  home.protocol = "ESMTPSA";
  home.id = "1";
  home.time = noon;
  EXPECT_EQ(received_field(home),
            "Received: by mx.example with ESMTPSA\r\n\tid 1;\r\n"
            "\tMon, 23 Nov 2026 14:00:00 +0000\r\n");
  home.peer = "192.0.2.1";
  EXPECT_TRUE(received_field(home).starts_with("Received: from [192.0.2.1]\r\n\t([192.0.2.1])"));
}

TEST(TraceFields, NothingCanBeInjected) {
  const std::string evil = "x)\r\n\r\nSubject: evil\r\n(\\ by y;" + std::string(5000, 'z');
  ReceivedInfo info = sample();
  info.helo = info.peer = info.reverse_name = info.by = info.protocol = info.tls = info.id = evil;
  info.for_address = Address{evil, evil};
  for (const std::string& field :
       {received_field(info), return_path_field({evil, evil}), delivered_to_field({evil, evil}),
        message_id_field(evil, evil)}) {
    std::size_t body = 0;
    EXPECT_EQ(read_header(field, body).size(), 1U) << field;
    EXPECT_EQ(body, field.size()) << "no empty line";
  }
}

TEST(TraceFields, TheOthers) {
  EXPECT_EQ(return_path_field({}), "Return-Path: <>\r\n");
  EXPECT_EQ(return_path_field({"a", "b"}), "Return-Path: <a@b>\r\n");
  EXPECT_EQ(delivered_to_field({"a", "b"}), "Delivered-To: a@b\r\n");
  EXPECT_EQ(message_id_field("1", "mx.example"), "Message-ID: <1@mx.example>\r\n");
  EXPECT_EQ(date_field(noon), "Date: Mon, 23 Nov 2026 14:00:00 +0000\r\n");
}

TEST(Multipart, PartsComeOutAsTheyWentIn) {
  const std::vector<Part> parts = {{"Content-Type: text/plain\r\n", "Hello\r\n"},
                                   {"Content-Type: message/rfc822\r\n", "A: b\r\n\r\nno end"}};
  const Multipart out =
      write_multipart("multipart/report; report-type=delivery-status", parts, "7/x");
  EXPECT_EQ(out.content_type,
            "multipart/report; report-type=delivery-status;\r\n\tboundary=\"=_7_x_1\"");
  EXPECT_EQ(out.body,
            "This is a MIME-encapsulated message.\r\n"
            "\r\n--=_7_x_1\r\nContent-Type: text/plain\r\n\r\nHello\r\n"
            "\r\n--=_7_x_1\r\nContent-Type: message/rfc822\r\n\r\nA: b\r\n\r\nno end"
            "\r\n--=_7_x_1--\r\n");
}

TEST(Multipart, BoundaryOccursInNoPart) {
  const Multipart inner = write_multipart("multipart/mixed", {{"", "x\r\n"}}, "id");
  const Multipart outer = write_multipart("multipart/mixed", {{"", inner.body}}, "id");
  EXPECT_NE(inner.content_type, outer.content_type);
  EXPECT_LE(write_multipart("t", {}, std::string(500, 'x')).content_type.size(), 70U + 20U);
}

}  // namespace
}  // namespace message
