// See table.h: who may relay, and the queue.
#include "config/table.h"

namespace config {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

Section policy_section() {
  Section section;
  section.name = "policy";
  section.text = "Whose mail comes in.";
  section.settings = {
      setting(
          "relay_networks", STAGEPOST_FIELD(policy.relay_networks), list_codec(network_codec()),
          "Who may send to anybody without logging in. Name single hosts; a network that everybody "
          "can reach us from (NAT, a container bridge) makes an open relay."),
      setting("quota_status", STAGEPOST_FIELD(policy.quota_status), service_codec(),
              "Dovecot's quota-status service, asked at RCPT whether a mailbox is full; empty: "
              "nobody is asked. Without an answer the mail is accepted."),
      setting("quota_status_timeout", STAGEPOST_FIELD(policy.quota_status_timeout),
              duration_codec(std::chrono::milliseconds(10), std::chrono::seconds(30)),
              "How long its answer may take."),
      setting("quota_status_keep", STAGEPOST_FIELD(policy.quota_status_keep),
              duration_codec(std::chrono::seconds(0), std::chrono::minutes(10)),
              "How long its answer counts."),
      setting("received_fields_max", STAGEPOST_FIELD(policy.received_fields_max),
              count_codec<unsigned>(10, 1'000),
              "Received fields in a message; more means that it goes round in circles (RFC 5321 "
              "§6.3)."),
      setting("auth_mechanisms", STAGEPOST_FIELD(policy.login.mechanisms),
              list_codec(word_codec({"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "OAUTHBEARER",
                                     "XOAUTH2", "PLAIN", "LOGIN"})),
              "How people may log in; empty: in every way that works here. All of them only inside "
              "TLS. SCRAM cannot work for people whose passwords are in LDAP only, so with [ldap] "
              "it is "
              "offered only when it is named here."),
      setting("password_cache_time", STAGEPOST_FIELD(policy.login.password_cache_time),
              duration_codec(seconds(0), hours(1)),
              "How long a password that was right is not computed again, so that clients that log "
              "in often cost little; a changed password counts at once. 0s: always compute."),
  };
  return section;
}

Section submission_section() {
  Section section;
  section.name = "submission";
  section.text = "What is done to mail that our own people send after logging in (RFC 6409).";
  section.settings = {
      setting(
          "complete_header", STAGEPOST_FIELD(policy.complete_header), flag_codec(),
          "Add a missing Date, Message-ID and From, complete addresses without a domain, remove "
          "Bcc and Return-Path."),
      setting(
          "recode", STAGEPOST_FIELD(session.recode), flag_codec(),
          "Turn parts with lines over 998 octets or undeclared 8-bit text into quoted-printable "
          "or base64; signed parts are left alone."),
      setting("recode_part_bytes_max", STAGEPOST_FIELD(session.recode_part_bytes_max),
              as<std::size_t>(size_codec(64UL * 1024, 1'024UL << 20U)),
              "The largest part that is recoded; it is kept in memory while it arrives."),
      setting("recode_memory_bytes_max", STAGEPOST_FIELD(session.recode_memory_bytes_max),
              as<std::size_t>(size_codec(1UL << 20U, 1UL << 34U)),
              "What recoding may keep in memory, per loop; one message gets half of it at most. "
              "Beyond it 8-bit text stays as it is, and lines that are too long get 451."),
      setting("private_received", STAGEPOST_FIELD(session.private_received), flag_codec(),
              "Leave the client's name and address out of the Received field."),
      setting("hold_for_max", STAGEPOST_FIELD(session.hold_for_max),
              duration_codec(seconds(0), hours(24 * 366)),
              "How long a sender may ask us to keep a message back (RFC 4865); 0s: not at all."),
  };
  return section;
}

std::vector<Setting> journal_settings() {
  constexpr std::uint64_t mib = 1ULL << 20U;
  return {
      path_setting("journal_folder", STAGEPOST_FIELD(queue.journal_folder),
                   {.below = Below::state, .name = "journal"},
                   "Where queued mail is kept. A disk that does not lose what it has synced."),
      setting("segment_bytes", STAGEPOST_FIELD(queue.segment_bytes), size_codec(mib, 4'096 * mib),
              "The size of one journal file."),
      setting("disk_reserve_bytes", STAGEPOST_FIELD(queue.disk_reserve_bytes),
              size_codec(0, 1ULL << 40U),
              "When less is free on the disk, new mail gets 452 and the queue goes on delivering."),
      setting(
          "body_memory_bytes_max", STAGEPOST_FIELD(queue.body_memory_bytes_max),
          size_codec(0, 1ULL << 40U),
          "Memory for messages between accept and first attempt; others are read back from disk."),
      setting("draft_chunk_bytes", STAGEPOST_FIELD(queue.draft_chunk_bytes),
              size_codec(4'096, 64 * mib),
              "A message that is larger goes to disk in such pieces while it arrives."),
      setting("draft_memory_bytes_max", STAGEPOST_FIELD(queue.draft_memory_bytes_max),
              size_codec(0, 1ULL << 40U),
              "Memory for messages that are arriving, per loop; beyond it they go to disk in "
              "pieces of 16 KiB at least, so that many slow senders cost little."),
  };
}

Section queue_section() {
  Section section;
  section.name = "queue";
  section.text = "Mail that waits, and when it is tried again.";
  section.settings = journal_settings();
  for (Setting& one : std::vector<Setting>{
           setting(
               "retry_after", STAGEPOST_FIELD(queue.retry_after),
               list_codec(duration_codec(seconds(1), hours(24 * 7)), 1),
               "How long after the first, second, … failed attempt the next one is made; the last "
               "repeats."),
           setting("retry_jitter_percent", STAGEPOST_FIELD(queue.retry_jitter_percent),
                   count_codec<unsigned>(0, 100),
                   "How far these times vary at random, so that not everything is tried at once."),
           setting(
               "expire_after", STAGEPOST_FIELD(queue.expire_after),
               duration_codec(minutes(1), hours(24 * 30)),
               "When a message is given up and its sender told (RFC 5321 §4.5.4.1: 4 to 5 days)."),
           setting("delay_notice_after", STAGEPOST_FIELD(queue.delay_notice_after),
                   duration_codec(seconds(0), hours(24 * 30)),
                   "When the sender of a message that still waits is told so, once; 0s: never."),
           setting("destination_concurrency_max",
                   STAGEPOST_FIELD(queue.destination_concurrency_max),
                   count_codec<unsigned>(1, 1'000), "Attempts at once to one destination."),
           setting("maildir_concurrency_max", STAGEPOST_FIELD(queue.maildir_concurrency_max),
                   count_codec<unsigned>(1, 10'000),
                   "Deliveries at once into the Maildirs of one domain, per loop; they share their "
                   "syncs."),
           setting("attempts_max", STAGEPOST_FIELD(queue.attempts_max),
                   count_codec<unsigned>(1, 100'000), "Attempts at once in all, per loop."),
           setting("attempt_slow_after", STAGEPOST_FIELD(queue.attempt_slow_after),
                   duration_codec(seconds(1), hours(1)),
                   "An attempt that takes longer gives its place to another and is counted apart, "
                   "so that servers that do not answer do not keep those waiting that do."),
           setting("attempts_slow_max", STAGEPOST_FIELD(queue.attempts_slow_max),
                   count_codec<unsigned>(0, 100'000),
                   "Such slow attempts at once, per loop, besides attempts_max. Each is a "
                   "connection."),
           setting("recipients_per_attempt_max", STAGEPOST_FIELD(queue.recipients_per_attempt_max),
                   count_codec<unsigned>(1, 10'000),
                   "Recipients of one message that one attempt takes along."),
       }) {
    section.settings.push_back(std::move(one));
  }
  return section;
}

}  // namespace

std::vector<Section> queue_sections() {
  return {policy_section(), submission_section(), queue_section()};
}

}  // namespace config
