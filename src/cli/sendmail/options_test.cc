// Tests of options.h.
#include "cli/sendmail/options.h"

#include <gtest/gtest.h>

namespace sendmail {
namespace {

base::Result<Options> read(std::vector<std::string> arguments, Mode mode = Mode::send) {
  return read_options(arguments, mode);
}

TEST(SendmailOptions, WhatProgramsSay) {
  const auto cron = read({"-i", "-FCronDaemon", "-B8BITMIME", "-oem", "root"});
  ASSERT_TRUE(cron);
  EXPECT_EQ(cron->full_name, "CronDaemon");
  EXPECT_TRUE(cron->dot_is_text);
  EXPECT_EQ(cron->recipients, std::vector<std::string>{"root"});

  const auto php = read({"-t", "-i", "-f", "web@example.org"});
  ASSERT_TRUE(php);
  EXPECT_TRUE(php->read_recipients);
  EXPECT_EQ(php->sender, "web@example.org");

  const auto mutt = read({"-oem", "-oi", "-f", "you@example.org", "-N", "failure,delay", "-R",
                          "hdrs", "--", "-odd@example.net"});
  ASSERT_TRUE(mutt);
  EXPECT_EQ(mutt->notify, message::notify_failure | message::notify_delay);
  EXPECT_EQ(mutt->ret, message::Envelope::Ret::headers);
  EXPECT_EQ(mutt->recipients, std::vector<std::string>{"-odd@example.net"});
}

TEST(SendmailOptions, LettersMayBeJoined) {
  const auto both = read({"-ti", "-vfbob@example.org"});
  ASSERT_TRUE(both);
  EXPECT_TRUE(both->read_recipients && both->dot_is_text && both->verbose);
  EXPECT_EQ(both->sender, "bob@example.org");
}

TEST(SendmailOptions, NullSender) {
  EXPECT_EQ(read({"-f", ""})->sender, "");
  EXPECT_EQ(read({"-f", "<>"})->sender, "");
  EXPECT_EQ(read({"-f<bob@example.org>"})->sender, "bob@example.org");
  EXPECT_FALSE(read({"you"})->sender);
}

TEST(SendmailOptions, Modes) {
  EXPECT_EQ(read({"-bp"})->mode, Mode::mailq);
  EXPECT_EQ(read({"-bs", "-i"})->mode, Mode::smtp);
  EXPECT_EQ(read({"-bi"})->mode, Mode::aliases);
  EXPECT_EQ(read({"-I"})->mode, Mode::aliases);
  EXPECT_EQ(read({"-bm", "x"})->mode, Mode::send);
  EXPECT_EQ(read({"-q"})->mode, Mode::retry);
  EXPECT_EQ(read({"-q15m"})->mode, Mode::retry);
  EXPECT_EQ(read({"--help"})->mode, Mode::help);
  EXPECT_EQ(read({}, Mode::mailq)->mode, Mode::mailq);
}

// Said in the world, and without meaning here.
TEST(SendmailOptions, TakenAndForgotten) {
  const auto read_all = read({"-Ac",       "-U", "-n",   "-G",    "-m", "-om", "-odb", "-o7", "-em",
                              "-h",        "3",  "-p",   "local", "-L", "tag", "-X",   "log", "-O",
                              "Timeout=1", "-C", "file", "-d0.1", "-V", "id1", "you"});
  ASSERT_TRUE(read_all) << read_all.error().detail;
  EXPECT_EQ(read_all->recipients, std::vector<std::string>{"you"});
  EXPECT_EQ(read_all->envid, "id1");
}

TEST(SendmailOptions, Refused) {
  for (const std::vector<std::string>& wrong : {std::vector<std::string>{"-bd"},
                                                {"-bx"},
                                                {"-f"},
                                                {"-K"},
                                                {"--what"},
                                                {"-N", "perhaps"},
                                                {"-N", "never,delay"},
                                                {"-R", "none"},
                                                {"-V", std::string(101, 'x')},
                                                {"-V", "a\nrecipient: b"},
                                                {"-V", "\xc3\xa4"}}) {
    const auto read_wrong = read(wrong);
    EXPECT_FALSE(read_wrong) << wrong.front();
    if (!read_wrong) EXPECT_FALSE(read_wrong.error().detail.empty());
  }
}

}  // namespace
}  // namespace sendmail
