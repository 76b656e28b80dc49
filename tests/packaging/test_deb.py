"""The Debian package: its content by Debian's own checks, and its life on a system that systemd has booted."""

import gzip
import re
import subprocess

import pytest

from harness import wait_for
from machine import ROOT

UNIT = ROOT / "packaging" / "debian" / "snapgate.service"
MOST_EXPOSED = 2.0
ASK = "curl -sS --cacert /var/lib/snapgate/ca.crt https://127.0.0.1:8443"


def test_lintian_finds_nothing(deb):
    ran = subprocess.run(["lintian", "--allow-root", "--info", deb], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, ""), ran


def test_it_has_the_completions_and_a_page_for_each_command(deb, tmp_path):
    subprocess.run(["dpkg-deb", "-x", deb, tmp_path], check=True)
    share = tmp_path / "usr" / "share"
    program = tmp_path / "usr" / "bin" / "snapgate"
    for shell, place in ("bash", "bash-completion/completions/snapgate"), ("zsh", "zsh/vendor-completions/_snapgate"):
        said = subprocess.run([program, "completion", shell], capture_output=True, text=True, check=True).stdout
        assert (share / place).read_text(encoding="utf-8") == said
    subprocess.run([program, "man", tmp_path / "man"], capture_output=True, check=True)
    pages = {page.name for page in (tmp_path / "man").iterdir()}
    assert {page.name for page in (share / "man" / "man1").iterdir()} == {f"{name}.gz" for name in pages} and len(pages) > 40
    page = gzip.decompress((share / "man" / "man1" / "snapgate.1.gz").read_bytes()).decode()
    assert "/etc/snapgate/snapgate.yaml" in page and page.index(".SH FILES") < page.index(".SH SEE ALSO")


def test_the_service_may_do_little(tmp_path):
    """The exposure that systemd computes; it grows if a line of the unit goes."""
    def exposure(text):
        unit = tmp_path / "snapgate.service"
        unit.write_text(text, encoding="utf-8")
        ran = subprocess.run(["systemd-analyze", "security", "--offline=true", unit], capture_output=True, text=True,
                             env={"SYSTEMD_COLORS": "0", "PATH": "/usr/bin", "LC_ALL": "C.UTF-8"}, check=False)
        found = re.search(r"Overall exposure level for snapgate\.service: ([\d.]+)", ran.stdout)
        assert found, ran
        return float(found[1])

    text = UNIT.read_text(encoding="utf-8")
    assert exposure(text) <= MOST_EXPOSED
    assert exposure(text.replace("CapabilityBoundingSet=\n", "").replace("PrivateUsers=yes\n", "")) > MOST_EXPOSED


@pytest.fixture(scope="module")
def installed(machine, deb):
    machine.put(deb)
    machine.must(f"dpkg -i /srv/{deb.name}")
    yield machine


def show(machine, what):
    return machine.must(f"systemctl show --value -p {what} snapgate").strip()


def put_drop_in(machine, text):
    machine.must("mkdir -p /etc/systemd/system/snapgate.service.d && cat >/etc/systemd/system/snapgate.service.d/test.conf "
                 f"<<'END'\n[Service]\n{text}\nEND\nsystemctl daemon-reload && systemctl restart snapgate")


def test_it_serves_once_it_is_installed(installed):
    assert installed.must("systemctl is-active snapgate; systemctl is-enabled snapgate").split() == ["active", "enabled"]
    assert show(installed, "StatusText") == "serving on 127.0.0.1 port 8443"
    assert installed.must(f"{ASK}/readyz -o /dev/null -w '%{{http_code}}'") == "200"
    owners = installed.must("stat -c '%U:%G %a %s' /etc/snapgate /etc/snapgate/credentials.key /var/lib/snapgate "
                            "/var/lib/snapgate/admin.key").splitlines()
    assert [line.rsplit(" ", 1)[0] for line in owners] == ["root:snapgate 750", "snapgate:snapgate 600",
                                                           "snapgate:snapgate 700", "snapgate:snapgate 600"]
    assert owners[1].endswith(" 32")
    log = installed.must("journalctl -u snapgate --no-pager")
    assert "cannot be stored" not in log, log


def test_a_new_client_needs_what_the_page_says_and_no_more(installed):
    installed.must("snapgate login https://127.0.0.1:8443 --ca /var/lib/snapgate/ca.crt "
                   "--api-key-file /var/lib/snapgate/admin.key && snapgate create cluster demo")
    assert "demo" in installed.must("snapgate get clusters")


def test_it_is_told_when_the_server_reads_its_settings_again(installed):
    pid = show(installed, "MainPID")
    installed.must("sed -i 's/^#log-level: .*/log-level: warning/' /etc/snapgate/snapgate.yaml && "
                   "systemctl reload snapgate")
    # A server that is busy may still be reading.
    wait_for(lambda: show(installed, "ActiveState") != "reloading", "the end of the reload")
    assert show(installed, "ActiveState") == "active" and show(installed, "MainPID") == pid
    assert '"changed the log level"' in installed.must("journalctl -u snapgate --no-pager")


def test_the_service_has_a_place_for_an_audit_log(installed):
    installed.must("cp -p /etc/snapgate/snapgate.yaml /srv/ && sed -i "
                   "'s|^#audit-log: .*|audit-log: /var/log/snapgate/audit.log|' /etc/snapgate/snapgate.yaml && "
                   "systemctl restart snapgate && snapgate create key audited && "
                   "for i in $(seq 100); do grep -q audited /var/log/snapgate/audit.log && break; sleep 0.1; done")
    assert '"kind":"Key","name":"audited"' in installed.must("cat /var/log/snapgate/audit.log")
    assert installed.must("stat -c '%U %a' /var/log/snapgate /var/log/snapgate/audit.log").splitlines() == [
        "snapgate 700", "snapgate 600"]
    installed.must("cp -p /srv/snapgate.yaml /etc/snapgate/ && systemctl restart snapgate")


def test_a_wrong_setting_is_not_tried_again(installed):
    installed.must("cp -p /etc/snapgate/snapgate.yaml /srv/ && echo 'histroy: 5m' >>/etc/snapgate/snapgate.yaml")
    assert installed.run("systemctl restart snapgate").code != 0
    assert (show(installed, "ExecMainStatus"), show(installed, "ActiveState")) == ("2", "failed")
    assert "histroy: there is no such setting" in installed.must("journalctl -u snapgate --no-pager")
    installed.must("cp -p /srv/snapgate.yaml /etc/snapgate/ && systemctl restart snapgate")


def test_a_server_that_hangs_is_started_again(installed):
    """The server is stopped by a signal: none of its loops turns. While they turn, several spans pass."""
    put_drop_in(installed, "WatchdogSec=1s\nTimeoutAbortSec=1s")
    pid = show(installed, "MainPID")
    installed.must("sleep 3")
    assert show(installed, "MainPID") == pid
    installed.must(f"kill -STOP {pid}; for i in $(seq 200); do systemctl is-active -q snapgate && "
                   "test \"$(systemctl show -P NRestarts snapgate)\" = 1 && break; sleep 0.1; done")
    assert (show(installed, "NRestarts"), show(installed, "ActiveState")) == ("1", "active")
    assert "Watchdog timeout" in installed.must("journalctl -u snapgate --no-pager")
    installed.must("rm -r /etc/systemd/system/snapgate.service.d && systemctl daemon-reload && systemctl restart snapgate")


def test_nothing_is_lost_by_an_upgrade_or_a_removal(installed, deb):
    key = installed.must("sha256sum /etc/snapgate/credentials.key")
    installed.must("echo '# ours' >>/etc/snapgate/snapgate.yaml")
    pid = show(installed, "MainPID")
    installed.must(f"dpkg -i /srv/{deb.name}")
    assert show(installed, "MainPID") not in (pid, "0")
    installed.must("dpkg -r snapgate")
    assert installed.run("systemctl is-active snapgate").text.strip() != "active"
    installed.must(f"dpkg -i /srv/{deb.name}")
    assert installed.must("sha256sum /etc/snapgate/credentials.key") == key
    assert installed.must("tail -1 /etc/snapgate/snapgate.yaml") == "# ours\n"
    assert "demo" in installed.must("snapgate get clusters")


def test_a_purge_leaves_nothing_behind(installed):
    # Keys that docs/operations.md has the operator keep.
    kept = set(re.findall(r"> (/etc/snapgate/[\w.-]+)", (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")))
    assert {"/etc/snapgate/prometheus.key", "/etc/snapgate/admin-2.key"} <= kept
    for name in kept:
        installed.must(f"echo secret >{name}")
    installed.must("dpkg -P snapgate")
    assert installed.run("id snapgate").code != 0
    left = installed.must("find /etc /var/lib /var/log /usr /lib/systemd -name '*snapgate*' -not -path '/var/lib/systemd/*'")
    assert left == ""
