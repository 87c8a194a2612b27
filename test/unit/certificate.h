/*
 * A certificate authority that exists for the length of one test, and servers' certificates by it.
 */
#ifndef SHOPD_TEST_CERTIFICATE_H
#define SHOPD_TEST_CERTIFICATE_H

#include <openssl/ssl.h>

#include "io/trust.h"

struct authority {
	EVP_PKEY *key;
	X509 *certificate;
};

void authority_init(struct authority *authority);
void authority_clear(struct authority *authority);

/* What trusts this authority and no other. */
struct trust *authority_trust(const struct authority *authority);

/*
 * A server's TLS with a certificate for `names` ("DNS:localhost,IP:127.0.0.1") that is valid from an
 * hour before `until_s` seconds from now, or before now, to `until_s`.
 */
SSL_CTX *authority_serve(const struct authority *authority, const char *names, long until_s);

/* Where a server's identity is to be written. */
struct identity_paths {
	const char *certificate;
	const char *key;
	long until_s;     /* as above */
	unsigned between; /* so many certificates behind the server's own */
};

/* Certifies this key for 127.0.0.1, and writes both; the key with a passphrase, unless it is
 * NULL. */
void authority_write(const struct authority *authority, EVP_PKEY *key, const char *passphrase,
		     const struct identity_paths *paths);

#endif
