"""Several things at the same moment, each with a connection of its own."""

import threading

from django.db import connection


def beside(*works):
    """Run each in a thread with a connection of its own; what each answered or raised, in order."""
    said = [None] * len(works)
    ready = threading.Barrier(len(works))

    def run(place, work):
        try:
            ready.wait(10)
            said[place] = work()
        except Exception as error:
            said[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(i, work)) for i, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return said
