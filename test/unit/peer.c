#include "peer.h"

#include <arpa/inet.h>
#include <check.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* On 127.0.0.<x>; port 0: any, and it is told. */
static int listen_on_loopback(int x, int *port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + (uint32_t)x),
		.sin_port = htons((uint16_t)*port),
	};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, len), 0);
	ck_assert_int_eq(listen(fd, 64), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	*port = ntohs(address.sin_port);
	return fd;
}

static void *run_script(void *context)
{
	struct peer *peer = context;

	peer->script(peer);
	return NULL;
}

static void start(struct peer *peer, int x, void (*script)(struct peer *peer), SSL_CTX *tls)
{
	peer->listen_fd = listen_on_loopback(x, &peer->port);
	peer->tls = tls;
	peer->script = script;
	snprintf(peer->authority, sizeof(peer->authority), "127.0.0.%d:%d", x, peer->port);
	snprintf(peer->url, sizeof(peer->url), "%s://127.0.0.%d:%d", tls != NULL ? "https" : "http",
		 x, peer->port);
	ck_assert_int_eq(pthread_create(&peer->thread, NULL, run_script, peer), 0);
}

void peer_start(struct peer *peer, void (*script)(struct peer *peer), SSL_CTX *tls)
{
	peer->port = 0;
	start(peer, 1, script, tls);
}

void peer_start_beside(struct peer *peer, const struct peer *other, int x,
		       void (*script)(struct peer *peer))
{
	peer->port = other->port;
	start(peer, x, script, NULL);
}

void peer_close_listener(struct peer *peer)
{
	close(peer->listen_fd);
	peer->listen_fd = -1;
}

void peer_finish(struct peer *peer)
{
	pthread_join(peer->thread, NULL);
	if (peer->listen_fd >= 0)
		peer_close_listener(peer);
	SSL_CTX_free(peer->tls);
}

void peer_dead_authority(char authority[static 64])
{
	int port = 0;

	close(listen_on_loopback(1, &port));
	snprintf(authority, 64, "127.0.0.1:%d", port);
}

/* ---- for scripts ---- */

static bool is_ready(int fd, int wait_ms)
{
	struct pollfd watched = {.fd = fd, .events = POLLIN};

	return poll(&watched, 1, wait_ms) > 0;
}

bool peer_is_left_alone(struct peer *peer, int wait_ms)
{
	return !is_ready(peer->listen_fd, paced(wait_ms));
}

void peer_accept(struct peer *peer, struct peer_link *link)
{
	const struct timeval patience = {.tv_sec = paced(PEER_PATIENCE_MS) / 1000};

	memset(link, 0, sizeof(*link));
	ck_assert_msg(is_ready(peer->listen_fd, paced(PEER_PATIENCE_MS)), "nobody connects");
	link->fd = accept(peer->listen_fd, NULL, NULL);
	ck_assert_int_ge(link->fd, 0);
	setsockopt(link->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(link->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (peer->tls == NULL)
		return;
	link->tls = SSL_new(peer->tls);
	SSL_set_fd(link->tls, link->fd);
	SSL_accept(link->tls); /* a client that refuses us is a test's business */
}

/* 0 at the end of the connection. */
static size_t receive(struct peer_link *link, void *bytes, size_t room)
{
	ssize_t got = link->tls != NULL ? SSL_read(link->tls, bytes, (int)room)
					: recv(link->fd, bytes, room, 0);

	return got > 0 ? (size_t)got : 0;
}

void peer_read_bytes(struct peer_link *link, void *bytes, size_t len)
{
	for (size_t at = 0; at < len;) {
		size_t got = receive(link, (char *)bytes + at, len - at);

		ck_assert_msg(got > 0, "a body ends too early");
		at += got;
	}
}

static bool read_head(struct peer_link *link)
{
	size_t len = 0;

	link->request[0] = '\0';
	while (strstr(link->request, "\r\n\r\n") == NULL) {
		ck_assert_uint_lt(len, PEER_REQUEST_SIZE);
		if (receive(link, link->request + len, 1) == 0)
			return false;
		link->request[++len] = '\0';
	}
	return true;
}

void peer_read_head(struct peer_link *link)
{
	ck_assert_msg(read_head(link), "no request comes");
}

void peer_read_body(struct peer_link *link)
{
	const char *length = strstr(link->request, "\r\nContent-Length: ");
	size_t len = 0;

	if (length != NULL)
		len = strtoul(length + strlen("\r\nContent-Length: "), NULL, 10);
	while (len > 0) {
		char bytes[16 * 1024];
		size_t now = len < sizeof(bytes) ? len : sizeof(bytes);

		peer_read_bytes(link, bytes, now);
		len -= now;
	}
}

void peer_read(struct peer_link *link)
{
	peer_read_head(link);
	peer_read_body(link);
}

size_t peer_read_rest(struct peer_link *link)
{
	char bytes[16 * 1024];
	size_t sum = 0;
	size_t got;

	while ((got = receive(link, bytes, sizeof(bytes))) > 0)
		sum += got;
	return sum;
}

void peer_send_bytes(struct peer_link *link, const void *bytes, size_t len)
{
	if (link->tls != NULL) {
		SSL_write(link->tls, bytes, (int)len);
		return;
	}
	for (size_t sent = 0; sent < len;) {
		ssize_t now = send(link->fd, (const char *)bytes + sent, len - sent, MSG_NOSIGNAL);

		if (now <= 0)
			return; /* a client that has gone is a test's business */
		sent += (size_t)now;
	}
}

void peer_send(struct peer_link *link, const char *text)
{
	peer_send_bytes(link, text, strlen(text));
}

void peer_send_together(struct peer_link *link, const char *first, const char *second)
{
	BIO *socket = SSL_get_wbio(link->tls);
	BIO *memory = BIO_new(BIO_s_mem());
	char *bytes;
	long len;

	BIO_up_ref(socket);
	SSL_set0_wbio(link->tls, memory); /* both are collected here first */
	peer_send(link, first);
	peer_send(link, second);
	len = BIO_get_mem_data(memory, &bytes);
	ck_assert_int_eq(send(link->fd, bytes, (size_t)len, MSG_NOSIGNAL), len);
	SSL_set0_wbio(link->tls, socket);
}

void peer_close(struct peer_link *link)
{
	if (link->tls != NULL)
		SSL_shutdown(link->tls);
	SSL_free(link->tls);
	close(link->fd);
}

void peer_reset(struct peer_link *link)
{
	const struct linger at_once = {.l_onoff = 1, .l_linger = 0};

	setsockopt(link->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	SSL_free(link->tls);
	close(link->fd);
}

void peer_send_answer(struct peer_link *link, const char *body)
{
	char text[512];

	snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s",
		 strlen(body), body);
	peer_send(link, text);
}

void peer_answer(struct peer_link *link, const char *body)
{
	peer_read(link);
	peer_send_answer(link, body);
}

bool peer_try_answer(struct peer_link *link, const char *body)
{
	if (!read_head(link))
		return false;
	peer_send_answer(link, body);
	return true;
}

int paced(int ms)
{
	enum { MOST = 10 };
	const char *multiplier = getenv("CK_TIMEOUT_MULTIPLIER"); /* see the Makefile */
	int factor = multiplier != NULL ? atoi(multiplier) : 1;

	return ms * (factor < 1 ? 1 : factor > MOST ? MOST : factor);
}

void peer_sleep(int ms)
{
	struct timespec time;

	ms = paced(ms);
	time = (struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
	nanosleep(&time, NULL);
}
