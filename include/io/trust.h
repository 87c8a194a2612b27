/*
 * The certificate authorities that outgoing TLS connections trust.
 *
 * Loading Debian's bundle takes some 20 ms, so it is done once for the process and the result is
 * shared by all workers and connections; it is not changed afterwards.
 */
#ifndef SHOPD_IO_TRUST_H
#define SHOPD_IO_TRUST_H

struct trust;

/* From a PEM file; NULL means the bundle that libcurl was built with. NULL on failure. */
struct trust *trust_new(const char *ca_bundle);
void trust_free(struct trust *trust);

/* The X509_STORE inside, for http_link.c. */
void *trust_store(struct trust *trust);

#endif
