"""tests/bench/scenarios.py: the list of all scenarios of compare, in the order they are run in."""

import argparse
from collections.abc import Callable

import scenario_backlog
import scenario_domains
import scenario_growth
import scenario_handshakes
import scenario_idle
import scenario_latency
import scenario_maildir
import scenario_relay
import scenario_sign
import scenario_verify
from report import Result
from world import World

Action = Callable[[World, str, argparse.Namespace], Result]
ONE_EACH = {
    "latency": scenario_latency, "maildir-10": scenario_maildir, "idle": scenario_idle,
    "handshakes": scenario_handshakes, "backlog": scenario_backlog,
    "domains": scenario_domains, "sign": scenario_sign, "verify": scenario_verify,
    "growth": scenario_growth,
}
TEXTS = {
    **{name: f"accept and relay, {relay.text}"
       for name, relay in scenario_relay.SCENARIOS.items()},
    **{name: module.TEXT for name, module in ONE_EACH.items()},
}


def run(world: World, name: str, options: argparse.Namespace) -> Result:
    action: Action = ONE_EACH[name].run if name in ONE_EACH else scenario_relay.run
    return action(world, name, options)
