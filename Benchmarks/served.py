"""The release router before an upstream, in a folder of its own: what allocations/run, instructions and scripts/release-layout ask."""
import contextlib
import socket

from kinds import configuration  # and the path to the tests' own
import processes


@contextlib.contextmanager
def served(folder, program="strangler-router", **options):
    """The running router of one thread, killed at the end if it still runs; `options` are those of processes.Process."""
    upstream = processes.Process("bench-upstream", "127.0.0.1:0", log=folder / "upstream.log").ready()
    try:
        router = processes.Process(program, "--config", configuration(folder, upstream.address), "--threads", 1, log=folder / "router.log", **options)
        try:
            yield router.ready(60)
        finally:
            router.kill()
    finally:
        upstream.kill()


def connect(router):
    return socket.create_connection(("127.0.0.1", router.port), 30)
