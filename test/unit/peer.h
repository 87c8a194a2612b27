/*
 * A server on the loopback that does what a test says: a thread of its own runs the test's script,
 * which is one function made of the blocking calls below. Nothing waits longer than
 * PEER_PATIENCE_MS (paced); what takes longer fails the test.
 */
#ifndef SHOPD_TEST_PEER_H
#define SHOPD_TEST_PEER_H

#include <openssl/ssl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

enum { PEER_PATIENCE_MS = 3000, PEER_REQUEST_SIZE = 4096 };

struct peer {
	char url[64];       /* "http://127.0.0.1:54321", or https */
	char authority[64]; /* "127.0.0.1:54321" */
	int port;
	int listen_fd;
	SSL_CTX *tls; /* NULL: none */
	void (*script)(struct peer *peer);
	void *context; /* the script's own */
	pthread_t thread;
};

/* `tls` becomes the peer's; NULL for plain HTTP. */
void peer_start(struct peer *peer, void (*script)(struct peer *peer), SSL_CTX *tls);
/* The same without TLS, on 127.0.0.<x>, at the port that another one has on 127.0.0.1. */
void peer_start_beside(struct peer *peer, const struct peer *other, int x,
		       void (*script)(struct peer *peer));
/* Waits for the script's end. */
void peer_finish(struct peer *peer);

/* ---- for scripts ---- */

struct peer_link {
	int fd;
	SSL *tls;
	char request[PEER_REQUEST_SIZE + 1]; /* the head that was read last */
};

void peer_accept(struct peer *peer, struct peer_link *link);
/* True if nobody connects for so long (paced). */
bool peer_is_left_alone(struct peer *peer, int wait_ms);

/* A request's head into link->request, and so many bytes of a body as its Content-Length says. */
void peer_read(struct peer_link *link);
/* Only the head; so many bytes; as many as the Content-Length of the head that was read. */
void peer_read_head(struct peer_link *link);
void peer_read_bytes(struct peer_link *link, void *bytes, size_t len);
void peer_read_body(struct peer_link *link);
/* The rest of what comes, up to the end of the connection; returns how much it was. */
size_t peer_read_rest(struct peer_link *link);

void peer_send(struct peer_link *link, const char *text);
void peer_send_bytes(struct peer_link *link, const void *bytes, size_t len);

/* Two records of TLS that arrive together. */
void peer_send_together(struct peer_link *link, const char *first, const char *second);

void peer_close(struct peer_link *link);
/* From now on nobody can connect. */
void peer_close_listener(struct peer *peer);
/* The hard way: the other side gets a reset. */
void peer_reset(struct peer_link *link);

/* 200 with this body. */
void peer_send_answer(struct peer_link *link, const char *body);
/* Reads a request and then sends that. */
void peer_answer(struct peer_link *link, const char *body);
/* The same, but false when the connection ends instead. */
bool peer_try_answer(struct peer_link *link, const char *body);

/* Milliseconds, more of them where everything is slower: under valgrind, with sanitizers. */
int paced(int ms);
void peer_sleep(int ms); /* paced */

/* A port of 127.0.0.1 where nobody listens: "127.0.0.1:54321". */
void peer_dead_authority(char authority[static 64]);

#endif
