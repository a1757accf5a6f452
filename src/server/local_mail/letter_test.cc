// Tests of letter.h and addresses.h.
#include "server/local_mail/letter.h"

#include <gtest/gtest.h>

#include "directory/snapshot.h"
#include "server/local_mail/addresses.h"

namespace local_mail {
namespace {

const std::string key(32, 'a');

Letter sample() {
  Letter letter;
  letter.key = key;
  letter.recipients = {"bob@example.org", "root"};
  letter.message = "Subject: x\r\n\r\nhello\r\n";
  return letter;
}

TEST(Letter, IsReadAsWritten) {
  Letter letter = sample();
  EXPECT_EQ(read_letter(write_letter(letter)), letter);
  letter.sender = "";
  letter.ret = message::Envelope::Ret::full;
  letter.notify = message::notify_failure | message::notify_delay;
  letter.envid = "id 1";
  letter.message = "";
  EXPECT_EQ(read_letter(write_letter(letter)), letter);
  letter.sender = "ann";
  letter.notify = message::notify_never;
  EXPECT_EQ(read_letter(write_letter(letter)), letter);
}

TEST(Letter, EveryTruncationIsRefused) {
  const std::string whole = write_letter(sample());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(read_letter(std::string_view(whole).substr(0, size))) << size;
  }
  EXPECT_FALSE(read_letter(whole + "x"));
}

TEST(Letter, Refused) {
  const std::string head = "stagepost-letter 1\nkey: " + key + "\nrecipient: a@b.example\n";
  EXPECT_TRUE(read_letter(head + "bytes: 0\n\n"));
  for (const std::string& wrong :
       {std::string("stagepost-letter 2\nkey: ") + key + "\nrecipient: a\nbytes: 0\n\n",
        head + "\n", head + "bytes: 0\nbytes: 0\n\n", head + "bytes: x\n\n", head + "bytes: 1\n\n",
        head + "bytes: 2\n\na\n", head + "bytes: 3\n\na\r\r", head + "what: x\nbytes: 0\n\n",
        head + "key: " + key + "\nbytes: 0\n\n", head + "sender: \nbytes: 0\n\n",
        head + "notify: often\nbytes: 0\n\n", head + "recipient: a\x01\nbytes: 0\n\n",
        head + "envid: \xc3\xa4\nbytes: 0\n\n", head + "bytes:0\n\n",
        "stagepost-letter 1\nkey: " + key + "\nbytes: 0\n\n",
        std::string("stagepost-letter 1\nkey: short\nrecipient: a\nbytes: 0\n\n"),
        head + "recipient: " + std::string(line_bytes_max, 'x') + "\nbytes: 0\n\n"}) {
    EXPECT_FALSE(read_letter(wrong)) << wrong;
  }
  std::string many = head;
  for (std::size_t i = 0; i < recipients_max; ++i) many += "recipient: a@b.example\n";
  EXPECT_FALSE(read_letter(many + "bytes: 0\n\n"));
}

class LocalAddresses : public testing::Test {
 protected:
  LocalAddresses() {
    directory::Contents contents;
    contents.domains = {"example.org"};
    contents.mailboxes = {"you@example.org"};
    known = directory::make_snapshot(std::move(contents));
  }
  Author author(std::string user) {
    return {.user = std::move(user), .settings = settings, .domain = "example.org"};
  }

  Settings settings;
  std::shared_ptr<const directory::Snapshot> known;
};

TEST_F(LocalAddresses, Domain) {
  EXPECT_EQ(domain_of(settings, "mail.example.org", *known), "example.org");
  EXPECT_EQ(domain_of(settings, "example.org", *known), "example.org");
  EXPECT_EQ(domain_of(settings, "mail.example.net", *known), "mail.example.net");
  settings.domain = "else.example";
  EXPECT_EQ(domain_of(settings, "mail.example.org", *known), "else.example");
}

TEST_F(LocalAddresses, SenderAndRecipients) {
  const auto mail = message_of(author("ann"), sample(), *known);
  ASSERT_TRUE(mail);
  EXPECT_EQ(mail->mail.sender.text(), "ann@example.org");
  EXPECT_EQ(mail->user.account, "ann@example.org");
  EXPECT_EQ(mail->user.name, "ann");
  EXPECT_TRUE(mail->user.any_author);
  ASSERT_EQ(mail->mail.recipients.size(), 2U);
  EXPECT_EQ(mail->mail.recipients[1].text(), "postmaster@example.org");  // nobody is called root
}

TEST_F(LocalAddresses, WhatTheSenderWantsToBeTold) {
  Letter letter = sample();
  letter.ret = message::Envelope::Ret::full;
  letter.notify = message::notify_success;
  letter.envid = "QQ314159";
  const auto mail = message_of(author("ann"), letter, *known);
  ASSERT_TRUE(mail);
  EXPECT_EQ(mail->mail.ret, message::Envelope::Ret::full);
  EXPECT_EQ(mail->mail.notify, message::notify_success);
  EXPECT_EQ(mail->mail.envid, "QQ314159");
}

TEST_F(LocalAddresses, ByTheSettings) {
  settings.trusted_users = {"root"};
  settings.system_mail_to = "";
  EXPECT_FALSE(message_of(author("ann"), sample(), *known)->user.any_author);
  EXPECT_TRUE(message_of(author("root"), sample(), *known)->user.any_author);
  EXPECT_EQ(message_of(author("ann"), sample(), *known)->mail.recipients[1].text(),
            "root@example.org");
  settings.system_mail_to = "ops@example.net";
  EXPECT_EQ(message_of(author("ann"), sample(), *known)->mail.recipients[1].text(),
            "ops@example.net");
}

TEST_F(LocalAddresses, NamesOfTheSystem) {
  EXPECT_EQ(address_of(author("DOMAIN\\Ann Lee")), "domain_ann_lee@example.org");
  EXPECT_EQ(address_of(author("..")), "_._@example.org");
  Letter letter = sample();
  letter.recipients = {"a b"};
  EXPECT_FALSE(message_of(author("ann"), letter, *known));
  letter = sample();
  letter.sender = "";
  EXPECT_TRUE(message_of(author("ann"), letter, *known)->mail.sender.is_null());
}

}  // namespace
}  // namespace local_mail
