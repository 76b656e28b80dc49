"""Faults of discovery and lists: versions that are gone, pages, other kinds, objects too large."""

from breakage import change_list, cut_in_piece, list_text, status
from harness import wait_for
from test_connections import changes

LARGE = "x" * (2 << 20)


def list_again(upstream, times=1):
    """The next watch is refused as too old, so that the mirror takes in a list."""
    upstream.break_next(status(410, "Expired"), "watch", times)
    upstream.drop_connections()


def follows_into_another_list(mirror, upstream):
    """What changes is seen, before and after the mirror has to take in a list again."""
    changes(upstream)
    mirror.until_equal()
    list_again(upstream)
    changes(upstream, "after")
    mirror.until_equal()


def until_listed(mirror, upstream, mark):
    """A list was taken in since then, and a watch is open again."""
    wait_for(lambda: upstream.asked("list", since=mark), "a list")
    mirror.until_equal()


def sees_nothing_but_later(watch):
    watch.until(lambda event: event["type"] != "BOOKMARK", "the new one")
    assert [event[:2] for event in watch.brief()] == [("ADDED", "gamma/later")]
    watch.hang_up()


def test_installed_later(connect, upstream):
    served, upstream.served = upstream.served, []
    mirror = connect()
    mirror.until_state("NotInstalled")
    upstream.served = served
    mirror.until_equal()


def test_removed_and_installed_again(mirror, upstream):
    """KubeVirt was removed, and an old one that has v1alpha1 alone was installed."""
    assert mirror.status()["servedVersion"] == "v1beta1"
    upstream.served = []
    upstream.drop_connections()
    mirror.until_state("NotInstalled")
    changes(upstream)
    upstream.served = ["v1alpha1"]
    mirror.until_equal()
    assert mirror.status()["servedVersion"] == "v1alpha1"


def test_other_objects_after_it_was_away(mirror, upstream):
    """While the kind was not there its objects became others, and no watch tells of it."""
    served, upstream.served = upstream.served, []
    upstream.drop_connections()
    mirror.until_state("NotInstalled")
    changes(upstream)
    upstream.objects.lose_last_event()
    upstream.served = served
    mirror.until_equal()


def test_old_version_only(connect, upstream):
    upstream.served = ["v1alpha1"]
    mirror = connect()
    mirror.until_equal()
    changes(upstream)
    mirror.until_equal()
    assert mirror.status()["servedVersion"] == "v1alpha1"
    assert {item["apiVersion"] for item in mirror.list()["items"]} == {"snapshot.kubevirt.io/v1beta1"}


def test_list_expired(mirror, upstream):
    """Neither the watch nor a list at the last version: the newest state then."""
    upstream.break_next(status(410, "Expired"), lambda request: request.kind == "list" and request.version, None)
    list_again(upstream)
    changes(upstream)
    mirror.until_equal()
    assert upstream.asked("list")[-1].version == ""


def test_version_ahead(mirror, upstream):
    """A replica that has not come as far as the mirror."""
    too_large = status(504, "Timeout", "Too large resource version: 2000, current: 1000", retryAfterSeconds=1,
                       causes=[{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}])
    upstream.break_next(too_large, lambda request: request.kind == "list" and request.version, None)
    list_again(upstream)
    changes(upstream)
    mirror.until_equal()
    assert upstream.asked("list")[-1].version == ""


def test_pages(connect, upstream):
    upstream.pages_at_zero, upstream.page_size = True, 5
    mirror = connect()
    mirror.until_equal()
    assert len(upstream.asked("page")) == 2


def test_page_two_expired(connect, upstream):
    upstream.pages_at_zero, upstream.page_size = True, 5
    expired = upstream.break_next(status(410, "Expired"), "page", None)
    mirror = connect()
    mirror.until_equal()
    assert expired.hits == 1
    assert "limit" not in upstream.asked("list")[-1].query


def test_pages_without_end(connect, upstream):
    """A page that leads to itself."""
    def same_page(connection, request, healthy):
        return upstream.list_answer(request, "v1beta1", [], {"continue": "for-ever", "resourceVersion": "1012"})

    upstream.break_next(same_page, ("list", "page"), None)
    mirror = connect()
    mirror.until_state("Failing", "AnswerInvalid")
    upstream.heal()
    mirror.until_equal()


def test_writes_between_two_pages(connect, upstream):
    """The list is of one version, and the watch goes on from it."""
    upstream.pages_at_zero, upstream.page_size = True, 5

    def write(connection, request, healthy):
        changes(upstream)
        return healthy()

    upstream.break_next(write, "page")
    connect().until_equal()


def test_malformed_list(mirror, upstream):
    watch = mirror.watch()
    upstream.break_next(list_text(lambda text: text[:len(text) // 2] + b"}]]" + text[len(text) // 2:]), "list", None)
    list_again(upstream)
    mirror.until_state("Failing", "AnswerInvalid")
    upstream.objects.create("gamma", "later")
    upstream.heal()
    mirror.until_equal()
    sees_nothing_but_later(watch)


def test_wrong_kind_of_list(mirror, upstream):
    upstream.break_next(change_list(lambda body: body.update(kind="VirtualMachineRestoreList")), "list", None)
    list_again(upstream)
    mirror.until_state("Failing", "AnswerInvalid")
    changes(upstream)
    upstream.heal()
    mirror.until_equal()


def test_wrong_kind_in_a_list(mirror, upstream):
    def change(body):
        body["items"][3]["kind"] = "VirtualMachineRestore"

    upstream.break_next(change_list(change), "list", None)
    list_again(upstream)
    mirror.until_state("Failing", "AnswerInvalid")
    changes(upstream)
    upstream.heal()
    mirror.until_equal()


def test_html_instead_of_a_list(mirror, upstream):
    upstream.break_next(list_text(lambda text: b"<html><body>Please log in</body></html>"), "list", None)
    list_again(upstream)
    mirror.until_state("Failing", "AnswerInvalid")
    changes(upstream)
    upstream.heal()
    mirror.until_equal()


def test_too_large_in_a_list(connect, upstream):
    upstream.objects.create("alpha", "large")
    upstream.objects.update("alpha", "large", note=LARGE)
    mirror = connect()
    status = mirror.until_equal(without={("alpha", "large")})
    assert status["skipped"] == 1
    assert "alpha/large" in status["skippedExample"]
    upstream.objects.delete("alpha", "large")
    upstream.objects.create("alpha", "large")
    mirror.until_equal()


def test_too_large_before_its_name(connect, upstream):
    """Annotations stand before the name, which is not read then."""
    upstream.objects.create("alpha", "large", annotations={"blob": LARGE})
    mirror = connect()
    assert mirror.until_equal(without={("alpha", "large")})["skipped"] == 1
    key = sorted(upstream.objects.items())[1]
    upstream.objects.annotate(*key, blob=LARGE)
    upstream.objects.create("gamma", "later")
    assert mirror.until_equal(without={key, ("alpha", "large")})["skipped"] == 2


def test_versions_go_backwards(mirror, upstream):
    """The cluster was restored from a backup: what came after it is gone, and versions count from there."""
    before = upstream.objects.checkpoint()
    changes(upstream)
    upstream.objects.pass_versions(100)
    upstream.objects.create("gamma", "lost")
    mirror.until_equal()
    upstream.objects.restore(before)
    upstream.objects.create("gamma", "after-the-restore")
    upstream.objects.recreate(*sorted(upstream.objects.items())[0])
    mirror.until_equal()
    changes(upstream, "much-later")
    mirror.until_equal()
    assert mirror.list()["metadata"]["resourceVersion"] == str(upstream.objects.version)


def test_new_uid_in_a_list(mirror, upstream):
    key = sorted(upstream.objects.items())[4]
    watch = mirror.watch()
    before = upstream.objects.items()[key]["metadata"]["uid"]
    upstream.refuse()
    after = upstream.objects.recreate(*key)["metadata"]["uid"]
    upstream.objects.compact()
    upstream.accept()
    mirror.until_equal()
    watch.until(lambda event: event["type"] == "ADDED", "the new one")
    seen = [(event["type"], event["object"]["metadata"]["uid"]) for event in watch.events if event["type"] != "BOOKMARK"]
    assert seen == [("DELETED", before), ("ADDED", after)]
    watch.hang_up()


def test_deleted_meanwhile(mirror, upstream):
    upstream.refuse()
    for key in sorted(upstream.objects.items())[:5]:
        upstream.objects.delete(*key)
    upstream.objects.compact()
    upstream.accept()
    mirror.until_equal()


def test_list_out_of_order(connect, upstream):
    upstream.shuffle = 7
    mirror = connect()
    mirror.until_equal()
    watch = mirror.watch()
    upstream.shuffle = 8
    mark = upstream.mark()
    list_again(upstream)
    upstream.objects.create("gamma", "later")
    until_listed(mirror, upstream, mark)
    sees_nothing_but_later(watch)


def test_relist_changes_nothing(mirror, upstream):
    """Nothing that did not change has an event, and listings that began before go on as they were."""
    watch = mirror.watch()
    first = mirror.list(limit=5)
    mark = upstream.mark()
    upstream.objects.pass_versions(3)
    list_again(upstream)
    until_listed(mirror, upstream, mark)
    upstream.objects.create("gamma", "later")
    mirror.until_equal()
    watch.until(lambda event: event["type"] != "BOOKMARK", "the new one")
    assert [event[:2] for event in watch.brief()] == [("ADDED", "gamma/later")]
    rest = mirror.list(**{"continue": first["metadata"]["continue"], "limit": 500})
    assert rest["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
    names = [item["metadata"]["name"] for item in first["items"] + rest["items"]]
    assert len(names) == 12 and "later" not in names
    watch.hang_up()


def test_no_watch_list(connect, upstream):
    """A server that could know WatchList by its version, but does not want it."""
    upstream.minor = "33"
    mirror = connect()
    mirror.until_equal()
    assert len(upstream.asked("watchlist")) == 1
    changes(upstream)
    mirror.until_equal()


def test_watch_list(connect, upstream):
    upstream.minor, upstream.watch_list = "33", True
    mirror = connect()
    mirror.until_equal()
    follows_into_another_list(mirror, upstream)
    assert upstream.asked("list") == []


def test_an_object_twice_in_a_list(mirror, upstream):
    """As pages can have them that go on at a newer version."""
    watch = mirror.watch()
    upstream.break_next(change_list(lambda body: body["items"].append(body["items"][2])), "list")
    mark = upstream.mark()
    list_again(upstream)
    upstream.objects.create("gamma", "later")
    until_listed(mirror, upstream, mark)
    sees_nothing_but_later(watch)


def test_watch_list_cut(connect, upstream):
    """Ended before the bookmark that says that it is whole."""
    upstream.minor, upstream.watch_list = "33", True
    mirror = connect()
    mirror.until_equal()
    watch = mirror.watch()
    for how in ("fin", "end"):
        cut = upstream.break_next(cut_in_piece(5, how), "watchlist")
        list_again(upstream)
        upstream.objects.create("gamma", f"after-{how}")
        mirror.until_equal()
        assert cut.hits == 1
    watch.until(lambda event: event["object"]["metadata"].get("name") == "after-end", "the last one")
    assert [event[0] for event in watch.brief()] == ["ADDED"] * 2
    watch.hang_up()
