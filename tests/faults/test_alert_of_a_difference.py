"""The alert that needs a self-check, which a server makes once an hour: tests/e2e/test_alerts.py has all others."""

from harness import wait_for
from mirror import TIMES
from prometheus import RULES, Prometheus, shortened
from test_self_check import lose_an_event


def test_a_difference_is_an_alert(start_own, upstream, connect, tmp_path):
    server = start_own(TIMES + ",check=300ms")
    mirror = connect(on=server)
    mirror.until_equal()
    job = {"static_configs": [{"targets": [f"127.0.0.1:{server.port}"]}],
           "authorization": {"type": "Bearer", "credentials": server.admin_key}}
    with Prometheus(tmp_path / "prometheus", [job], shortened(RULES.read_text())) as prometheus:
        wait_for(lambda: prometheus.value("snapgate_mirror_checks_total") is not None, lambda: str(prometheus.targets()), 20)
        lose_an_event(upstream)
        alert = wait_for(lambda: prometheus.firing().get("SnapgateMirrorDiffers"), lambda: str(prometheus.firing()), 30)[0]
    assert alert["labels"]["cluster"] == mirror.uid
