// See table.h: the filters that people already run.
#include "config/table.h"
#include "policy/filters/settings.h"

namespace config {
namespace {

using policy::FilterDefault;
using policy::Quarantine;
using std::chrono::hours;
using std::chrono::milliseconds;

Codec<FilterDefault> default_codec() {
  return choice_codec<FilterDefault>({{"tempfail", FilterDefault::tempfail},
                                      {"accept", FilterDefault::accept},
                                      {"reject", FilterDefault::reject}});
}

Codec<Quarantine> quarantine_codec() {
  return choice_codec<Quarantine>({{"hold", Quarantine::hold}, {"junk", Quarantine::junk}});
}

Codec<base::Duration> timeout_codec() { return duration_codec(milliseconds(100), hours(1)); }

Codec<std::string> web_codec() {
  Codec<std::string> out = text_codec("URL");
  out.read = [text = out.read](const Value& value) -> base::Result<std::string> {
    auto read = text(value);
    const bool fit =
        !read || read->empty() || read->starts_with("http://") || read->starts_with("https://");
    if (fit) return read;
    return base::fail(base::ErrorKind::invalid,
                      "is no URL; write it like \"http://127.0.0.1:11333\"");
  };
  return out;
}

// Empty is no place for a filter.
Codec<io::ServicePlace> place_codec() {
  Codec<io::ServicePlace> out = service_codec();
  out.read = [place = out.read](const Value& value) -> base::Result<io::ServicePlace> {
    auto read = place(value);
    if (!read || !read->empty()) return read;
    return base::fail(base::ErrorKind::invalid,
                      "is empty; write where the milter listens, like \"127.0.0.1:8891\"");
  };
  return out;
}

Section filters_section() {
  Section section;
  section.name = "filters";
  section.text = "What holds for all filters: the milters and rspamd.";
  section.settings = {
      setting("replaced_body_bytes_max", STAGEPOST_FIELD(policy.filters.replaced_body_bytes_max),
              size_codec(1'024, 1ULL << 32U),
              "The largest body that a filter may put in place of a message's own."),
  };
  return section;
}

Section milter_section() {
  Section section;
  section.name = "milter";
  section.text =
      "Filters that speak the milter protocol, such as opendkim, clamav-milter and rspamd's proxy. "
      "They are asked in the order of this file, and each sees what those before it have changed.";
  repeat(section, STAGEPOST_FIELD(policy.filters.milters));
  Setting address =
      setting("address", STAGEPOST_FIELD(policy.filters.milters.back().address), place_codec(),
              "Where it listens: \"127.0.0.1:8891\" or \"unix:/run/opendkim/opendkim.sock\". It "
              "has to be set.");
  address.default_text.clear();
  section.settings = {
      setting("name", STAGEPOST_FIELD(policy.filters.milters.back().name), text_codec(),
              "What logs and `stagepost explain` call it; the address when it is empty."),
      address,
      setting("default_action", STAGEPOST_FIELD(policy.filters.milters.back().default_action),
              default_codec(),
              "What becomes of mail while it cannot be reached, is late or dies. Whatever it is, "
              "nothing of what the filter had asked for until then is done."),
      setting("quarantine", STAGEPOST_FIELD(policy.filters.milters.back().quarantine),
              quarantine_codec(),
              "Where its quarantine is: \"hold\" keeps the message in the queue until an "
              "administrator lets it go, \"junk\" puts it into the Junk folder."),
      setting("submissions", STAGEPOST_FIELD(policy.filters.milters.back().submissions),
              flag_codec(), "It sees the mail of people who log in, too."),
      setting("connect_timeout", STAGEPOST_FIELD(policy.filters.milters.back().connect_timeout),
              timeout_codec(), "How long a connection to it may take, options agreed on."),
      setting("command_timeout", STAGEPOST_FIELD(policy.filters.milters.back().command_timeout),
              timeout_codec(), "How long it may think about a command."),
      setting("content_timeout", STAGEPOST_FIELD(policy.filters.milters.back().content_timeout),
              timeout_codec(), "How long it may think about a part of a message."),
      setting("end_timeout", STAGEPOST_FIELD(policy.filters.milters.back().end_timeout),
              timeout_codec(),
              "How long it may be silent at the end of a message; in all it has nine minutes."),
  };
  return section;
}

Section rspamd_section() {
  Section section;
  section.name = "rspamd";
  section.text = "rspamd asked over HTTP, after the milters: its verdict, fields and signatures.";
  section.settings = {
      setting("url", STAGEPOST_FIELD(policy.filters.rspamd.url), web_codec(),
              "Where its worker listens, like \"http://127.0.0.1:11333\"; empty: it is not asked."),
      setting("password", STAGEPOST_FIELD(policy.filters.rspamd.password), text_codec(),
              "Its password, when it wants one."),
      setting("settings_id", STAGEPOST_FIELD(policy.filters.rspamd.settings_id), text_codec(),
              "Which of its own settings it is to take; empty: its usual ones."),
      setting("timeout", STAGEPOST_FIELD(policy.filters.rspamd.timeout), timeout_codec(),
              "How long it may take."),
      setting("size_max", STAGEPOST_FIELD(policy.filters.rspamd.size_max),
              size_codec(1'024, 1ULL << 32U),
              "Larger messages come in without asking it. Each is in memory while it is asked."),
      setting("default_action", STAGEPOST_FIELD(policy.filters.rspamd.default_action),
              default_codec(), "What becomes of mail when it does not answer."),
      setting("quarantine", STAGEPOST_FIELD(policy.filters.rspamd.quarantine), quarantine_codec(),
              "Where its quarantine is, as for a milter."),
      setting("submissions", STAGEPOST_FIELD(policy.filters.rspamd.submissions), flag_codec(),
              "It sees the mail of people who log in, too."),
  };
  return section;
}

}  // namespace

std::vector<Section> filter_sections() {
  return {filters_section(), milter_section(), rspamd_section()};
}

}  // namespace config
