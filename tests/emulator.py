"""The AWS stand-in of the tests: moto's server on a free port of 127.0.0.1, seeded by emulator_seed.py.

Started by tests/support/emulator.rs. Prints one line of JSON on standard output, {"port", "log", "manifest"}, then waits for the end of standard
input and exits with it: whoever started it cannot leave it behind. `log` is a file of JSON lines, one for each request that arrives after seeding and is not
that of emulator_gate.py, which plays the people who change the account:
{"service", "operation", "region", "status"}.
"""

import io
import json
import logging
import os
import re
import sys
import tempfile
import threading
import urllib.request
from urllib.parse import parse_qs

from botocore.session import Session
from moto.server import ThreadedMotoServer

import emulator_gate
import emulator_guide
import emulator_seed


# Operations that moto does not have and fails over with HTTP 500, which is AWS's way to say "ask again".
MISSING = {
    ("ec2", "DescribeVpcBlockPublicAccessOptions"),
    ("lambda", "ListFunctionUrlConfigs"),
    ("secretsmanager", "ListResourcePolicies"),
}


def unknown(service, operation):
    """Status, headers and body with which AWS refuses an operation that a service does not have, in the service's protocol."""
    if service == "ec2":
        message = f"The action {operation} is not valid for this web service."
        error = f"<Error><Code>InvalidAction</Code><Message>{message}</Message></Error>"
        body = f"<Response><Errors>{error}</Errors><RequestID>0</RequestID></Response>"
        return "400 Bad Request", [("Content-Type", "text/xml")], body.encode()
    code = "UnknownOperationException"
    headers = [("Content-Type", "application/json"), ("x-amzn-ErrorType", code)]
    return "400 Bad Request", headers, json.dumps({"__type": code, "message": f"{operation} is not known"}).encode()


class Recorder:
    """WSGI middleware that appends one line to `log` for each request, before the answer leaves, and refuses what moto does not have."""

    def __init__(self, app, log):
        self.app = app
        self.log = log
        self.lock = threading.Lock()
        self.routes = {}

    def __call__(self, environ, start_response):
        planting = emulator_gate.USER_AGENT in environ.get("HTTP_USER_AGENT", "")
        if planting or environ.get("PATH_INFO", "").startswith("/moto-api"):
            return self.app(environ, start_response)
        service, region = credential_scope(environ.get("HTTP_AUTHORIZATION", ""))
        seen = {"service": service, "operation": self.operation(environ, service), "region": region, "status": None}

        def answer(status, headers, *rest):
            seen["status"] = int(status.split()[0])
            return start_response(status, headers, *rest)

        try:
            if (service, seen["operation"]) in MISSING:
                status, headers, body = unknown(service, seen["operation"])
                answer(status, [*headers, ("Content-Length", str(len(body)))])
                return [body]
            return self.app(environ, answer)
        finally:
            with self.lock:
                self.log.write(json.dumps(seen) + "\n")
                self.log.flush()

    def operation(self, environ, service):
        """The operation's name, from where each of the AWS protocols keeps it: a header, the form, the path."""
        target = environ.get("HTTP_X_AMZ_TARGET")
        if target:
            return target.rpartition(".")[2]
        action = parse_qs(environ.get("QUERY_STRING", "")).get("Action") or form(environ).get("Action")
        if action:
            return action[0]
        method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")
        for operation, verb, pattern in self.rest_routes(service):
            if verb == method and pattern.fullmatch(path):
                return operation
        return f"{method} {path}"

    def rest_routes(self, service):
        """The (operation, method, path pattern) of a REST service, from botocore's model of it; literal paths come before paths with parameters."""
        if service not in self.routes:
            session = Session()
            known = service in session.get_available_services()
            model = session.get_service_model(service) if known else None
            http = {name: model.operation_model(name).http for name in model.operation_names} if model else {}
            routes = [(name, rule["method"], rule["requestUri"].split("?")[0]) for name, rule in http.items()]
            routes.sort(key=lambda route: (route[2].count("{"), -len(route[2]), route[0]))
            self.routes[service] = [(name, method, path_pattern(uri)) for name, method, uri in routes]
        return self.routes[service]


def path_pattern(uri):
    """`/functions/{FunctionName}/policy` as a pattern: a parameter is one path segment, `{Name+}` any number of them, a last slash is optional."""
    parts = re.split(r"(\{[^}]*\})", uri.rstrip("/"))
    pattern = "".join((".+" if part.endswith("+}") else "[^/]+") if part.startswith("{") else re.escape(part) for part in parts)
    return re.compile(pattern + "/?")


def credential_scope(authorization):
    """Service and region from `Credential=KEY/DATE/REGION/SERVICE/aws4_request` of a Signature Version 4 header."""
    scope = re.search(r"Credential=[^/,]+/\d+/([^/,]+)/([^/,]+)/aws4_request", authorization)
    return (scope[2], scope[1]) if scope else (None, None)


def form(environ):
    """The fields of a form body, which is put back for moto to read."""
    if not environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        return {}
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return parse_qs(body.decode("utf-8", "replace"))


def post(url, value):
    data = json.dumps(value).encode()
    urllib.request.urlopen(urllib.request.Request(url, data, {"Content-Type": "application/json"})).close()


def main():
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    endpoint = f"http://127.0.0.1:{port}"
    post(f"{endpoint}/moto-api/config", {"lambda": {"use_docker": False}})
    post(f"{endpoint}/moto-api/seed?a=1", {})  # the same random suffixes and key ids in every run
    manifest = emulator_seed.seed(endpoint)
    aws = emulator_seed.Aws(endpoint)
    manifest |= {"gate": emulator_gate.build(aws), "guide": emulator_guide.build(aws)}

    descriptor, path = tempfile.mkstemp(prefix="rotaudit-emulator-", suffix=".jsonl")
    try:
        with open(descriptor, "w", encoding="utf-8") as log:
            server._server.app = Recorder(server._server.app, log)
            print(json.dumps({"port": port, "log": path, "manifest": manifest}), flush=True)
            sys.stdin.read()
    finally:
        os.unlink(path)


if __name__ == "__main__":
    main()
