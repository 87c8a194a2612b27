"""An STS that gives made-up credentials for roles, and is strict about how it is asked."""

import datetime
import urllib.parse

import answering
import shop
import signature

VERSION = "2011-06-15"
LAST = {"AssumeRole": {"ExternalId", "DurationSeconds"},
        "AssumeRoleWithWebIdentity": {"WebIdentityToken", "DurationSeconds"}}


class Sts(answering.Server):
    """`callers`: keys that may assume roles, as for the proxy. `token`: what opens a role."""

    def __init__(self):
        super().__init__()
        self.callers = {}
        self.token = None
        self.external_id = None
        self.given = {}
        self.lifetime = 3600
        self.number = 0

    def answer(self, method, path, headers, body):
        try:
            form = self.parse(method, path, headers, body)
            if form["Action"] == "AssumeRole":
                self.check_caller(headers, body, form)
            else:
                self.check_token(headers, form)
            return 200, self.give(form)
        except signature.Refused as refused:
            if not refused.expected:
                self.refuse(str(refused))
            return 403, self.error(refused.code, str(refused))

    def parse(self, method, path, headers, body):
        if (method, path) != ("POST", "/"):
            raise signature.Refused("MalformedInput", f"{method} {path}")
        if headers["content-type"] != "application/x-www-form-urlencoded; charset=utf-8":
            raise signature.Refused("MalformedInput", f"type {headers['content-type']}")
        pairs = urllib.parse.parse_qsl(body.decode("ascii"), True, True)
        form = dict(pairs)
        if len(form) != len(pairs):
            raise signature.Refused("MalformedInput", "a parameter twice")
        if form.get("Version") != VERSION or form.get("Action") not in LAST:
            raise signature.Refused("InvalidAction", f"{form}")
        known = {"Action", "Version", "RoleArn", "RoleSessionName"} | LAST[form["Action"]]
        if not set(form) <= known or "RoleArn" not in form or "RoleSessionName" not in form:
            raise signature.Refused("ValidationError", f"parameters {sorted(form)}")
        return form

    def check_caller(self, headers, body, form):
        signature.check_signature(
            headers, body, self.callers, shop.REGION, service="sts")
        if form.get("ExternalId") != self.external_id:
            raise signature.Refused("AccessDenied", "another external id", expected=True)

    def check_token(self, headers, form):
        for name in ("authorization", "x-amz-date", "x-amz-security-token"):
            if name in headers:
                raise signature.Refused("AccessDenied", f"signed all the same: {name}")
        if form["WebIdentityToken"] != self.token:
            raise signature.Refused("InvalidIdentityToken", "another token", expected=True)

    def give(self, form):
        self.number += 1
        key = f"ASIA{self.number}STS"
        self.given[key] = {"secret": f"secret/of+{key}", "token": f"token//of+{key}=="}
        self.callers[key] = self.given[key]
        expiration = datetime.datetime.utcnow() + datetime.timedelta(seconds=self.lifetime)
        action = form["Action"]
        return (
            f'<{action}Response xmlns="https://sts.amazonaws.com/doc/{VERSION}/">\n'
            f"  <{action}Result>\n    <AssumedRoleUser><Arn>{form['RoleArn']}/"
            f"{form['RoleSessionName']}</Arn></AssumedRoleUser>\n    <Credentials>\n"
            f"      <AccessKeyId>{key}</AccessKeyId>\n"
            f"      <SecretAccessKey>secret/of&#43;{key}</SecretAccessKey>\n"
            f"      <SessionToken>token//of+{key}==</SessionToken>\n"
            f"      <Expiration>{expiration.strftime('%Y-%m-%dT%H:%M:%SZ')}</Expiration>\n"
            f"    </Credentials>\n  </{action}Result>\n  <ResponseMetadata><RequestId>1"
            f"</RequestId></ResponseMetadata>\n</{action}Response>\n")

    @staticmethod
    def error(code, message):
        return (f'<ErrorResponse xmlns="https://sts.amazonaws.com/doc/{VERSION}/"><Error>'
                f"<Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
                "<RequestId>1</RequestId></ErrorResponse>")
