"""The archive for any Linux, and the container image, in root file systems that hold none of what they need."""

import subprocess

import pytest

from machine import remove_root, run_bare, unpack_image, unpack_root

USER = 65532
# Starts a server, asks it, and stops it in order.
TRY = """set -e
server=$1
$server serve --data-dir /data --listen 127.0.0.1:0 2>/log &
pid=$!
for i in $(seq 200); do test -s /data/url && break; sleep 0.1; done
$server login "$(cat /data/url)" --api-key-file /data/admin.key
$server create cluster demo
$server get clusters
kill -TERM $pid
wait $pid
cat /log
"""


def unpack(archive, folder):
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["tar", "-xzf", archive, "-C", folder], check=True)
    return next(folder.glob("snapgate-*-linux-*"))


def test_the_archive_is_whole(archive, tmp_path):
    subprocess.run(["sha256sum", "--check", "--quiet", "--strict", "SHA256SUMS"], cwd=unpack(archive, tmp_path), check=True)
    subprocess.run(["sha256sum", "--check", "--quiet", "--strict", "SHA256SUMS"], cwd=archive.parent, check=True)


def test_it_has_the_completions_and_a_page_for_each_command(archive, tmp_path):
    tree = unpack(archive, tmp_path)
    share = tree / "share"
    for shell, place in ("bash", "bash-completion/completions/snapgate"), ("zsh", "zsh/site-functions/_snapgate"):
        said = subprocess.run([tree / "bin/snapgate", "completion", shell], capture_output=True, text=True, check=True).stdout
        assert (share / place).read_text(encoding="utf-8") == said
    pages = [page.name for page in (share / "man" / "man1").iterdir()]
    assert len(pages) > 40 and "snapgate-get-snapshots.1" in pages


def test_it_serves_in_an_older_release(archive, place):
    """Debian 11, whose libc is too old for the program and which lacks most of its libraries."""
    unpack_root("bullseye", place)
    tree = unpack(archive, place / "opt")
    (place / "usr/local/bin/snapgate").symlink_to(f"/opt/{tree.name}/bin/snapgate")
    (place / "try").write_text(TRY, encoding="utf-8")
    ran = run_bare(place, ["/bin/bash", "/try", "snapgate"],
                   environment={"HOME": "/root", "PATH": "/usr/local/bin:/usr/bin:/bin"})
    assert ran.code == 0 and "demo" in ran.text and '"message":"stopped"' in ran.text, ran.text
    # Without the archive's libraries the same program does not start there.
    bare = run_bare(place, [f"/opt/{tree.name}/libexec/snapgate", "version"])
    assert bare.code != 0, bare.text


def test_it_starts_where_there_is_nothing_else(archive, place):
    """No package manager, no shell, no libc."""
    tree = unpack(archive, place)
    (place / "proc").mkdir()
    ran = run_bare(place, [f"/{tree.name}/bin/snapgate", "version"])
    assert ran.code == 0 and ran.text.startswith("client: "), ran.text
    without_proc = subprocess.run(["chroot", place, f"/{tree.name}/bin/snapgate", "version"], capture_output=True, text=True,
                                  check=False)
    assert without_proc.returncode == 1 and "is /proc mounted?" in without_proc.stderr


@pytest.fixture
def unpacked(image, tmp_path):
    config, root = unpack_image(image, tmp_path)
    yield config, root
    remove_root(root)


def test_the_image_serves_as_it_says(unpacked):
    """As its configuration says how to run it, but on loopback, and with a root file system that is read only."""
    config, root = unpacked
    assert config["User"] == f"{USER}:{USER}" and config["Entrypoint"] == ["/usr/bin/snapgate"] and config["Cmd"] == ["serve"]
    assert list(config["ExposedPorts"]) == ["8443/tcp"] and list(config["Volumes"]) == ["/var/lib/snapgate"]
    environment = dict(one.split("=", 1) for one in config["Env"])
    ran = run_bare(root, ["/usr/bin/snapgate", "serve"], user=USER, read_only=True, writable=["/var/lib/snapgate"],
                   environment=environment, until=b'"listening"')
    assert ran.code == 0 and '"message":"stopped"' in ran.text, ran.text
    assert '"address":"0.0.0.0","port":8443,"tls":true' in ran.text, ran.text
    # It has no home to keep the key in; that is said at the start.
    assert '"credentials of connected clusters cannot be stored"' in ran.text, ran.text
    data = root / "var/lib/snapgate/data"
    assert (data / "admin.key").stat().st_uid == USER and (data / "store" / "data.mdb").exists()
    written = subprocess.run(["find", root, "-newer", root / "usr/bin", "-type", "f", "-not", "-path", f"{data}/*"],
                             capture_output=True, text=True, check=True).stdout
    assert written == "", written


def test_the_image_holds_no_other_program(unpacked):
    _, root = unpacked
    programs = {str(path.relative_to(root)) for path in root.rglob("*")
                if path.is_file() and not path.is_symlink() and path.stat().st_mode & 0o111}
    assert programs == {"opt/snapgate/bin/snapgate", "opt/snapgate/libexec/snapgate", "opt/snapgate/lib/ld.so"}
