"""tests/bench/conditions.py: under which conditions a run of compare took place.

Versions, machine, what a sync and a round trip cost here and now; the latter two are also what the
bounds of some scenarios are computed from.
"""

import os

import report
from world import World


def state(world: World) -> list[str]:
    """Measures disk and ping-pong, keeps them in the world, and says all of it."""
    disk = world.tools.measured("disk", "--folder", world.folder)
    ping = world.tools.measured("pingpong")
    world.sync_ms = disk["overwrite_ms"]
    world.disk_mb_per_second = disk["sequential_mb_s"]
    world.round_trip_ms = ping["two_cores_us"] / 1000
    world.stated = f"{os.cpu_count()} cores, sync {world.sync_ms:.2f} ms"  # under pictures
    versions = []
    for kind in world.wanted:
        try:
            version = kind.version()
        except OSError as error:
            version = str(error)
        if version not in versions:
            versions.append(version)
    return [
        "; ".join(versions), *report.machine(world.folder),
        f"sync of 4 KiB: {disk['overwrite_ms']:.3f} ms in a preallocated file, "
        f"{disk['append_ms']:.3f} ms appended; {disk['sequential_mb_s']:.0f} MB/s in sequence; "
        f"ping-pong {ping['one_core_us']:.1f} µs on one core, {ping['two_cores_us']:.1f} µs on two",
        "client and sink: `stagepost bench load` and `sink`, the same for all; commands are "
        "pipelined where a server offers it; no TLS unless said; every message is checked at the "
        "sink",
        "durable before 250: Stagepost, Postfix, Exim, Haraka, bare; not OpenSMTPD and chasquid. "
        "Stagepost with its trace; Postfix, OpenSMTPD without a log (no syslogd)",
    ]
