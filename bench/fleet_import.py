"""Imports a generated fleet into a server, over its API."""

import http.client
import json
import ssl

from fleet_dump import PROJECTS, cluster_uid, project_of, project_uid


class Refused(Exception):
    """The server did not take what it was given."""


class Importer:
    """`with Importer(url, key) as importer:`, the URL split. One kept connection; not for several threads at once."""

    def __init__(self, url, key, ca_file=None):
        self.headers = {"ApiKey": key}
        if url.scheme == "https":
            context = ssl.create_default_context(cafile=ca_file)
            self.connection = http.client.HTTPSConnection(url.hostname, url.port, context=context)
        else:
            self.connection = http.client.HTTPConnection(url.hostname, url.port)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def post(self, path, body, content_type="application/json", accepted=(201, 409)):
        self.connection.request("POST", path, body, {**self.headers, "Content-Type": content_type})
        response = self.connection.getresponse()
        text = response.read()
        if response.status not in accepted:
            raise Refused(f"POST {path} gives {response.status}: {text[:500]}")
        return json.loads(text)

    def create_project(self, uid):
        self.post("/admin/v1/projects", json.dumps({"name": uid, "uid": uid}))

    def create_cluster(self, uid, project):
        self.post("/admin/v1/clusters", json.dumps({"name": uid, "uid": uid, "projectUid": project}))

    def import_objects(self, uid, objects):
        counts = self.post(f"/admin/v1/clusters/{uid}/import", "\n".join(objects).encode(), "application/x-ndjson",
                           accepted=(200,))
        if counts["refused"]:
            raise Refused(f"the import into {uid} refuses {counts['refused'][0]}")


def create_projects(importer):
    for number in range(PROJECTS):
        importer.create_project(project_uid(number))


def import_cluster(importer, number, objects):
    importer.create_cluster(cluster_uid(number), project_of(number))
    importer.import_objects(cluster_uid(number), objects)
