"""Random writes to two clusters while what lies between them and us breaks in random ways.

One cluster is hosted by a second snapgate and reached over TLS through a proxy that loses, cuts and
ends connections; that server is killed now and then, and forgets its history early. The other one is
scripted, and does everything that a real one, or what stands before it, does: it answers wrongly in
every way there is, is silent, cut off, restored, overtaken by its new writes, another one, and full
of odd things. The server that mirrors both is killed, too. At the end both mirrors are equal to their
clusters, by content, and so is what a watch of a mirror told; and never was the scripted one's mirror
Ready while it showed an object wrong for longer than a minute of the server's time.

SNAPGATE_FAULT_SEED repeats a run (its choices, not the machine's timing), SNAPGATE_FAULT_SEEDS says
how many runs there are, SNAPGATE_FAULT_WRITES how many writes each has.
"""

import os
import random
import time

import pytest

from informer import Informer
from mirror import Mirror, scaled_times, start_server
from random_clusters import SCALE, HostedCluster, ScriptedCluster
from witness import Witness, scaled

WRITES = int(os.environ.get("SNAPGATE_FAULT_WRITES", "1000"))
GIVEN = os.environ.get("SNAPGATE_FAULT_SEED")
SEEDS = ([int(GIVEN)] if GIVEN else
         [random.SystemRandom().randrange(1 << 32) for _ in range(int(os.environ.get("SNAPGATE_FAULT_SEEDS", "1")))])
FAULT_EVERY = 15  # writes
SECONDS = 30
MINUTE = scaled(60, SCALE)
SLACK = 1.5
TIMES = scaled_times(SCALE, backoff="20ms", most="150ms", answer="1s", connect="1s")


@pytest.mark.parametrize("seed", SEEDS)
def test_equal_at_the_end(seed, folder, authority):
    dice, place = random.Random(seed), folder / f"random-{seed}"
    place.mkdir()
    server = start_server(place, TIMES)
    clusters = [HostedCluster(place, dice), ScriptedCluster(authority, dice)]
    mirrors = [Mirror(server, cluster) for cluster in clusters]
    mirrors[0].until_equal()
    informers, story = [Informer(mirrors[0])], []
    witness = Witness(mirrors[1], wrong_for=MINUTE + SLACK, pause=0.05, restarts=True)
    witness.start()
    try:
        for number in range(WRITES):
            at = dice.randrange(2)
            clusters[at].write()
            if dice.randrange(FAULT_EVERY) == 0:
                story.append(f"{number}: {clusters[at].fault()} at {at}")
            if dice.randrange(200) == 0:
                story.append(f"{number}: the mirrors' server was killed")
                server.kill()
                server.start()
                for mirror in mirrors:
                    mirror.reconnect()
            for informer in informers:
                informer.catch_up()
            time.sleep(dice.choice([0, 0, 0.002, 0.01]))
        for cluster in clusters:
            cluster.heal()
        for mirror in mirrors:
            mirror.until_equal(seconds=SECONDS)
        for informer, mirror in zip(informers, mirrors):
            informer.until_equal(mirror.items()[0])
        witness.stop()
        witness.saw_nothing_wrong()
    except BaseException:
        print(f"SNAPGATE_FAULT_SEED={seed} repeats it; the faults:", *story, server.tail(40), sep="\n")
        print("the requests:", *clusters[1].requests[-30:], sep="\n")
        raise
    finally:
        witness.ends.set()
        witness.join(30)
        for cluster in clusters:
            cluster.stop()
        server.stop()
