/*
 * floor: the least that a program in shopd's place has to do.
 *
 * It stands between clients and a backend and moves the same bytes as shopd does for
 * GET /product/{id}: reads a client's request, sends one canned request on a pooled backend
 * connection (plain, or TLS 1.3), reads the framed answer, sends one canned answer to the client.
 * One thread, epoll, sockets registered once, and for each request no other system calls than
 * epoll_wait, recv, send, recv, send. No routing, no signing, no JSON, no validation, no deadlines,
 * no log. What shopd costs beyond this is shopd's own doing; test/bench/bench.py reports the ratio.
 *
 * It is honest in what it does (every answer is read to its last byte before the client gets its
 * own), and gives up at the first surprise: a measurement that met one is worth nothing.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	FRAME_MAX_BYTES = 16 * 1024, /* the longest message with its head, either direction */
	BACKENDS_MAX = 4096,
	EVENTS_PER_TURN = 256,
	LISTEN_BACKLOG = 4096,
};

enum role { ROLE_LISTENER, ROLE_CLIENT, ROLE_BACKEND };

/* What a whole message is, as far as this program cares: bytes. */
struct text {
	char *data;
	size_t len;
};

/*
 * One socket. A client with a request under way has a backend as its peer, or waits in the queue
 * for one. A client that left is freed at the end of the turn, when no event can name it any more,
 * and not before the queue and its peer have let go of it.
 */
struct conn {
	enum role role;
	int fd;
	SSL *ssl; /* towards the backend only; NULL is plain */
	struct conn *peer;
	struct conn *next; /* in the idle pool, the queue or the graveyard: never in two of them */
	bool queued;
	bool gone;
	size_t len;    /* bytes of the message read so far */
	size_t wanted; /* its whole length, 0 until its head has been read */
	char data[FRAME_MAX_BYTES];
};

struct proxy {
	int epoll_fd;
	struct text request; /* to the backend */
	struct text answer;  /* to the client */
	struct conn *idle;   /* backend connections, the most recently used one first */
	struct conn *queue_first;
	struct conn *queue_last;
	struct conn *graveyard;
};

struct options {
	uint16_t listen_port;
	uint16_t backend_port;
	size_t backends;
	const char *ca_file; /* NULL is plain */
	const char *request_file;
	const char *answer_file;
};

static _Noreturn void give_up(const char *what)
{
	fprintf(stderr, "floor: %s (%s)\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

/* Messages: framing is all that is ever looked at. */

static size_t content_length(const char *head, const char *end)
{
	static const char name[] = "content-length:";

	for (const char *line = head; line != NULL && line < end;) {
		if (strncasecmp(line, name, sizeof(name) - 1) == 0)
			return strtoul(line + sizeof(name) - 1, NULL, 10);
		line = memchr(line, '\n', (size_t)(end - line));
		if (line != NULL)
			line++;
	}
	return 0;
}

static bool message_is_whole(struct conn *c)
{
	if (c->wanted == 0) {
		const char *end = memmem(c->data, c->len, "\r\n\r\n", 4);

		if (end == NULL)
			return false;
		c->wanted = (size_t)(end + 4 - c->data) + content_length(c->data, end);
	}
	if (c->len > c->wanted || c->wanted > sizeof(c->data))
		give_up("a message was followed by another, or is too long");
	return c->len == c->wanted;
}

static void message_forget(struct conn *c)
{
	c->len = 0;
	c->wanted = 0;
}

/* Sockets. */

/* Returns the number of bytes added to the message, 0 if there are none now, -1 at the end. */
static int conn_receive(struct conn *c)
{
	size_t room = sizeof(c->data) - c->len;
	int n;

	if (room == 0)
		give_up("a message is too long");
	if (c->ssl != NULL) {
		n = SSL_read(c->ssl, c->data + c->len, (int)room);
		if (n <= 0)
			return SSL_get_error(c->ssl, n) == SSL_ERROR_WANT_READ ? 0 : -1;
	} else {
		n = (int)recv(c->fd, c->data + c->len, room, 0);
		if (n <= 0)
			return n < 0 && errno == EAGAIN ? 0 : -1;
	}
	c->len += (size_t)n;
	return n;
}

/* A message here is far smaller than a socket's buffer, so it leaves whole or not at all. */
static bool conn_send(struct conn *c, const struct text *message)
{
	if (c->ssl != NULL)
		return SSL_write(c->ssl, message->data, (int)message->len) == (int)message->len;
	return send(c->fd, message->data, message->len, MSG_NOSIGNAL) == (ssize_t)message->len;
}

static struct conn *conn_new(enum role role, int fd)
{
	struct conn *c = calloc(1, sizeof(*c));

	if (c == NULL)
		give_up("out of memory");
	c->role = role;
	c->fd = fd;
	return c;
}

static void conn_watch(struct proxy *p, struct conn *c)
{
	struct epoll_event event = {.events = EPOLLIN};

	event.data.ptr = c;
	if (epoll_ctl(p->epoll_fd, EPOLL_CTL_ADD, c->fd, &event) < 0)
		give_up("epoll_ctl");
}

static void send_without_delay(int fd)
{
	int on = 1;

	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0)
		give_up("TCP_NODELAY");
}

static struct sockaddr_in loopback(uint16_t port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

/* The exchange: client_readable, backend_ask, backend_readable, and again. */

static void client_release(struct proxy *p, struct conn *client)
{
	client->next = p->graveyard;
	p->graveyard = client;
}

static void client_leave(struct proxy *p, struct conn *client)
{
	close(client->fd);
	client->gone = true;
	if (client->peer != NULL)
		client->peer->peer = NULL;
	if (!client->queued)
		client_release(p, client);
}

static void backend_ask(struct proxy *p, struct conn *backend, struct conn *client)
{
	backend->peer = client;
	client->peer = backend;
	if (!conn_send(backend, &p->request))
		give_up("the request did not leave at once");
}

static void queue_add(struct proxy *p, struct conn *client)
{
	client->queued = true;
	client->next = NULL;
	if (p->queue_first == NULL)
		p->queue_first = client;
	else
		p->queue_last->next = client;
	p->queue_last = client;
}

/* Returns the client that has waited longest, NULL if none waits. */
static struct conn *queue_take(struct proxy *p)
{
	struct conn *client;

	while ((client = p->queue_first) != NULL) {
		p->queue_first = client->next;
		client->queued = false;
		if (!client->gone)
			return client;
		client_release(p, client);
	}
	return NULL;
}

static void client_readable(struct proxy *p, struct conn *client)
{
	struct conn *backend = p->idle;
	int n;

	if (client->gone)
		return;
	n = conn_receive(client);
	if (n < 0)
		client_leave(p, client);
	if (n <= 0 || !message_is_whole(client))
		return;
	if (client->peer != NULL || client->queued)
		give_up("a client did not wait for its answer");
	message_forget(client);
	if (backend == NULL) {
		queue_add(p, client);
		return;
	}
	p->idle = backend->next;
	backend_ask(p, backend, client);
}

static void backend_finish(struct proxy *p, struct conn *backend)
{
	struct conn *client = backend->peer;
	struct conn *waiting = queue_take(p);

	message_forget(backend);
	backend->peer = NULL;
	if (client != NULL) {
		client->peer = NULL;
		if (!conn_send(client, &p->answer))
			client_leave(p, client);
	}
	if (waiting != NULL) {
		backend_ask(p, backend, waiting);
		return;
	}
	backend->next = p->idle;
	p->idle = backend;
}

/* TLS can hold bytes that epoll does not tell of: read until the answer is whole or none come. */
static void backend_readable(struct proxy *p, struct conn *backend)
{
	int n;

	do {
		n = conn_receive(backend);
		if (n < 0)
			give_up("the backend closed a connection");
		if (n > 0 && message_is_whole(backend)) {
			backend_finish(p, backend);
			return;
		}
	} while (n > 0 && backend->ssl != NULL);
}

static void listener_readable(struct proxy *p, struct conn *listener)
{
	int fd;

	while ((fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		send_without_delay(fd);
		conn_watch(p, conn_new(ROLE_CLIENT, fd));
	}
	if (errno != EAGAIN && errno != ECONNABORTED)
		give_up("accept4");
}

static void bury(struct proxy *p)
{
	struct conn *c;

	while ((c = p->graveyard) != NULL) {
		p->graveyard = c->next;
		free(c);
	}
}

static void turn(struct proxy *p)
{
	struct epoll_event events[EVENTS_PER_TURN];
	int n = epoll_wait(p->epoll_fd, events, EVENTS_PER_TURN, -1);

	if (n < 0 && errno != EINTR)
		give_up("epoll_wait");
	for (int i = 0; i < n; i++) {
		struct conn *c = events[i].data.ptr;

		switch (c->role) {
		case ROLE_LISTENER:
			listener_readable(p, c);
			break;
		case ROLE_CLIENT:
			client_readable(p, c);
			break;
		case ROLE_BACKEND:
			backend_readable(p, c);
			break;
		}
	}
	bury(p);
}

/* The start. It may block: nothing is measured before the listener is open. */

static SSL_CTX *tls_context(const char *ca_file)
{
	SSL_CTX *tls = SSL_CTX_new(TLS_client_method());

	if (tls == NULL || SSL_CTX_set_min_proto_version(tls, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_load_verify_locations(tls, ca_file, NULL) != 1)
		give_up("the certificate authority's file");
	SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_read_ahead(tls, 1); /* a record in one recv, not its head and its body in two */
	return tls;
}

static SSL *tls_handshake(SSL_CTX *tls, int fd)
{
	SSL *ssl = SSL_new(tls);

	if (ssl == NULL || SSL_set_fd(ssl, fd) != 1 ||
	    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), "127.0.0.1") != 1 ||
	    SSL_connect(ssl) != 1)
		give_up("the TLS handshake with the backend");
	return ssl;
}

static void backend_open(struct proxy *p, SSL_CTX *tls, uint16_t port)
{
	struct sockaddr_in address = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct conn *backend = conn_new(ROLE_BACKEND, fd);

	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		give_up("connecting to the backend");
	send_without_delay(fd);
	if (tls != NULL)
		backend->ssl = tls_handshake(tls, fd);
	if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
		give_up("O_NONBLOCK");
	conn_watch(p, backend);
	backend->next = p->idle;
	p->idle = backend;
}

static void backends_open(struct proxy *p, const struct options *o)
{
	SSL_CTX *tls = o->ca_file == NULL ? NULL : tls_context(o->ca_file);

	for (size_t i = 0; i < o->backends; i++)
		backend_open(p, tls, o->backend_port);
	SSL_CTX_free(tls); /* each connection holds it */
}

static void listener_open(struct proxy *p, uint16_t port)
{
	struct sockaddr_in address = loopback(port);
	int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fd, LISTEN_BACKLOG) < 0)
		give_up("the listening socket");
	conn_watch(p, conn_new(ROLE_LISTENER, fd));
}

static struct text file_read(const char *path)
{
	struct text text = {.data = malloc(FRAME_MAX_BYTES)};
	FILE *file = fopen(path, "rb");

	if (text.data == NULL || file == NULL)
		give_up(path);
	text.len = fread(text.data, 1, FRAME_MAX_BYTES, file);
	if (text.len == 0 || ferror(file) || !feof(file))
		give_up(path);
	fclose(file);
	return text;
}

static uint16_t port_of(const char *digits)
{
	unsigned long port = strtoul(digits, NULL, 10);

	if (port == 0 || port > UINT16_MAX)
		give_up("a port is a number from 1 to 65535");
	return (uint16_t)port;
}

static size_t backends_of(const char *digits)
{
	unsigned long backends = strtoul(digits, NULL, 10);

	if (backends == 0 || backends > BACKENDS_MAX)
		give_up("the number of connections to the backend is out of range");
	return backends;
}

static struct options options_of(int argc, char **argv)
{
	struct options o = {0};
	int letter;

	while ((letter = getopt(argc, argv, "l:b:n:q:a:c:")) != -1) {
		if (letter == 'l')
			o.listen_port = port_of(optarg);
		else if (letter == 'b')
			o.backend_port = port_of(optarg);
		else if (letter == 'n')
			o.backends = backends_of(optarg);
		else if (letter == 'q')
			o.request_file = optarg;
		else if (letter == 'a')
			o.answer_file = optarg;
		else if (letter == 'c')
			o.ca_file = optarg;
	}
	if (o.listen_port == 0 || o.backend_port == 0 || o.backends == 0 ||
	    o.request_file == NULL || o.answer_file == NULL) {
		fprintf(stderr,
			"usage: floor -l port -b backend-port -n backend-connections\n"
			"             -q request-file -a answer-file [-c ca-file, for TLS]\n");
		exit(EXIT_FAILURE);
	}
	return o;
}

int main(int argc, char **argv)
{
	struct options o = options_of(argc, argv);
	struct proxy p = {
		.epoll_fd = epoll_create1(EPOLL_CLOEXEC),
		.request = file_read(o.request_file),
		.answer = file_read(o.answer_file),
	};

	if (p.epoll_fd < 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		give_up("epoll_create1");
	backends_open(&p, &o);
	listener_open(&p, o.listen_port);
	for (;;)
		turn(&p);
}
