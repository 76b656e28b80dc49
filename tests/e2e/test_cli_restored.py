"""`get snapshots --watch` while the server's store is replaced by an older copy of it, and what `restore` says."""

import shutil

from cli import Cli, follow
from harness import Server, free_port, snapshot, wait_for


def test_a_watch_lists_again_where_the_server_was_set_back(tmp_path):
    server = Server(tmp_path / "data", listen=f"127.0.0.1:{free_port()}").start()
    admin = server.client()
    admin.create_cluster("demo")
    admin.load("demo", [snapshot("web", "old")])
    server.stop()
    shutil.copytree(tmp_path / "data", tmp_path / "backup")
    server.start()
    with follow(server, "demo", "-o", "name") as following:
        following.until(lambda lines: len(lines) == 1, "the list")
        for i in range(20):
            server.client().load("demo", [snapshot("web", f"lost-{i}")])
        following.until(lambda lines: len(lines) == 21, "what is to be lost")
        server.stop()
        shutil.rmtree(tmp_path / "data")
        shutil.copytree(tmp_path / "backup", tmp_path / "data")
        server.start()
        wait_for(lambda: any("listing again" in line for line in following.errors), "that the list is taken again", 40)
        following.until(lambda lines: len(lines) == 22 and lines[-1].endswith("/old"), "the list as it is now")
        server.client().load("demo", [snapshot("web", "new")])
        following.until(lambda lines: len(lines) == 23 and lines[-1].endswith("/new"), "what comes then")
        following.interrupt()
    server.stop()


def test_a_restore_counts_clusters_and_not_their_kinds(tmp_path):
    server = Server(tmp_path / "data").start()
    cli = Cli(server, tmp_path / "config")
    for uid in ("one", "two"):
        server.client().create_cluster(uid)
    server.client().load("one", [snapshot("web", "a")])
    cli("backup", "--to", tmp_path / "b")
    server.stop()
    assert ": 2 clusters, 1 snapshot\n" in cli.good("restore", tmp_path / "b", "--data-dir", tmp_path / "new")
