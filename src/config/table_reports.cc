// See table.h: DMARC aggregate reports out, DMARC and TLS reports in.
#include "config/table.h"

namespace config {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::uint64_t mib = 1ULL << 20U;

// A first look; what is no address after all is refused when reports.db is opened.
Codec<std::string> mail_address_codec(bool may_be_empty) {
  Codec<std::string> text = text_codec("address");
  return {.kind = text.kind,
          .read = [text, may_be_empty](const Value& value) -> base::Result<std::string> {
            auto read = text.read(value);
            if (!read || (may_be_empty && read->empty())) return read;
            const auto at = read->find('@');
            if (at == 0 || at == std::string::npos || at + 1 == read->size()) {
              return base::fail(base::ErrorKind::invalid,
                                fmt::format("\"{}\" is no address; write one such as "
                                            "dmarc@example.org",
                                            *read));
            }
            return read;
          },
          .show = text.show};
}

std::vector<Setting> outgoing_settings() {
  return {
      setting("address", STAGEPOST_FIELD(report.reports.out.address), mail_address_codec(true),
              "Who sends DMARC aggregate reports, such as \"noreply-dmarc@example.org\"; empty: "
              "none are sent, and nothing is counted for them. They are off until this is set, for "
              "they have to pass DMARC themselves (RFC 9990): only you know a domain of yours that "
              "this server signs for (`stagepost dkim`). They go with the null sender, so nobody "
              "gets bounces."),
      setting("organization", STAGEPOST_FIELD(report.reports.out.organization), text_codec(),
              "What reports call us; empty: the domain of the address."),
      setting("contact", STAGEPOST_FIELD(report.reports.out.contact), mail_address_codec(true),
              "Whom to ask about a report; empty: the address that sends it."),
      setting("hour", STAGEPOST_FIELD(report.reports.out.hour), count_codec<unsigned>(0, 23),
              "The hour (UTC) from which on the reports about the day before are sent."),
      setting("spread", STAGEPOST_FIELD(report.reports.out.spread),
              duration_codec(seconds(0), hours(12)),
              "The time over which they are spread, each domain at its own."),
      setting("rows_per_report_max", STAGEPOST_FIELD(report.reports.out.rows_per_report_max),
              count_codec<std::size_t>(1, 1'000'000),
              "Different rows of a report; of messages beyond only the number is told."),
      setting("reports_per_day_max", STAGEPOST_FIELD(report.reports.out.reports_per_day_max),
              count_codec<std::size_t>(1, 1'000'000),
              "Domains that get a report about one day; later ones are not counted."),
      setting("destinations_max", STAGEPOST_FIELD(report.reports.out.destinations_max),
              count_codec<unsigned>(1, 10), "Addresses that one report goes to."),
  };
}

std::vector<Setting> incoming_settings() {
  return {
      setting(
          "inboxes", STAGEPOST_FIELD(report.reports.in.inboxes),
          list_codec(mail_address_codec(false)),
          "Mailboxes of ours that reports come to, such as [\"dmarc@example.org\"]; they have to "
          "exist (`stagepost user add`). Reports in mail to them are kept for `stagepost "
          "report`; what is no report is delivered into the mailbox."),
      setting("keep_mail", STAGEPOST_FIELD(report.reports.in.keep_mail), flag_codec(),
              "Deliver mail with reports into the mailbox, too."),
      setting("mail_bytes_max", STAGEPOST_FIELD(report.reports.in.mail_bytes_max),
              as<std::size_t>(size_codec(mib, 256 * mib)),
              "Larger mail is not searched for reports."),
      setting("stored_bytes_max", STAGEPOST_FIELD(report.reports.in.stored_bytes_max),
              size_codec(1UL << 20U, 1UL << 40U),
              "What received reports may take on disk; beyond it the oldest go, first those that "
              "nothing proves."),
      setting("reports_per_sender_max", STAGEPOST_FIELD(report.reports.in.reports_per_sender_max),
              count_codec<unsigned>(1, 1'000'000),
              "Reports of one sender within a day; more are left out."),
      setting("unpacked_bytes_max", STAGEPOST_FIELD(report.reports.in.unpacked_bytes_max),
              as<std::size_t>(size_codec(mib, 1'024 * mib)),
              "What the reports of one mail may become when they are decompressed."),
  };
}

}  // namespace

std::vector<Section> reports_sections() {
  Section section;
  section.name = "reports";
  section.text =
      "Reports about mail: DMARC aggregate reports to others (RFC 9990), and those that others "
      "send "
      "us, DMARC and TLS (RFC 8460). See also `stagepost report`.";
  section.settings = outgoing_settings();
  for (Setting& one : incoming_settings()) section.settings.push_back(std::move(one));
  section.settings.push_back(path_setting("database", STAGEPOST_FIELD(report.reports.database_path),
                                          {.below = Below::state, .name = "reports.db"},
                                          "Where counts and received reports are kept."));
  section.settings.push_back(setting("keep_for", STAGEPOST_FIELD(report.reports.keep_for),
                                     duration_codec(hours(24), hours(24 * 3'660)),
                                     "How long received reports are kept."));
  section.settings.push_back(setting("save_every", STAGEPOST_FIELD(report.reports.save_every),
                                     duration_codec(seconds(1), minutes(10)),
                                     "How often counts are written. A crash loses so much of "
                                     "them."));
  return {section};
}

}  // namespace config
