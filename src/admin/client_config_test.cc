// Tests of admin/client_config.h: what mail programs read, and what nobody can smuggle into it.
#include "admin/client_config.h"

#include <gtest/gtest.h>

#include <pugixml.hpp>

namespace admin {
namespace {

ClientPlaces places() {
  ClientPlaces out;
  out.imap_host = "imap.example.org";
  out.smtp_host = "mail.example.org";
  return out;
}

std::string at(const std::string& xml, const char* path) {
  pugi::xml_document document;
  EXPECT_TRUE(document.load_string(xml.c_str())) << xml;
  return document.select_node(path).node().child_value();
}

TEST(Autoconfig, NamesBothServers) {
  const std::string xml = autoconfig_xml(places(), "example.org");
  EXPECT_EQ(at(xml, "//emailProvider/domain"), "example.org");
  EXPECT_EQ(at(xml, "//incomingServer[1]/hostname"), "imap.example.org");
  EXPECT_EQ(at(xml, "//incomingServer[1]/port"), "993");
  EXPECT_EQ(at(xml, "//incomingServer[1]/socketType"), "SSL");
  EXPECT_EQ(at(xml, "//incomingServer[2]/socketType"), "STARTTLS");
  EXPECT_EQ(at(xml, "//outgoingServer[1]/port"), "465");
  EXPECT_EQ(at(xml, "//outgoingServer[2]/port"), "587");
  EXPECT_EQ(at(xml, "//outgoingServer[1]/username"), "%EMAILADDRESS%");
}

TEST(Autoconfig, LeavesOutWhatIsNotOffered) {
  ClientPlaces some = places();
  some.imap_port = some.submissions_port = 0;
  const std::string xml = autoconfig_xml(some, "example.org");
  EXPECT_EQ(at(xml, "//incomingServer[2]/port"), "");
  EXPECT_EQ(at(xml, "//outgoingServer[1]/port"), "587");
}

std::string request_for(const std::string& address) {
  return "<?xml version=\"1.0\"?><Autodiscover xmlns=\"http://schemas.microsoft.com/exchange/"
         "autodiscover/outlook/requestschema/2006\"><Request><EMailAddress>" +
         address + "</EMailAddress></Request></Autodiscover>";
}

TEST(Autodiscover, ReadsTheAddress) {
  EXPECT_EQ(requested_address(request_for("You@Example.org"))->text(), "You@Example.org");
  EXPECT_EQ(requested_address(request_for(" you@example.org\n"))->local, "you");
  EXPECT_EQ(requested_address("<a:Autodiscover><a:Request><a:EMailAddress>x@y.test"
                              "</a:EMailAddress></a:Request></a:Autodiscover>")
                ->domain,
            "y.test");
  for (const std::string& body :
       {std::string(), std::string("x"), std::string("<Autodiscover/>"), request_for(""),
        request_for("nobody"), request_for("a@b@c"), request_for("a&lt;b@c.test"),
        request_for(std::string(70'000, 'x')),
        "<!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>" + request_for("&e;")}) {
    EXPECT_FALSE(requested_address(body)) << body.substr(0, 200);
  }
}

TEST(Autodiscover, AnswersForTheAddress) {
  const std::string xml = autodiscover_xml(places(), {"you", "example.org"});
  EXPECT_EQ(at(xml, "//Protocol[1]/Type"), "IMAP");
  EXPECT_EQ(at(xml, "//Protocol[1]/Port"), "993");
  EXPECT_EQ(at(xml, "//Protocol[1]/LoginName"), "you@example.org");
  EXPECT_EQ(at(xml, "//Protocol[3]/Type"), "SMTP");
  EXPECT_EQ(at(xml, "//Protocol[3]/Server"), "mail.example.org");
  EXPECT_EQ(at(xml, "//Protocol[4]/Encryption"), "TLS");
  EXPECT_EQ(at(autodiscover_error_xml(), "//ErrorCode"), "600");
}

TEST(AppleProfile, NamesTheAccount) {
  const std::string text = apple_profile(places(), {"you", "example.org"});
  EXPECT_EQ(at(text, "//key[.='IncomingMailServerHostName']/following-sibling::string[1]"),
            "imap.example.org");
  EXPECT_EQ(at(text, "//key[.='IncomingMailServerPortNumber']/following-sibling::integer[1]"),
            "993");
  EXPECT_EQ(at(text, "//key[.='OutgoingMailServerPortNumber']/following-sibling::integer[1]"),
            "465");
  EXPECT_EQ(text, apple_profile(places(), {"you", "example.org"}));
  EXPECT_NE(text, apple_profile(places(), {"me", "example.org"}));
}

// What an address or a setting holds stays text.
TEST(ClientTexts, EscapeEverything) {
  EXPECT_EQ(escape_xml("<&\">'\x01\n\x7f"), "&lt;&amp;&quot;&gt;&#39;");
  const message::Address odd{"<b>&\"'", "example.org"};
  ClientPlaces bad = places();
  bad.imap_host = "<script>alert(1)</script>";
  for (const std::string& text : {autodiscover_xml(bad, odd), apple_profile(bad, odd),
                                  autoconfig_xml(bad, "<x>&amp;"), setup_page(bad, "<x>")}) {
    EXPECT_EQ(text.find("<b>"), std::string::npos) << text;
    EXPECT_EQ(text.find("<script"), std::string::npos) << text;
    EXPECT_EQ(text.find("<x>"), std::string::npos) << text;
    pugi::xml_document document;
    if (text.starts_with("<?xml")) EXPECT_TRUE(document.load_string(text.c_str())) << text;
  }
}

TEST(SetupPage, SaysWhatToType) {
  const std::string page = setup_page(places(), "example.org");
  for (const char* part : {"Set up mail for example.org", "imap.example.org", "993", "SSL/TLS",
                           "mail.example.org", "587", "STARTTLS", "whole mail address"}) {
    EXPECT_NE(page.find(part), std::string::npos) << part;
  }
  EXPECT_EQ(setup_page(places(), "").find(" for example"), std::string::npos);
}

}  // namespace
}  // namespace admin
