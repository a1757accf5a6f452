// See words.h: parameters about Postfix itself.
#include <array>

#include "import/postfix/words.h"

namespace postfix {
namespace {

constexpr auto table = std::to_array<Words>({
    {"compatibility_level config_directory command_directory daemon_directory data_directory "
     "queue_directory mail_owner setgid_group default_privs shlib_directory meta_directory "
     "mail_name mail_version mail_release_date process_id_directory import_environment "
     "export_environment sendmail_path newaliases_path mailq_path html_directory manpage_directory "
     "readme_directory sample_directory debugger_command debug_peer_* multi_instance_* "
     "alternate_config_directories default_database_type default_verp_delimiters daemon_table_* "
     "openssl_path postlog_service_name program_directory syslog_facility syslog_name "
     "maillog_* master_service_disable service_name proxy_read_maps proxy_write_maps "
     "berkeley_db_* lmdb_map_size process_name process_id shlib_directory daemon_timeout "
     "ipc_* application_event_drain_time opts_* event_drain_time",
     Fate::different, "is about Postfix's own files and programs"},
    {"biff", Fate::same, "nobody is told of new mail on a terminal"},
    {"proxy_interfaces", Fate::different,
     "our addresses are not looked at; a domain is ours when the directory has it"},
    {"parent_domain_matches_subdomains", Fate::different,
     "\"example.org\" is itself, \".example.org\" its subdomains"},
    {"mydestination mynetworks inet_interfaces", Fate::same, "is empty"},
    {"mynetworks_style", Fate::same, "mynetworks is set and counts"},
    {"host_name home myhostname mydomain myorigin", Fate::same, "see hostname"},
    {"verp_* disable_verp_bounces smtpd_authorized_verp_clients disable_mime_*", Fate::different,
     "VERP is for the list manager"},
    {"message_strip_characters message_reject_characters mime_* detect_8bit_encoding_header "
     "strict_mime_*",
     Fate::different, "mail is handed on as it came; see [submission] for mail of our own people"},
    {"non_smtpd_milters smtpd_milters", Fate::same, "no filter is asked"},
    {"*_service_name", Fate::different, "our server is one program"},
    {"message_size_limit", Fate::same, "see limits.message_bytes_max"},
    {"*_timeout *_time_limit", Fate::different, "times are set in [limits] and [delivery]"},
    {"tls_*", Fate::same, "TLS 1.2 and 1.3 with OpenSSL's strong ciphers"},
    {"unknown_*", Fate::different, "replies and their codes are fixed"},
    {"frozen_delivered_to info_log_address_format", Fate::different, "has no equal"},
});

}  // namespace

std::span<const Words> words_about_server() { return table; }

}  // namespace postfix
