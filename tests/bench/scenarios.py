"""tests/bench/scenarios.py: the list of all scenarios of compare, in the order they are run in."""

import argparse

import scenario_relay
from report import Result
from world import World

RELAY = {name: f"accept and relay, {relay.text}"
         for name, relay in scenario_relay.SCENARIOS.items()}
TEXTS = {**RELAY}


def run(world: World, name: str, options: argparse.Namespace) -> Result:
    return scenario_relay.run(world, name, options)
