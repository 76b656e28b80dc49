"""Debian's Prometheus and its promtool, which tools/install unpacks, and the files that snapgate gives to them."""

import json
import re
import subprocess
import urllib.parse
import urllib.request

import yaml

from harness import ROOT, free_port, wait_for

PROGRAMS = ROOT / ".cache" / "debian" / "prometheus" / "usr" / "bin"
DEPLOYED = ROOT / "deploy" / "prometheus"
RULES = DEPLOYED / "snapgate.rules.yaml"


def promtool(*arguments, stdin=None, cwd=None):
    return subprocess.run([str(PROGRAMS / "promtool"), *map(str, arguments)], input=stdin, capture_output=True, text=True,
                          check=False, cwd=cwd, timeout=120)


def alerts_of(rules, group=None):
    """The rules of a file, or of one of its groups, by the names of their alerts."""
    return {rule["alert"]: rule for one in yaml.safe_load(rules)["groups"] if group in (None, one["name"]) for rule in one["rules"]}


def shortened(rules):
    """The rules with other times: what lasts minutes takes seconds. Days stay, since a certificate can be made that
    expires whenever a test likes."""
    rules = re.sub(r"\bfor: \w+", "for: 1s", rules)
    rules = re.sub(r"\[\d+[mhd]\]", "[8s]", rules)
    return re.sub(r"\* 60\b", "* 0.1", rules)


class Prometheus:
    """A Prometheus that scrapes and evaluates each second. `jobs`: scrape configurations without a job's name; all of
    them get the one that the rules expect."""

    def __init__(self, folder, jobs, rules=None):
        folder.mkdir()
        named = [{"job_name": f"job-{number}", "relabel_configs": [{"target_label": "job", "replacement": "snapgate"}], **job}
                 for number, job in enumerate(jobs)]
        files = []
        if rules is not None:
            (folder / "rules.yaml").write_text(rules)
            files = ["rules.yaml"]
        config = folder / "prometheus.yml"
        config.write_text(yaml.safe_dump({"global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
                                          "rule_files": files, "scrape_configs": named}))
        checked = promtool("check", "config", config)
        assert checked.returncode == 0, checked.stdout + checked.stderr
        self.port = free_port()
        self.log = open(folder / "log", "w", encoding="utf-8")
        self.process = subprocess.Popen(
            [str(PROGRAMS / "prometheus"), f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}",
             f"--web.listen-address=127.0.0.1:{self.port}"], stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)

        def is_ready():
            assert self.process.poll() is None, (folder / "log").read_text()[-4000:]
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=5) as answer:
                    return answer.status == 200
            except OSError:
                return False

        wait_for(is_ready, "Prometheus", 30)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)
        self.log.close()

    def ask(self, path, **query):
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(url, timeout=30) as answer:
            told = json.load(answer)
        assert told["status"] == "success", told
        return told["data"]

    def targets(self):
        return self.ask("targets")["activeTargets"]

    def value(self, query):
        """The value of the first series that a query gives, or None."""
        result = self.ask("query", query=query)["result"]
        return float(result[0]["value"][1]) if result else None

    def firing(self):
        """{name of an alert: those that fire}"""
        firing = {}
        for alert in self.ask("alerts")["alerts"]:
            if alert["state"] == "firing":
                firing.setdefault(alert["labels"]["alertname"], []).append(alert)
        return firing
