"""A Neutron that has nothing.

Nova asks it for the security groups of the servers that it lists, and answers 500 without it.
"""

import json

NOTHING = json.dumps({"ports": [], "security_groups": [], "extensions": []}).encode()


def application(_environ, start_response):
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(NOTHING)))]
    start_response("200 OK", headers)
    return [NOTHING]
