"""How often and how soon a cluster is tried again."""

import time

from breakage import error_event, only, status
from mirror import Mirror
from test_connections import changes
from upstream import Upstream

# So often a Retry-After is honoured, one after another.
MOST = 10


def test_retry_after_many_times_in_a_row(mirror, upstream, authority):
    """Each is kept, for the tenth time too; then the cluster's wish counts no more, as it may be one
    that never ends. 429 and 503 alike, side by side."""
    other = Upstream(authority)
    other.objects.fill(5)
    second = Mirror(mirror.server, other)
    second.until_equal()
    refused = [(upstream, upstream.break_next(status(429, "TooManyRequests", headers={"Retry-After": "1"}), times=MOST + 3)),
               (other, other.break_next(status(503, "ServiceUnavailable", headers={"Retry-After": "1"}), times=MOST + 3))]
    for cluster, _ in refused:
        cluster.drop_connections()
        changes(cluster)
    mirror.until_state("Failing", "TooManyRequests")
    second.until_state("Failing", "ServiceUnavailable")
    mirror.until_equal(seconds=30)
    second.until_equal(seconds=30)
    for cluster, broken in refused:
        assert broken.hits == MOST + 3
        times = [request.time for request in cluster.requests if request.status in (429, 503)]
        gaps = [after - before for before, after in zip(times, times[1:])]
        assert min(gaps[:MOST]) >= 0.95, gaps
        assert max(gaps[MOST:]) < 0.95, gaps
    second.remove()
    other.stop()


def test_retry_after_counts_anew_after_a_success(mirror, upstream):
    for _ in range(2):
        mark = len(upstream.requests)
        upstream.break_next(status(429, "TooManyRequests", headers={"Retry-After": "1"}), times=2)
        upstream.drop_connections()
        changes(upstream, f"later-{mark}")
        mirror.until_equal()
        times = [request.time for request in upstream.requests[mark:]]
        assert times[1] - times[0] >= 0.95 and times[2] - times[1] >= 0.95, times


def test_retry_after_in_a_status(mirror, upstream):
    """Where an error comes inside a stream, the seconds stand in its details."""
    upstream.break_next(only(error_event(429, "TooManyRequests", retryAfterSeconds=1)), "watch", 2)
    upstream.drop_connections()
    changes(upstream)
    began = time.monotonic()
    mirror.until_equal()
    assert time.monotonic() - began >= 1.9
