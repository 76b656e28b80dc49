"""The published operations on single snapshots; every answer is held to the published description."""

import swagger

from harness import vm_path

OPERATIONS = {"POST": "v1VMSnapshotCreate", "GET": "v1VMSnapshotGet", "PUT": "v1VMSnapshotUpdate"}


class Palette:
    """Calls the operations on the snapshots of one cluster; in `namespace`, if a call does not say another one."""

    def __init__(self, client, uid, namespace=None):
        self.client = client
        self.uid = uid
        self.query = {"namespace": namespace} if namespace else {}

    def call(self, method, vm, name=None, body=None, text="", **query):
        """`text` stands behind the path, as a query that is not to be encoded."""
        reply = self.client.request(method, vm_path(self.uid, vm, name) + text, body, **{**self.query, **query})
        if reply.status == 200:
            assert swagger.problems(swagger.schema_of(OPERATIONS[method]), reply.json()) == []
            assert reply.header("Content-Type") == "application/json"
        elif reply.status != 204:
            assert swagger.problems(swagger.definition("v1Error"), reply.json()) == []
        return reply

    def create(self, vm, item, **query):
        return self.call("POST", vm, None, item, **query)

    def get(self, vm, name, **query):
        return self.call("GET", vm, name, **query)

    def update(self, vm, name, item, **query):
        return self.call("PUT", vm, name, item, **query)

    def delete(self, vm, name, **query):
        return self.call("DELETE", vm, name, **query)

    def made(self, vm, item, **query):
        """Creates and returns the object."""
        reply = self.create(vm, item, **query)
        assert reply.status == 200, reply
        return reply.json()
