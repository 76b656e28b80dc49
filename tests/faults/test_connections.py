"""Faults below HTTP: connections that are refused, end or go silent; TLS; names; credentials."""

import json

from breakage import cut_in_piece, hang, hang_after, plain_status, raw, reset, slow, status
from certificates import Authority
from harness import name_of, wait_for
from mirror import Mirror
from proxy import Proxy
from upstream import Upstream
from wire import Answer


def changes(upstream, prefix="later"):
    """Objects come, change and go."""
    objects = upstream.objects
    for number in range(3):
        objects.create("gamma", f"{prefix}-{number}")
    some = sorted(objects.items())
    objects.update(*some[0])
    objects.delete(*some[1])


def is_seen_and_healed(mirror, upstream, fault, state, reason):
    """All requests get the fault: the mirror says so and keeps what it has; and then catches up."""
    before, _ = mirror.items()
    upstream.break_next(fault, times=None)
    upstream.drop_connections()
    mirror.until_state(state, reason)
    changes(upstream)
    assert mirror.items()[0] == before
    upstream.heal()
    upstream.drop_connections()
    mirror.until_equal()


def test_refused(mirror, upstream):
    before, _ = mirror.items()
    upstream.refuse()
    mirror.until_state("Unreachable", "ConnectionRefused")
    changes(upstream)
    reply = mirror.kube.list()
    assert reply.status == 200
    assert reply.header("Warning").startswith("299 ")
    assert {name_of(item): item for item in reply.json()["items"]} == before
    upstream.accept()
    mirror.until_equal()
    assert mirror.kube.list().header("Warning") is None


def test_reset(mirror, upstream):
    is_seen_and_healed(mirror, upstream, reset, "Unreachable", "ConnectionReset")


def test_reset_before_tls(mirror, upstream):
    def end(connection):
        reset(connection, None, None)

    upstream.on_accept = end
    upstream.drop_connections()
    mirror.until_state("Unreachable")
    changes(upstream)
    upstream.on_accept = None
    mirror.until_equal()


def test_hung_before_the_header(mirror, upstream):
    is_seen_and_healed(mirror, upstream, hang, "Unreachable", "AnswerTimeout")


def test_hung_in_the_stream(mirror, upstream):
    hung = upstream.break_next(hang_after(0), "watch")
    upstream.drop_connections()
    mirror.until_state("Ready")
    changes(upstream)
    mirror.until_equal()
    assert hung.hits == 1


def test_hung_in_a_list(connect, upstream):
    hung = upstream.break_next(hang_after(3), "list")
    mirror = connect()
    mirror.until_equal()
    assert hung.hits == 1


def test_half_open(connect, upstream):
    """The other side is gone, and nothing says so."""
    proxy = Proxy(upstream.port)
    mirror = connect(upstream.kubeconfig(port=proxy.port))
    mirror.until_equal()
    proxy.forget_silently()
    changes(upstream)
    mirror.until_equal()
    proxy.stop()


def test_slow_bytes(connect, upstream):
    """What comes, comes: it is only silence that ends a list."""
    slowed = upstream.break_next(slow(500, 0.1), "list", None)
    mirror = connect()
    mirror.until_equal()
    assert slowed.hits == 1


def test_slow_events(mirror, upstream):
    upstream.break_next(slow(20, 0.01), "watch", None)
    upstream.drop_connections()
    mark = upstream.mark()
    changes(upstream)
    mirror.until_equal()
    assert upstream.asked("list", since=mark) == []


def test_not_http(mirror, upstream):
    is_seen_and_healed(mirror, upstream, raw(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"), "Failing", "NotHttp")


def test_load_balancer_without_a_cluster(mirror, upstream):
    is_seen_and_healed(mirror, upstream, plain_status(502), "Failing", None)


def test_internal_error(mirror, upstream):
    is_seen_and_healed(mirror, upstream, status(500, "InternalError"), "Failing", "InternalError")


def test_service_unavailable(mirror, upstream):
    is_seen_and_healed(mirror, upstream, status(503, "ServiceUnavailable"), "Failing", "ServiceUnavailable")


def test_cut_in_a_list(mirror, upstream):
    """In each way in which a list can break off: what came before is not taken for the whole."""
    watch = mirror.watch()
    for how in ("reset", "fin", "end"):
        upstream.break_next(cut_in_piece(5, how), "list", 2)
        upstream.break_next(status(410, "Expired"), "watch")
        upstream.drop_connections()
        upstream.objects.create("gamma", f"after-{how}")
        mirror.until_equal()
    watch.until(lambda event: event["object"]["metadata"].get("name") == "after-end", "the last one")
    assert [kind for kind, _, _ in watch.brief()] == ["ADDED"] * 3
    watch.hang_up()


def test_expired_certificate(mirror, upstream, authority):
    good, upstream.context = upstream.context, authority.server_context(expired=True)
    upstream.drop_connections()
    mirror.until_state("Unreachable", "CertificateExpired")
    changes(upstream)
    upstream.context = good
    mirror.until_equal()


def test_changed_authority(mirror, upstream, folder):
    """The cluster's certificate is of another authority now, which nobody trusts until it is set."""
    upstream.authority = Authority(folder, "other-authority")
    upstream.context = upstream.authority.server_context()
    upstream.drop_connections()
    mirror.until_state("Unreachable", "CertificateNotTrusted")
    changes(upstream)
    mirror.set_kubeconfig(upstream.kubeconfig())
    mirror.until_equal()


def test_goes_on_with_the_session_before(mirror, upstream):
    """A watch that is opened again is spared the certificate."""
    before = upstream.mark()
    upstream.drop_connections()
    wait_for(lambda: any(request.connection.resumed for request in upstream.asked("watch", since=before)),
             "a watch that goes on with a session")
    mirror.until_equal()


def test_name_not_found(connect, upstream):
    mirror = connect(upstream.kubeconfig(host="no-such-cluster.invalid"))
    mirror.until_state("Unreachable", "NameNotFound")
    mirror.set_kubeconfig(upstream.kubeconfig(host="localhost"))
    mirror.until_equal()


def test_unauthorized_then_a_new_token(mirror, upstream):
    upstream.tokens = {"second-token"}
    upstream.drop_connections()
    mirror.until_state("Unauthorized", "Unauthorized")
    changes(upstream)
    mirror.set_kubeconfig(upstream.kubeconfig(token="second-token"))
    mirror.until_equal()
    assert "second-token" not in json.dumps(mirror.status())


def test_another_cluster(mirror, upstream, authority):
    """Credentials that lead to another cluster: what the first one still says does not count."""
    other = Upstream(authority)
    other.objects.fill(7, ("alpha", "delta"), "other")
    other.objects.pass_versions(500)
    first, mirror.upstream = upstream, other
    mirror.set_kubeconfig(other.kubeconfig())
    changes(first)
    mirror.until_equal()
    wait_for(lambda: not first.connections, "the end of the first cluster's watch")
    changes(other)
    mirror.until_equal()
    other.stop()


def test_another_cluster_in_the_midst_of_a_list(connect, upstream, authority):
    """The rest of a list that began before is not taken for the other cluster's."""
    other = Upstream(authority)
    other.objects.fill(5, ("delta",), "other")
    slowed = upstream.break_next(slow(500, 0.1), "list")
    mirror = connect()
    wait_for(lambda: slowed.hits == 1, "the list")
    mirror.upstream = other
    mirror.set_kubeconfig(other.kubeconfig())
    mirror.until_equal()
    changes(other)
    mirror.until_equal()
    other.stop()


def test_unauthorized_for_a_while(mirror, upstream):
    is_seen_and_healed(mirror, upstream, status(401, "Unauthorized"), "Unauthorized", "Unauthorized")


def test_forbidden(mirror, upstream):
    is_seen_and_healed(mirror, upstream, status(403, "Forbidden"), "Forbidden", "Forbidden")


def test_redirect(mirror, upstream):
    """Nobody is followed to another place with our credentials."""
    def redirect(connection, request, healthy):
        return Answer(302, b"", {"Location": f"https://127.0.0.1:{upstream.port}/elsewhere"})

    mark = upstream.mark()
    is_seen_and_healed(mirror, upstream, redirect, "Failing", None)
    assert not [request for request in upstream.requests[mark:] if "elsewhere" in request.path]


def test_silent_at_the_door(connect, upstream):
    """Connections are taken, and then there is nothing, not even TLS."""
    mirror = connect()
    mirror.until_equal()
    upstream.on_accept = lambda connection: connection.until_gone()
    upstream.drop_connections()
    mirror.until_state("Unreachable")
    changes(upstream)
    upstream.on_accept = None
    upstream.drop_connections()
    mirror.until_equal()


def test_started_again_while_the_cluster_is_away(start_own, upstream, connect):
    """What was stored is served at once, and the watch goes on from the stored version."""
    server = start_own()
    mirror = connect(on=server)
    mirror.until_equal()
    before, _ = mirror.items()
    upstream.refuse()
    changes(upstream)
    server.kill()
    server.start()
    mirror.reconnect()
    reply = mirror.kube.list()
    assert reply.status == 200 and len(reply.json()["items"]) == len(before)
    assert reply.header("Warning").startswith("299 ")
    mirror.until_state("Unreachable", "ConnectionRefused")
    mark = upstream.mark()
    upstream.accept()
    mirror.until_equal()
    assert upstream.asked("list", since=mark) == []


def test_one_that_hangs_holds_up_no_other(connect, upstream, authority):
    other = Upstream(authority)
    other.objects.fill(5)
    mirror = connect()
    mirror.until_equal()
    others = [Mirror(mirror.server, other) for _ in range(10)]
    other.break_next(hang, times=None)
    other.drop_connections()
    others[0].until_state("Unreachable", "AnswerTimeout")
    changes(upstream)
    mirror.until_equal(seconds=2)
    other.heal()
    other.drop_connections()
    for one in others:
        one.until_equal()
        one.remove()
    other.stop()


def test_clock_an_hour_off(mirror, upstream):
    """Nothing that is counted here depends on the cluster's clock; the check says how it stands."""
    for offset in (3600, -3600):
        upstream.clock_offset = offset
        upstream.drop_connections()
        changes(upstream, f"offset{offset}")
        mirror.until_equal()
        assert mirror.kube.list().header("Warning") is None
        found = mirror.check()["Clock"]
        assert found["outcome"] == "Warning", found
        assert "3600" in found["message"] or "3599" in found["message"] or "3601" in found["message"], found
    upstream.clock_offset = 0
    assert mirror.check()["Clock"]["outcome"] == "Good"
