"""Asks etcd's own HTTP gateway on a Kubernetes server: neither curl nor etcdctl is on every server.

Input: {"authority", "certificate", "key": files, "question": below /v3/maintenance, "body": JSON}. Output: its answer.
"""

import http.client
import json
import ssl
import sys

SECONDS = 2


def main() -> None:
    """Ask the question of standard input, and print the answer."""
    order = json.load(sys.stdin)
    context = ssl.create_default_context(cafile=order["authority"])
    context.load_cert_chain(order["certificate"], order["key"])
    connection = http.client.HTTPSConnection("127.0.0.1", 2379, timeout=SECONDS, context=context)
    connection.request("POST", f"/v3/maintenance/{order['question']}", json.dumps(order["body"]))
    response = connection.getresponse()
    answer = response.read().decode()
    if response.status != http.client.OK:
        sys.exit(f"etcd says {response.status}: {answer}")
    sys.stdout.write(answer)


if __name__ == "__main__":
    main()
