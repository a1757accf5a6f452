"""tests/conformance/suite.py: asks servers all cases.

In/Out:  a folder, cases, keys of servers → ({title: {case's name: Result}}, what went wrong).
Errors:  a server that does not run is in the second part, with the end of its log.
"""

import subprocess
from pathlib import Path

from cases import Case
from peer import CannotRun
from peers.netns import Netns
from player import Result, play
from servers import ADDRESSES, NAMES, SERVERS, World, names_of, place_of

LOG_CHARACTERS = 3000
Results = dict[str, Result]


def ask_one(world: World, key: str, cases: list[Case]) -> Results:
    server = SERVERS[key](world.net, world.folder, world.authority)
    try:
        server.start()
        return world.net.inside(lambda: {
            case.name: play(case, place_of(server), names_of(server, number))
            for number, case in enumerate(cases)})
    except (CannotRun, RuntimeError, AssertionError, OSError, TimeoutError,
            subprocess.SubprocessError) as error:
        raise CannotRun(f"{server.title}: {error}\n{server.log()[-LOG_CHARACTERS:]}") from error
    finally:
        server.close()


def ask(folder: Path, cases: list[Case], keys: list[str]) -> tuple[dict[str, Results], list[str]]:
    results, trouble = {}, []
    with Netns(*ADDRESSES, dns=NAMES) as net:
        world = World(net, folder)
        for key in keys:
            try:
                results[SERVERS[key].title] = ask_one(world, key, cases)
            except CannotRun as error:
                trouble.append(str(error))
    return results, trouble
