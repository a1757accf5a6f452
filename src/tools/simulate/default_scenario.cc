// See scenario.h: the scenario in the program; `stagepost simulate --example` prints it.
#include "tools/simulate/scenario.h"

namespace simulate {
namespace {

constexpr std::string_view text =
    R"(# An Internet for `stagepost simulate` (docs/simulate.md has every key).
# `domains` and `mail` of a provider are parts: they need not add up to anything.

[mail]
messages = 1000000
days = 7
domains = 5000
pattern = "daily"          # constant, daily or newsletter
zipf = 1.0                 # how uneven the domains of a provider are

# Few hosts for many people. Knows its senders, and lets a new one begin small.
[[provider]]
name = "large webmail"
domains = 0.4
mail = 52
receivers = 4
latency = "50ms"
processing = "400ms"
connections_max = 50
messages_per_connection_max = 100
rate_messages = 12000      # per receiver and window
rate_window = "1h"
rate_reply = 421
warmup_messages = 15000    # on the first day
warmup_growth_percent = 60
warmup_max = 200000
block_after_refused = 5000 # whoever does not take the hint
block_for = "2h"
block_reply = 421
invalid = 0.01
full = 0.004
complaints = 0.0005

# Stands before the servers of companies, looks closely, takes its time.
[[provider]]
name = "business filter"
domains = 15
mail = 25
receivers = 12
latency = "40ms"
processing = "1500ms"
connections_max = 10
messages_per_connection_max = 20
rate_messages = 600
rate_window = "10m"
rate_reply = 451
invalid = 0.02
complaints = 0.0002
block_after_complaints = 20
block_for = "6h"
block_reply = 550

# A company's or a person's own server.
[[provider]]
name = "small host"
domains = 72
mail = 18
latency = "35ms"
processing = "250ms"
addresses = 2
connections_max = 10
greylist_delay = "5m"
greylist_window = "2d"
greylist_known_after = 5
outage_every = "15d"
outage_for = "3h"
down = "timeout"
invalid = 0.02
full = 0.005

# Slow on purpose, and easily full.
[[provider]]
name = "tarpit"
domains = 6
mail = 3
latency = "80ms"
processing = "3s"
tarpit = "20s"
connections_max = 2
rate_messages = 60
rate_window = "1h"
rate_reply = 450
invalid = 0.03

# Domains whose mail host is no more, though it is still in the DNS.
[[provider]]
name = "dead"
domains = 6
mail = 1
addresses = 2
dead = true
down = "timeout"
)";

}  // namespace

std::string_view default_scenario() { return text; }

}  // namespace simulate
