/*
 * Who the server is to clients that speak TLS: its certificate, those between it and an authority,
 * and its key. The home of GnuTLS, which is libmicrohttpd's TLS, together with connection_tls.h.
 *
 * An identity does not change once it is read and is shared by all threads; whoever keeps it holds
 * it. A connection keeps the one that it began with, so another one may come at any time.
 */
#ifndef SHOPD_HTTP_TLS_IDENTITY_H
#define SHOPD_HTTP_TLS_IDENTITY_H

#include <microhttpd.h>
#include <stdint.h>

#include "base/result.h"

enum {
	TLS_IDENTITY_FILE_MAX = 64 * 1024, /* bytes, of either file */
	TLS_IDENTITY_CHAIN_MAX = 16,       /* certificates */
	TLS_IDENTITY_NAME_SIZE = 128,
	TLS_IDENTITY_WHY_SIZE = 400,
	TLS_IDENTITY_OPTIONS = 3,
};

struct tls_identity;

/* What may be told of it. */
struct tls_identity_facts {
	char subject[TLS_IDENTITY_NAME_SIZE]; /* cut if longer */
	int64_t from_ms;                      /* since 1970 */
	int64_t until_ms;
};

/*
 * New, held once, from two files in PEM form: the certificates, the server's own first, and its key
 * (PKCS #8 or the older forms; RSA of 2048 bits or what is as strong). NULL and why, in a sentence
 * that names the file and holds nothing of its content, when a file cannot be read or is malformed,
 * or when key and certificate do not belong together. One that is out of date is taken: those who
 * connect decide whether that matters.
 */
struct tls_identity *tls_identity_read(const char *certificate_path, const char *key_path,
				       char why[static TLS_IDENTITY_WHY_SIZE]);

struct tls_identity *tls_identity_hold(struct tls_identity *identity);
/* The last one frees it. NULL is fine. */
void tls_identity_release(struct tls_identity *identity);

/* Borrowed from the identity. */
const struct tls_identity_facts *tls_identity_facts(const struct tls_identity *identity);

/* A new session (gnutls_session_t) shows this identity. It must be held until the session ends. */
void tls_identity_show(struct tls_identity *identity, void *session);

/* libmicrohttpd's options for TLS 1.2 and 1.3 in which each session is given its identity. */
void tls_identity_fill_options(struct MHD_OptionItem options[static TLS_IDENTITY_OPTIONS]);

#endif
