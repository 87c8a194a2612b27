"""The canned backend: what DynamoDB answers, recorded once, then played back by nginx.

Nothing here knows what shopd asks: a recorder between shopd and the emulator keeps the bytes of
every request and the body of every answer. So the benchmark stays true when shopd changes.
"""

import http.client
import socket
import socketserver
import subprocess
import threading
import time
import zlib
from typing import NamedTuple

from programs import Broken, Program, free_port

PIECE_BYTES = 1000  # nginx reads no word of its configuration that is longer than 4 KiB
REQUEST_ID = "0123456789ABCDEFGHIJKLMNOPQRSTUVVV4KQNSO5AEMVJF66Q9ASUAAJG"

NGINX = """\
daemon off;
master_process off;
worker_processes 1;
pid "{folder}/nginx.pid";
error_log "{folder}/nginx.log" error;
events {{
	worker_connections 8192;
}}
http {{
	access_log off;
	server_tokens off;
	tcp_nodelay on;
	keepalive_requests 1000000000;
	keepalive_timeout 1h;
	client_header_timeout 1h;
	client_header_buffer_size 8k;
	client_body_temp_path "{folder}/body";
	proxy_temp_path "{folder}/proxy";
	fastcgi_temp_path "{folder}/fastcgi";
	uwsgi_temp_path "{folder}/uwsgi";
	scgi_temp_path "{folder}/scgi";
	default_type application/x-amz-json-1.0;
	map_hash_bucket_size 256;
	geo $dollar {{
		default "$";
	}}
{maps}
	server {{
		listen 127.0.0.1:{plain_port} backlog=4096;
		listen 127.0.0.1:{tls_port} ssl backlog=4096;
		ssl_protocols TLSv1.3;
		ssl_certificate "{folder}/server.pem";
		ssl_certificate_key "{folder}/server.key";
		add_header x-amzn-RequestId {request_id};
		add_header x-amz-crc32 $canned_crc32;
		location / {{
			if ($canned_crc32 = "") {{
				return 400 '{{"__type":"com.amazon.coral.service#UnknownOperationException"}}';
			}}
			return 200 {pieces};
		}}
	}}
}}
"""


class Exchange(NamedTuple):
    target: str
    request: bytes  # as it came, head and body
    status: int
    body: bytes
    asked: float  # monotonic seconds: when the request was there, and when the answer was
    answered: float


def answers(exchanges):
    """What to answer, by the operation and the length of the request: nginx does not look into
    requests, and the length tells the reading of a product from the sweeper's searches."""
    found = {}
    for exchange in exchanges:
        if exchange.status == 200:
            length = len(exchange.request.partition(b"\r\n\r\n")[2])
            found[f"{exchange.target} {length}"] = exchange.body
    return found


class RecorderConnection(socketserver.StreamRequestHandler):
    def setup(self):
        super().setup()
        port = self.server.emulator_port
        self.emulator = http.client.HTTPConnection("127.0.0.1", port, timeout=10)

    def finish(self):
        self.emulator.close()
        super().finish()

    def handle(self):
        while head := self.read_head():
            lines = head.decode("latin-1").split("\r\n")
            fields = dict(line.split(":", 1) for line in lines[1:] if ":" in line)
            fields = {name.lower(): value.strip() for name, value in fields.items()}
            body = self.rfile.read(int(fields.get("content-length", 0)))
            asked = time.monotonic()
            answer = self.reply(lines[0], fields, body)
            self.answer(answer, fields.get("x-amz-target", ""), head + body, asked)

    def reply(self, line, fields, body):
        """(status, reason, headers, body) of the emulator."""
        method, path, _ = line.split(" ")
        self.emulator.request(method, path, body, fields)
        answer = self.emulator.getresponse()
        return answer.status, answer.reason, answer.getheaders(), answer.read()

    def read_head(self):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self.rfile.readline(65536)
            if not line:
                return b""
            head += line
        return head

    def answer(self, answer, target, request, asked):
        status, reason, fields, body = answer
        fields = [(name, value) for name, value in fields
                  if name.lower() not in ("content-length", "transfer-encoding", "connection")]
        fields.append(("content-length", len(body)))
        text = "".join(f"{name}: {value}\r\n" for name, value in fields)
        whole = f"HTTP/1.1 {status} {reason}\r\n{text}\r\n".encode() + body
        self.server.exchanges.append(
            Exchange(target, request, status, body, asked, time.monotonic()))
        self.wfile.write(whole)


class Recorder(socketserver.ThreadingTCPServer):
    """Stands between shopd and the emulator, passes everything on and remembers it."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, emulator_port, connection=RecorderConnection):
        super().__init__(("127.0.0.1", 0), connection)
        self.emulator_port = emulator_port
        self.exchanges = []
        self.endpoint = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


def read_answer(port, request):
    """The bytes of one answer, head and body, as they came."""
    with socket.create_connection(("127.0.0.1", port), 10) as peer:
        peer.sendall(request)
        answer = b""
        while (end := answer.find(b"\r\n\r\n")) < 0 or len(answer) < end + 4 + length(answer[:end]):
            more = peer.recv(65536)
            if not more:
                raise Broken(f"the connection ended within an answer: {answer!r}")
            answer += more
    return answer


def length(head):
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def make_certificates(folder):
    """An authority for today and a server's certificate of its making. Returns the authority's."""
    def openssl(*words):
        done = subprocess.run(["openssl", *words], cwd=folder, capture_output=True, text=True)
        if done.returncode:
            raise Broken(f"openssl {words[0]}: {done.stderr}")

    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"]
    (folder / "server.ext").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    openssl("req", "-x509", *curve, "-days", "2", "-subj", "/CN=bench authority",
            "-keyout", "ca.key", "-out", "ca.pem")
    openssl("req", *curve, "-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.csr")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "2",
            "-extfile", "server.ext", "-out", "server.pem")
    return folder / "ca.pem"


def nginx_word(text):
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("$", "${dollar}")
    return f"'{escaped}'"


def nginx_map(name, values):
    lines = "".join(f"\t\t{nginx_word(asked)} {nginx_word(value)};\n"
                    for asked, value in values.items())
    return f'\tmap "$http_x_amz_target $content_length" ${name} {{\n\t\tdefault "";\n{lines}\t}}\n'


def nginx_configuration(folder, bodies, plain_port, tls_port):
    """bodies: what answers() gave."""
    texts = {asked: body.decode("latin-1") for asked, body in bodies.items()}
    pieces = range(0, max(len(text) for text in texts.values()), PIECE_BYTES)
    maps = [nginx_map("canned_crc32", {asked: str(zlib.crc32(body))
                                       for asked, body in bodies.items()})]
    maps += [nginx_map(f"canned_{at}", {asked: text[at:at + PIECE_BYTES]
                                        for asked, text in texts.items()}) for at in pieces]
    return NGINX.format(folder=folder, plain_port=plain_port, tls_port=tls_port,
                        request_id=REQUEST_ID, maps="".join(maps),
                        pieces='"' + "".join(f"$canned_{at}" for at in pieces) + '"')


class Backend:
    """nginx in the foreground, unprivileged, all its files in the folder."""

    def __init__(self, folder, bodies, cpus):
        self.ca_file = make_certificates(folder)
        self.ports = {"plain": free_port(), "TLS": free_port()}
        self.endpoints = {"plain": f"http://127.0.0.1:{self.ports['plain']}",
                          "TLS": f"https://127.0.0.1:{self.ports['TLS']}"}
        file = folder / "nginx.conf"
        text = nginx_configuration(folder, bodies, self.ports["plain"], self.ports["TLS"])
        file.write_bytes(text.encode("latin-1"))
        self.program = Program("nginx", ["nginx", "-p", folder, "-c", file, "-e", "stderr"],
                               self.ports["plain"], folder, None, cpus)

    def __enter__(self):
        self.program.__enter__()
        return self

    def __exit__(self, *_):
        self.program.stop()
