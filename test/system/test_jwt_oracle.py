"""Generated tokens, good and bad, of an issuer and of a load balancer, judged by us and by PyJWT.

JWT_CASES sets how many (3,000 by default), JWT_SEED from which seed.
"""

import base64
import datetime
import json
import os
import pathlib
import random
import subprocess
import uuid
from unittest import mock

import jwt
import pytest
from callers import user_of
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, HMACAlgorithm, RSAAlgorithm
from jwt.utils import base64url_decode, base64url_encode

DRIVER = pathlib.Path(os.environ.get("SHOPD_BINARY", "build/release/shopd")).parent / "tools/jwt_driver"
CASES = int(os.environ.get("JWT_CASES", "3000"))
SEED = int(os.environ.get("JWT_SEED", "1"))
NOW = 1_800_000_000
ISSUER, AUDIENCES = "https://issuer.example/pool", ["app", "web"]
OK, TOO_LONG = 0, 1


class Clock(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(NOW, tz)


def make_keys():
    private = {"r1": rsa.generate_private_key(65537, 2048), "r2": rsa.generate_private_key(65537, 2048),
               "e1": ec.generate_private_key(ec.SECP256R1()), "e2": ec.generate_private_key(ec.SECP256R1())}
    entries = []
    for kid, key in private.items():
        if kid == "e2":  # that nobody knows
            continue
        entries.append(json.loads(RSAAlgorithm.to_jwk(key.public_key())) if kid[0] == "r" else ec_entry(key))
        entries[-1].pop("key_ops", None)
        entries[-1]["kid"] = kid
    return private, json.dumps({"keys": entries})


def ec_entry(key):
    numbers = key.public_key().public_numbers()
    x, y = (base64url_encode(n.to_bytes(32, "big")).decode() for n in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y}


def signature(rng, private, alg, kid, message):
    key = private[kid]
    if rng.random() < 0.06:  # the public key as a secret
        pem = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return HMACAlgorithm(HMACAlgorithm.SHA256).sign(message, pem)
    if kid[0] == "r":
        hashed = RSAAlgorithm.SHA512 if alg == "RS512" else RSAAlgorithm.SHA256
        return RSAAlgorithm(hashed).sign(message, key)
    return ECAlgorithm(ECAlgorithm.SHA256).sign(message, key)


def make_times(rng):
    claims = {}
    if rng.random() < 0.95:
        claims["exp"] = NOW + rng.choice((3600, 3600, 3600, 60, 1, 0, -1, -59, -60, -61, -3600, 0.5))
    if rng.random() < 0.3:
        claims["nbf"] = NOW + rng.choice((-3600, -1, 0, 1, 59, 60, 61, 3600))
    return claims


def make_subject(rng):
    return rng.choice((f"user-{rng.randrange(100)}", "ä|漢🛒", str(uuid.UUID(int=rng.getrandbits(128)))))


def make_claims(rng):
    claims = {"sub": make_subject(rng), **make_times(rng)}
    if rng.random() < 0.95:
        claims["iss"] = rng.choice((ISSUER,) * 8 + (ISSUER + "/", "", ISSUER.upper()))
    if rng.random() < 0.95:
        claims["aud"] = rng.choice(("web", "web", "app", ["web"], ["x", "app"], ["x"], "x", "we", []))
    if rng.random() < 0.3:
        claims["more"] = rng.choice((None, 1.5, {"a": [1]}, "ä漢🛒", "\"\\"))
    return claims


def make_token(rng, private):
    kid = rng.choice(("r1", "r1", "r2", "e1", "e1", "e2"))
    fitting = "RS256" if kid[0] == "r" else "ES256"
    alg = fitting if rng.random() < 0.85 else rng.choice(("RS256", "ES256", "RS512", "HS256", "none"))
    named = kid if rng.random() < 0.95 else rng.choice(("r1", "r2", "e1", "e2", "", "x"))
    header = {"alg": alg, "kid": named, **rng.choice(({}, {"typ": "JWT"}, {"jku": "https://x.example"}))}
    parts = [base64url_encode(json.dumps(part).encode()) for part in (header, make_claims(rng))]
    message = b".".join(parts)
    token = (message + b"." + base64url_encode(signature(rng, private, alg, kid, message))).decode()
    return damage(rng, token) if rng.random() < 0.15 else token


SIGNERS = ["arn:one", "arn:two"]


def make_balanced(rng, key, stranger):
    """What a load balancer adds: rules are in the header, and each part is padded."""
    header = {"alg": rng.choice(("ES256",) * 9 + ("RS256", "none")), "kid": rng.choice(("k",) * 9 + ("x",)),
              "signer": rng.choice((*SIGNERS * 5, "arn:three", "arn:one,arn:two", "", None)),
              "client": rng.choice((*AUDIENCES * 4, "x", None)),
              "iss": rng.choice((ISSUER,) * 8 + (ISSUER + "/", None)), **make_times(rng)}
    claims = {"sub": make_subject(rng)}
    if rng.random() < 0.5:
        claims |= {"iss": rng.choice((ISSUER,) * 8 + ("https://x.example",)), **make_times(rng)}
    encode = base64.urlsafe_b64encode if rng.random() < 0.9 else base64url_encode
    message = b".".join(encode(json.dumps(part).encode()) for part in (header, claims))
    signer = key if rng.random() < 0.95 else stranger
    token = (message + b"." + encode(ECAlgorithm(ECAlgorithm.SHA256).sign(message, signer))).decode()
    return damage(rng, token) if rng.random() < 0.1 else token


def damage(rng, token):
    at = rng.randrange(len(token))
    return rng.choice((token[:at] + rng.choice("AQgw-_.") + token[at + 1:], token[:at], token[at:],
                       token[:at] + token[at + 1:], token + ".e30", token.rpartition(".")[0] + ".",
                       token.rpartition(".")[0] + "." + base64.urlsafe_b64encode(bytes(64)).decode()[:86]))


def is_canonical(token):
    """PyJWT takes base64 with left-over bits or foreign characters; we do not."""
    return all(base64url_encode(base64url_decode(part)).decode() == part for part in token.split("."))


def is_good(token, keys):
    """Whose it is by what PyJWT says, with the key found and bound to its algorithm as an application has to."""
    try:
        kid = jwt.get_unverified_header(token)["kid"]
        algorithm, key = keys[kid]
        claims = jwt.decode(token, key, algorithms=[algorithm], audience=AUDIENCES, issuer=ISSUER,
                            leeway=60, options={"require": ["exp", "iss", "aud", "sub"]})
        return user_of(claims["sub"]) if is_canonical(token) else None
    except (jwt.PyJWTError, KeyError, ValueError):
        return None


def is_padded(part):
    decoded = base64url_decode(part)
    return part in (base64url_encode(decoded).decode(), base64.urlsafe_b64encode(decoded).decode())


def is_good_balanced(token, key):
    """The signature by PyJWT; what is in the header an application has to judge by itself."""
    try:
        header = jwt.get_unverified_header(token)
        claims = jwt.decode(token, key, algorithms=["ES256"], leeway=60, options={"require": ["sub"]})
        is_ours = (header["kid"] == "k" and header["signer"] in SIGNERS and header["iss"] == ISSUER
                   and header["client"] in AUDIENCES and claims.get("iss", ISSUER) == ISSUER
                   and NOW < int(header["exp"]) + 60)
        return user_of(claims["sub"]) if is_ours and all(map(is_padded, token.split("."))) else None
    except (jwt.PyJWTError, KeyError, ValueError):
        return None


def ask(orders):
    text = "".join(json.dumps(order) + "\n" for order in orders)
    done = subprocess.run([DRIVER], input=text, capture_output=True, text=True, timeout=60,
                          check=True)
    return [line.split(" ", 1) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def issuer():
    return make_keys()


def test_tokens_are_judged_as_pyjwt_judges_them(issuer):
    private, key_set = issuer
    public = {kid: ("RS256" if kid[0] == "r" else "ES256", key.public_key())
              for kid, key in private.items() if kid != "e2"}
    rng = random.Random(SEED)
    tokens = [make_token(rng, private) for _ in range(CASES)]
    answers = ask([{"keys": key_set}] + [{"token": token, "issuer": ISSUER, "audiences": ",".join(AUDIENCES),
                                          "now": NOW} for token in tokens])
    good = 0
    with mock.patch("jwt.api_jwt.datetime", Clock):
        for token, (result, user) in zip(tokens, answers, strict=True):
            expected = is_good(token, public)
            assert (user if int(result) == OK else None) == expected, (result, token)
            good += expected is not None
    assert CASES * 0.1 < good < CASES * 0.7


def test_what_a_load_balancer_says_is_judged_by_its_rules():
    rng = random.Random(SEED)
    key, stranger = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    count = CASES // 3
    tokens = [make_balanced(rng, key, stranger) for _ in range(count)]
    answers = ask([{"pem": pem, "kid": "k"}] + [
        {"token": token, "issuer": ISSUER, "audiences": ",".join(AUDIENCES),
         "signers": ",".join(SIGNERS), "now": NOW} for token in tokens])
    good = 0
    with mock.patch("jwt.api_jwt.datetime", Clock):
        for token, (result, user) in zip(tokens, answers, strict=True):
            expected = is_good_balanced(token, key.public_key())
            assert (user if int(result) == OK else None) == expected, (result, token)
            good += expected is not None
    assert count * 0.05 < good < count * 0.7


def test_a_token_that_is_too_long_is_refused_unread(issuer):
    _, key_set = issuer
    order = {"token": "A" * 8193, "issuer": ISSUER, "audiences": "web", "now": NOW}
    assert ask([{"keys": key_set}, order]) == [[str(TOO_LONG), ""]]
