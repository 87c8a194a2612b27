"""The endpoint of a container's orchestrator, which hands out made-up credentials."""

import datetime
import json

import answering

PATH = "/v1/credentials?for=shop"


class Container(answering.Server):
    """`token` is what must stand in Authorization; None: nothing may."""

    def __init__(self, host="127.0.0.1"):
        super().__init__(host)
        self.token = None
        self.credentials = None

    def give(self, key, lifetime):
        """Hands out this key from now on. lifetime: seconds. Returns it for the proxy."""
        expiration = datetime.datetime.utcnow() + datetime.timedelta(seconds=lifetime)
        self.credentials = {
            "AccessKeyId": key, "SecretAccessKey": f"secret/of+{key}",
            "Token": f"token//of+{key}==", "AccountId": "1", "RoleArn": "arn:aws:iam::1:role/x",
            "Expiration": expiration.strftime("%Y-%m-%dT%H:%M:%SZ")}
        return {key: {"secret": f"secret/of+{key}", "token": f"token//of+{key}=="}}

    def answer(self, method, path, headers, _body):
        if (method, path) != ("GET", PATH):
            self.refuse(f"{method} {path}")
        if headers.get("authorization") != self.token:
            return 401, json.dumps({"code": "AccessDenied", "message": "another token"})
        return 200, json.dumps(self.credentials)
