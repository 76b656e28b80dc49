"""Lists a cluster's snapshots with the Kubernetes client for Python, and says what that cost, as a line of JSON.

Its own process, so that its CPU time is that of the list alone: `list_by_client.py URL CA KEY`, the key in the
environment's SNAPGATE_BENCH_KEY.
"""

import json
import os
import sys
import time

from kubernetes import client


def main():
    configuration = client.Configuration()
    configuration.host, configuration.ssl_ca_cert = sys.argv[1:3]
    configuration.api_key = {"authorization": "Bearer " + os.environ["SNAPGATE_BENCH_KEY"]}
    api = client.CustomObjectsApi(client.ApiClient(configuration))
    cpu, began = time.process_time(), time.monotonic()
    listed = api.list_cluster_custom_object("snapshot.kubevirt.io", "v1beta1", "virtualmachinesnapshots")
    print(json.dumps({"objects": len(listed["items"]), "cpu_seconds": time.process_time() - cpu,
                      "seconds": time.monotonic() - began}))


if __name__ == "__main__":
    main()
