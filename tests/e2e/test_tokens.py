"""Tokens of an issuer in place of keys: on both sides of the API, with the roles and projects that claims give."""

import json
import signal
import time

import pytest

from events import Events
from harness import PATIENCE, Client, Server, run_cli, snapshots, wait_for
from issuer import Issuer, SigningKey, encode, group, hmac_token
from kube import KubeClient, Watch, new_snapshot, snapshots_path
from test_tls import make_certificate

KUBE_LIST = "/clusters/{uid}/apis/snapshot.kubevirt.io/v1beta1/virtualmachinesnapshots"
RULES = (group("admins", "admin"), group("shop", "editor", "shop"), group("shop", "reader", "bank"),
         group("web", "reader", "shop", clusters=["shop-web"]), group("ghosts", "reader", "no-such-project"))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("issuer"), "issuer")


@pytest.fixture
def issuer(certificate):
    made = Issuer(*certificate)
    yield made
    made.stop()


class Trusting:
    """A server that trusts an issuer, with the projects shop and bank, and clusters in them."""

    def __init__(self, folder, *issuers):
        self.config = folder / "snapgate.yaml"
        self.declare(*issuers)
        self.server = Server(folder / "data", "--config", self.config).start()
        admin = self.server.client()
        self.projects = {name: admin.create_project(name)["uid"] for name in ("shop", "bank")}
        for uid in ("shop-web", "shop-db", "bank-web"):
            admin.create_cluster(uid, projectUid=self.projects[uid[:4]])
            admin.load(uid, snapshots(3))

    def declare(self, *issuers):
        self.config.write_text(json.dumps({"issuers": list(issuers)}))

    def client(self, token=None, **options):
        return Client(self.server.port, token, **options)

    def status(self, token, uid="shop-web", **headers):
        """The status of a list with that token, on both sides of the API."""
        reply = self.client(token).list(uid, headers=headers)
        kube = self.client().get(KUBE_LIST.format(uid=uid), {"Authorization": f"Bearer {token}"})
        assert reply.status == kube.status, (reply, kube)
        assert token not in reply.text() and token not in kube.text()
        return reply.status

    def reason(self, token):
        """Why a token is refused: the words of the answer, and the label of the metric that counts it."""
        before = self.refused()
        reply = self.client(token).list("shop-web")
        after = self.refused()
        changed = [reason for reason in after if after[reason] != before[reason]]
        assert reply.status in (401, 403, 503), reply
        return reply.status, ",".join(changed), reply.json()["message"]

    def metric(self, name):
        text = self.server.client().get("/metrics").text()
        return {line.split(" ")[0][len(name):]: float(line.split(" ")[1])
                for line in text.splitlines() if line.startswith(name)}

    def refused(self):
        return {labels.split('"')[1]: value for labels, value in self.metric("snapgate_tokens_refused_total").items()}


@pytest.fixture
def trusting(data_dir, issuer):
    made = Trusting(data_dir.parent, issuer.declared(*RULES))
    yield made
    if made.server.running():
        made.server.stop()


def test_a_token_is_taken_wherever_a_key_is(trusting, issuer):
    token = issuer.token(groups=["shop"])
    names = [item["metadata"]["name"] for item in trusting.client(token).list("shop-web").json()["items"]]
    assert len(names) == 3
    for headers in ({"Authorization": f"Bearer {token}"}, {"Authorization": token}, {"ApiKey": token}):
        reply = trusting.client().list("shop-web", headers=headers)
        assert reply.status == 200, reply
        assert [item["metadata"]["name"] for item in reply.json()["items"]] == names
    assert trusting.client().get(KUBE_LIST.format(uid="shop-web"), {"Authorization": f"Bearer {token}"}).status == 200
    # kube-apiserver takes a token behind the word Bearer alone.
    assert trusting.client().get(KUBE_LIST.format(uid="shop-web"), {"Authorization": token}).status == 401
    assert trusting.status(trusting.server.admin_key) == 200
    # Verified once, however often it is shown.
    assert trusting.metric("snapgate_issuer_tokens_verified_total") == {'{issuer="corp"}': 1}


def test_claims_give_roles_and_projects(trusting, issuer):
    shop, bank = trusting.projects["shop"], trusting.projects["bank"]
    member = issuer.token(groups=["staff", "shop"])
    kube = {uid: KubeClient(trusting.server, uid, member) for uid in ("shop-web", "bank-web")}
    # Each cluster by the rights in its own project.
    assert kube["shop-web"].create("default", new_snapshot("by-token")).status == 201
    refused = kube["bank-web"].create("default", new_snapshot("by-token"))
    assert refused.status == 403 and 'User "corp:alice" cannot create' in refused.json()["message"], refused
    assert trusting.client(member).list("bank-web").status == 200
    # What names no cluster has to say which project is meant.
    reply = trusting.client(member).get("/admin/v1/clusters")
    assert reply.status == 400 and "(bank, shop)" in reply.json()["message"], reply
    listed = {project: [item["uid"] for item in trusting.client(member, project=project).get("/admin/v1/clusters").json()["items"]]
              for project in (shop, bank)}
    assert listed == {shop: ["shop-db", "shop-web"], bank: ["bank-web"]}, listed
    assert trusting.client(member).get("/v1/dashboard/projects/metadata", {"ProjectUid": "0" * 24}).status == 404
    # Some clusters of a project.
    held = trusting.client(issuer.token(groups="web"))
    assert [item["uid"] for item in held.get("/admin/v1/clusters").json()["items"]] == ["shop-web"]
    assert held.list("shop-db").status == 404
    # The tenant.
    admin = trusting.client(issuer.token("root", groups=["admins"]))
    assert len(admin.get("/admin/v1/clusters").json()["items"]) == 3
    assert admin.post("/admin/v1/keys", {"name": "made", "role": "reader"}).status == 201
    assert trusting.client(issuer.token(groups=["admins"]), project=bank).get("/admin/v1/clusters").json()["items"][0]["uid"] == \
        "bank-web"


def test_the_caller_is_told_who_it_is(trusting, issuer):
    token = issuer.token(groups=["shop"])
    claims = issuer.claims()
    me = trusting.client(token, project=trusting.projects["bank"]).get("/admin/v1/whoami").json()
    assert me["id"].startswith("oidc:")
    assert {name: me[name] for name in ("name", "issuer", "role", "projectUid", "clusters")} == {
        "name": "corp:alice", "issuer": "corp", "role": "reader", "projectUid": trusting.projects["bank"], "clusters": None}
    assert me["expiresAt"][:15] == time.strftime("%Y-%m-%dT%H:%M", time.gmtime(claims["exp"]))[:15]
    kube = KubeClient(trusting.server, "shop-web", token)
    review = kube.post("/apis/authentication.k8s.io/v1/selfsubjectreviews",
                       {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}).json()
    user = review["status"]["userInfo"]
    assert (user["username"], user["uid"]) == ("corp:alice", me["id"])
    assert user["groups"] == ["system:authenticated", "snapgate:editor"]


def tampered(token, at, change):
    parts = token.split(".")
    parts[at] = change(parts[at])
    return ".".join(parts)


def test_what_is_no_good_token_is_refused_with_the_reason(trusting, issuer):
    key, claims = issuer.keys[0], issuer.claims(groups=["shop"])
    stranger = SigningKey("first")
    public = json.dumps(key.public()).encode()
    now = int(time.time())
    expected = {
        "malformed": ["eyJ.eyJ.x", "eyJhbGciOiJSUzI1NiJ9..", tampered(key.token(claims), 2, lambda part: part + "="),
                      tampered(key.token(claims), 1, lambda part: encode(b'{"iss":"a","iss":"b"}')),
                      key.token(claims, crit=["exp"]), key.token(claims, typ="logout+jwt"), key.token(claims, kid=7),
                      key.token(claims, kid="k" * 600), key.token({**claims, "pad": "x" * 20_000})],
        "algorithm": [tampered(key.token(claims), 0, lambda part: encode(b'{"alg":"none"}')),
                      hmac_token(public, claims, "first"), key.token(claims, alg="PS256"), key.token(claims, alg="ES256")],
        "signature": [stranger.token(claims), tampered(key.token(claims), 1, lambda part: encode(json.dumps(
            {**claims, "groups": ["admins"]}).encode()))],
        "unknownIssuer": [key.token({**claims, "iss": "https://elsewhere.example.com"}), key.token({**claims, "iss": 7}),
                          key.token({**claims, "iss": None})],
        "audience": [key.token({**claims, "aud": other}) for other in ("other", ["a", "b"], [], None, 7, {"snapgate": 1})],
        "expired": [key.token({**claims, "exp": now - 5}), key.token({**claims, "exp": 0})],
        "tooEarly": [key.token({**claims, "nbf": now + 60}), key.token({**claims, "iat": now + 60.5})],
        "claims": [key.token({**claims, "exp": exp}) for exp in (None, str(now + 60), True, -1, 1e300, [now + 60])] + [
            key.token({**claims, "nbf": "now"}), key.token({**claims, "sub": None}), key.token({**claims, "sub": ""}),
            key.token({**claims, "sub": "a\nb"}), key.token({**claims, "sub": "a" * 300}),
            key.token({**claims, "aud": ["snapgate"] * 200})],
        "noRule": [issuer.token(groups=groups) for groups in ([], "none", ["Shop"], {"shop": True}, 7)] + [issuer.token()],
    }
    for reason, tokens in expected.items():
        for token in tokens:
            status, counted, message = trusting.reason(token)
            assert counted == reason, (reason, counted, message, token[:200])
            assert status == (403 if reason == "noRule" else 401)
            assert message.startswith("the token is refused: "), message
    # The rules name a project that is not there.
    assert trusting.client(issuer.token(groups=["ghosts"])).list("shop-web").status == 403
    log = "\n".join(trusting.server.lines)
    assert "eyJ" not in log, "a token stands in the log"
    assert trusting.status(key.token(claims)) == 200


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"])
def test_every_algorithm_is_verified(data_dir, issuer, algorithm):
    issuer.keys = [SigningKey("it", algorithm)]
    trusting = Trusting(data_dir.parent, issuer.declared(*RULES))
    good = issuer.token(groups=["shop"])
    assert trusting.status(good) == 200
    assert trusting.status(good[:-4] + ("AAAA" if not good.endswith("AAAA") else "BBBB")) == 401
    trusting.server.stop()


def test_a_new_key_is_fetched_when_a_token_names_it(data_dir, issuer):
    trusting = Trusting(data_dir.parent, issuer.declared(*RULES, refresh="1h"))
    assert trusting.status(issuer.token(groups=["shop"])) == 200
    issuer.keys.append(SigningKey("second"))
    # No request fails meanwhile.
    assert trusting.status(issuer.token(groups=["shop"])) == 200
    assert issuer.fetches() == 2
    trusting.server.stop()


def test_a_withdrawn_key_verifies_nothing_more(trusting, issuer):
    before = issuer.token(groups=["shop"])
    assert trusting.status(before) == 200
    issuer.keys.append(SigningKey("second"))
    # What was verified before, too.
    del issuer.keys[0]
    wait_for(lambda: trusting.client(before).list("shop-web").status == 401, "the old key to be forgotten")
    assert trusting.status(issuer.token(groups=["shop"])) == 200


def test_unknown_keys_make_the_server_ask_seldom(data_dir, issuer):
    trusting = Trusting(data_dir.parent, issuer.declared(*RULES, refresh="1h"))
    assert trusting.status(issuer.token(groups=["shop"])) == 200
    stranger = SigningKey("x")
    for index in range(50):
        token = stranger.token(issuer.claims(groups=["shop"]), kid=f"unknown-{index}")
        assert trusting.client(token).list("shop-web").status == 401
    # At the start, for the first of them, and once in ten seconds, should this have taken so long.
    assert issuer.fetches() <= 3
    trusting.server.stop()


def test_the_issuer_is_away_for_a_while(data_dir, issuer):
    trusting = Trusting(data_dir.parent, issuer.declared(*RULES, **{"keys-max-age": "4s"}))
    server = trusting.server
    token = issuer.token(groups=["shop"])
    assert trusting.status(token) == 200
    issuer.stop()
    wait_for(lambda: server.log("cannot fetch the keys of an issuer of tokens"), "the log to say so")
    # Its keys go on, for tokens that were not seen before, too.
    assert trusting.status(token) == 200
    assert trusting.status(issuer.token("bob", groups=["shop"])) == 200
    # A key that is new meanwhile cannot be known: that is not the fault of who shows the token.
    new = SigningKey("second").token(issuer.claims(groups=["shop"]))
    status, counted, message = trusting.reason(new)
    assert (status, counted) == (503, "unavailable") and "cannot be fetched now" in message, message
    # Not for ever.
    wait_for(lambda: server.log("the keys of an issuer of tokens are too old: its tokens are refused"), "the log to say so", 20)
    reply = trusting.client(token).list("shop-web")
    assert reply.status == 503 and reply.header("Retry-After"), reply
    assert trusting.metric("snapgate_issuer_usable") == {'{issuer="corp"}': 0}
    assert trusting.client(server.admin_key).list("shop-web").status == 200
    issuer.start()
    wait_for(lambda: trusting.client(token).list("shop-web").status == 200, "the issuer to be back")
    assert server.log("the keys of an issuer of tokens can be fetched again")
    server.stop()


def test_a_restart_while_the_issuer_is_away(data_dir, issuer):
    trusting = Trusting(data_dir.parent, issuer.declared(*RULES, **{"keys-max-age": "6s"}))
    server = trusting.server
    token = issuer.token(groups=["shop"])
    assert trusting.status(token) == 200
    server.stop()
    issuer.stop()
    stopped = time.monotonic()
    server.start()
    assert trusting.status(token) == 200
    assert server.log("goes on with the kept keys of an issuer of tokens")
    # They are no younger for that.
    wait_for(lambda: trusting.client(token).list("shop-web").status == 503, "the keys to be too old", 20)
    assert time.monotonic() - stopped < 6 + 5 * PATIENCE
    # What is declared no more leaves nothing behind.
    folder = server.data_dir / "issuer-keys"
    assert len(list(folder.iterdir())) == 1
    trusting.declare()
    server.process.send_signal(signal.SIGHUP)
    wait_for(lambda: not list(folder.iterdir()), "the kept keys to go")
    server.stop()


def test_a_killed_server_goes_on(trusting, issuer):
    token = issuer.token(groups=["shop"])
    assert trusting.status(token) == 200
    trusting.server.kill()
    trusting.server.start()
    # The first request does not fail because the keys are still on their way.
    assert trusting.status(token) == 200


def test_an_expiry_ends_watches_and_streams(trusting, issuer):
    exp = int(time.time()) + 4
    token = issuer.token(groups=["shop"], exp=exp)
    watch = Watch(KubeClient(trusting.server, "shop-web", token), snapshots_path(), {"watch": "1", "allowWatchBookmarks": "true"})
    events = Events(trusting.client(token, project=trusting.projects["shop"]))
    watch.until_end()
    events.until_end()
    assert time.time() >= exp
    assert events.events[-1].data == {"reason": "keyExpired", "message": "the token has expired"}
    assert watch.events[-1]["type"] == "ERROR" and watch.events[-1]["object"]["code"] == 401, watch.events[-1]
    assert trusting.status(token) == 401


def test_a_reload_takes_in_other_rules(trusting, issuer):
    token = issuer.token(groups=["shop"])
    assert trusting.status(token) == 200
    trusting.declare(issuer.declared(group("shop", "reader", "bank")))
    trusting.server.signal(signal.SIGHUP)
    wait_for(lambda: trusting.client(token).list("shop-web").status == 404, "the new rules")
    assert trusting.client(token).list("bank-web").status == 200
    # A file that cannot be read changes nothing.
    trusting.config.write_text("issuers: [{name: corp}]")
    trusting.server.signal(signal.SIGHUP)
    wait_for(lambda: trusting.server.log("cannot read the settings again: the old ones stay in use"), "the log to say so")
    assert trusting.client(token).list("bank-web").status == 200
    trusting.declare()
    trusting.server.signal(signal.SIGHUP)
    wait_for(lambda: trusting.client(token).list("bank-web").status == 401, "the issuer to be forgotten")


def test_a_token_of_a_service_account(data_dir, issuer):
    """Tokens as kube-apiserver signs them, with keys that it serves to who shows a token."""
    account = {"namespace": "backup", "serviceaccount": {"name": "runner", "uid": "f2c1"}, "pod": {"name": "runner-0"}}
    rule = {"claim": ["kubernetes.io", "namespace"], "values": ["backup"], "role": "editor", "projects": ["shop"]}
    # Two clusters that call themselves the same issuer, each with keys of its own.
    name = "https://kubernetes.default.svc.cluster.local"
    other = SigningKey("other", "ES256")
    (data_dir.parent / "other.json").write_text(json.dumps({"keys": [other.public()]}))
    (data_dir.parent / "token").write_text("the-servers-own\n")
    trusting = Trusting(data_dir.parent,
                        issuer.declared(rule, issuer=name, **{"jwks-url": f"{issuer.url}/keys?set=1",
                                                              "token-file": str(data_dir.parent / "token")}),
                        {"name": "edge", "issuer": name, "audiences": ["snapgate"], "jwks-file": "other.json",
                         "rules": [{**rule, "projects": ["bank"]}]})
    claims = {**issuer.claims("system:serviceaccount:backup:runner"), "iss": name, "aud": ["snapgate", "vault"],
              "kubernetes.io": account}
    token, edge = issuer.keys[0].token(claims), other.token(claims)
    assert trusting.client(token).list("shop-web").status == 200
    assert set(issuer.bearers) == {"Bearer the-servers-own"}
    assert trusting.client(edge).list("shop-web").status == 404
    assert trusting.client(edge).list("bank-web").status == 200
    named = [trusting.client(one).get("/admin/v1/whoami").json() for one in (token, edge)]
    assert [one["name"] for one in named] == ["corp:system:serviceaccount:backup:runner",
                                              "edge:system:serviceaccount:backup:runner"]
    assert named[0]["id"] != named[1]["id"]
    assert trusting.client(issuer.keys[0].token({**claims, "kubernetes.io": {"namespace": "other"}})).list("shop-web").status == 403
    trusting.server.stop()


def test_the_limits_of_a_key_hold_for_a_user(data_dir, issuer):
    trusting = Trusting(data_dir.parent, issuer.declared(*RULES))
    trusting.server.stop()
    trusting.server.arguments += ["--rate", "1", "--burst", "3"]
    trusting.server.start()
    # With several tokens, too.
    statuses = [trusting.client(issuer.token(groups=["shop"], jti=str(index))).list("shop-web").status for index in range(6)]
    assert statuses[:3] == [200] * 3 and 429 in statuses[3:], statuses
    assert trusting.client(issuer.token("bob", groups=["shop"])).list("shop-web").status == 200
    trusting.server.stop()


def test_the_command_line_takes_a_token(trusting, issuer, tmp_path):
    (tmp_path / "token").write_text(issuer.token(groups=["web"]) + "\n")
    home = {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    url = f"http://127.0.0.1:{trusting.server.port}"
    ran = run_cli("login", url, "--api-key-file", tmp_path / "token", env=home)
    assert ran.returncode == 0, ran.stderr
    told = run_cli("whoami", env=home).stdout
    assert "corp:alice (oidc:" in told and "Role:     reader" in told and "Created" not in told, told
    assert "shop-web" in run_cli("get", "clusters", env=home).stdout


def test_a_login_with_a_token_file_follows_the_file(trusting, issuer, tmp_path):
    token = tmp_path / "token"
    token.write_text(issuer.token(groups=["web"]) + "\n")
    home = {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    url = f"http://127.0.0.1:{trusting.server.port}"
    assert run_cli("login", url, "--token-file", "token", env=home, cwd=tmp_path).returncode == 0
    saved = (tmp_path / "config" / "snapgate" / "context.json").read_text()
    assert token.read_text().strip() not in saved and str(token) in saved
    assert "corp:alice" in run_cli("whoami", env=home).stdout
    # Renewed by somebody, for another user here.
    token.write_text(issuer.token("bob", groups=["web"]) + "\n")
    assert "corp:bob" in run_cli("whoami", env=home).stdout
    # Another key for one command goes before it.
    assert "Created" in run_cli("whoami", "--api-key-file", trusting.server.data_dir / "admin.key", env=home).stdout
    token.unlink()
    gone = run_cli("whoami", env=home)
    assert gone.returncode == 2 and str(token) in gone.stderr, gone.stderr
    both = run_cli("login", url, "--token-file", token, "--api-key-file", token, env=home)
    assert both.returncode == 2 and "cannot be combined" in both.stderr, both.stderr


def test_a_configuration_is_checked(trusting, issuer, tmp_path):
    trusting.declare(issuer.declared(*RULES), {"name": "edge", "issuer": "edge", "audiences": ["a"], "jwks-file": "keys.json",
                                               "rules": [group("a", "reader")]})
    keys = trusting.config.with_name("keys.json")
    check = ("serve", "--check-config", "--config", trusting.config, "--data-dir", tmp_path / "none", "--credentials-key-file",
             tmp_path / "credentials.key")
    assert f"issuers[1].jwks-file: {keys}" in (ran := run_cli(*check)).stdout + ran.stderr and ran.returncode != 0
    keys.write_text('{"keys": []}')
    assert "the key set is empty" in (ran := run_cli(*check)).stdout + ran.stderr
    keys.write_text(json.dumps({"keys": [issuer.keys[0].public()]}))
    assert (ran := run_cli(*check)).returncode == 0, ran.stderr
    trusting.declare(issuer.declared(group("a", "king")))
    assert "issuers[0].rules[0].role: must be reader, editor or admin" in (ran := run_cli(*check)).stdout + ran.stderr
