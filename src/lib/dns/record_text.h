// lib/dns/record_text.h: the data of one record, Record → text of a zone file or octets of a packet
// (RFC 1035 §5.1, §3.3).
//
// What:    data_text for people and zone files; put_data for packets.
// In/Out:  Type and Record → "10 mail.example.org.", "\"v=spf1 mx -all\""; → octets.
// Errors:  put_data: false for what is no record of that type.
// Limits:  strings of TXT are cut at 255 octets (RFC 1035 §3.3), the reader joins them.
// Not here: the other way (rdata.h, zone_reader.h).
#pragma once

#include <string>

#include "lib/dns/resolver.h"

namespace dns {

[[nodiscard]] std::string data_text(Type type, const Record& record);
[[nodiscard]] bool put_data(std::string& out, Type type, const Record& record);
// "_dmarc.example.org. 3600 IN TXT \"v=DMARC1; p=none\""
[[nodiscard]] std::string zone_line(std::string_view name, Type type, const Record& record,
                                    std::uint32_t ttl_seconds = 3600);

}  // namespace dns
