// Tests of cli/dns_records.h.
#include "cli/dns_records.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace cli {
namespace {

std::string data_of(const std::vector<DnsRecord>& records, std::string_view name) {
  const auto found = std::ranges::find(records, name, &DnsRecord::name);
  return found == records.end() ? "" : found->type + " " + found->data;
}

TEST(ClientRecords, ServicesByPriority) {
  const MailHost host{.domain = "example.org", .hostname = "mx.example.org", .addresses = {}};
  const auto records = client_records(host, {});
  EXPECT_EQ(data_of(records, "_submissions._tcp.example.org"), "SRV 0 1 465 mx.example.org");
  EXPECT_EQ(data_of(records, "_submission._tcp.example.org"), "SRV 10 1 587 mx.example.org");
  EXPECT_EQ(data_of(records, "_imaps._tcp.example.org"), "SRV 0 1 993 mx.example.org");
  EXPECT_EQ(data_of(records, "_imap._tcp.example.org"), "SRV 10 1 143 mx.example.org");
  EXPECT_EQ(data_of(records, "_pop3._tcp.example.org"), "SRV 0 0 0 .");
  EXPECT_EQ(data_of(records, "_pop3s._tcp.example.org"), "SRV 0 0 0 .");
}

// RFC 6186 §3.4: "." says that a service is decidedly not available.
TEST(ClientRecords, WhatIsNotOffered) {
  const MailHost host{.domain = "example.org", .hostname = "mx.example.org", .addresses = {}};
  const auto records =
      client_records(host, {.submissions = 465, .submission = 0, .imaps = 0, .imap = 0});
  EXPECT_EQ(data_of(records, "_submission._tcp.example.org"), "SRV 0 0 0 .");
  EXPECT_EQ(data_of(records, "_imaps._tcp.example.org"), "SRV 0 0 0 .");
}

TEST(RecordsText, HoldsThemAll) {
  const MailHost host{.domain = "example.org",
                      .hostname = "mx.example.org",
                      .addresses = {*io::IpAddress::parse("192.0.2.1")}};
  const std::string text = records_text(records_to_publish(host));
  for (const char* part : {"MX", "v=spf1", "_imaps._tcp", "autoconfig.example.org", "_dmarc"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part;
  }
}

}  // namespace
}  // namespace cli
