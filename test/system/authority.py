"""A certificate authority for tests, whom it certifies, and a client that trusts it."""

import http.client
import shutil
import ssl
import subprocess

import wire

EC = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


class Authority:
    """A certificate authority in a folder of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.path = folder / "authority.pem"
        self.openssl("req", "-x509", *EC, "-days", "2", "-subj", "/CN=test authority",
                     "-keyout", "authority.key", "-out", "authority.pem")

    def openssl(self, *words):
        subprocess.run(["openssl", *words], cwd=self.folder, check=True, capture_output=True)

    def certify(self, name, host="IP:127.0.0.1", days=2):
        """Returns a file with a certificate for this host, and its key."""
        (self.folder / "names").write_text(f"subjectAltName={host}")
        self.openssl("req", *EC, "-subj", f"/CN={name}", "-keyout", f"{name}.key",
                     "-out", f"{name}.csr")
        self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "authority.pem",
                     "-CAkey", "authority.key", "-CAcreateserial", "-days", str(days),
                     "-extfile", "names", "-out", f"{name}.crt")
        return self.join(name)

    def sign_itself(self, name):
        self.openssl("req", "-x509", *EC, "-days", "2", "-subj", f"/CN={name}",
                     "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", f"{name}.key",
                     "-out", f"{name}.crt")
        return self.join(name)

    def join(self, name):
        path = self.folder / f"{name}.pem"
        path.write_text((self.folder / f"{name}.crt").read_text() +
                        (self.folder / f"{name}.key").read_text())
        return path


class Files:
    """The certificate and the key that shopd reads."""

    def __init__(self, authority, folder):
        self.authority = authority
        self.certificate, self.key = folder / "tls-cert", folder / "tls-key"
        self.install("first")

    def install(self, name, key=None):
        shutil.copy(self.authority.folder / f"{name}.crt", self.certificate)
        shutil.copy(self.authority.folder / f"{key or name}.key", self.key)
        self.key.chmod(0o600)

    def settings(self):
        return {"SHOPD_TLS_CERT": self.certificate, "SHOPD_TLS_KEY": self.key}


class Client(wire.Client):
    """One kept connection over TLS."""

    def __init__(self, port, authority, timeout=20):
        super().__init__(port, timeout)
        self.connection = http.client.HTTPSConnection(
            "127.0.0.1", port, timeout=timeout, context=trusting(authority))

    def certificate(self):
        """The name of whom it speaks with."""
        return name_of(self.connection.sock)


def trusting(authority):
    return ssl.create_default_context(cafile=authority.path)


def name_of(link):
    return dict(pair for part in link.getpeercert()["subject"] for pair in part)["commonName"]
