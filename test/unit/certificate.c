#include "certificate.h"

#include <check.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static X509 *make(EVP_PKEY *key, const char *name, long from_s, long until_s)
{
	static long serial;
	X509 *certificate = X509_new();
	X509_NAME *subject = X509_get_subject_name(certificate);

	X509_set_version(certificate, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
	X509_gmtime_adj(X509_getm_notBefore(certificate), from_s);
	X509_gmtime_adj(X509_getm_notAfter(certificate), until_s);
	X509_set_pubkey(certificate, key);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1,
				   0);
	X509_set_issuer_name(certificate, subject);
	return certificate;
}

static void extend(X509 *certificate, int what, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, what, value);

	ck_assert_ptr_nonnull(extension);
	X509_add_ext(certificate, extension, -1);
	X509_EXTENSION_free(extension);
}

void authority_init(struct authority *authority)
{
	static unsigned count;
	char name[32];

	snprintf(name, sizeof(name), "authority %u", ++count);
	authority->key = EVP_EC_gen("P-256");
	authority->certificate = make(authority->key, name, -86400, 86400);
	extend(authority->certificate, NID_basic_constraints, "critical,CA:TRUE");
	ck_assert_int_gt(X509_sign(authority->certificate, authority->key, EVP_sha256()), 0);
}

void authority_clear(struct authority *authority)
{
	X509_free(authority->certificate);
	EVP_PKEY_free(authority->key);
}

struct trust *authority_trust(const struct authority *authority)
{
	char path[] = "/tmp/shopd-test-XXXXXX";
	int fd = mkstemp(path);
	FILE *file = fdopen(fd, "w");
	struct trust *trust;

	ck_assert_ptr_nonnull(file);
	PEM_write_X509(file, authority->certificate);
	fclose(file);
	trust = trust_new(path);
	unlink(path);
	ck_assert_ptr_nonnull(trust);
	return trust;
}

static X509 *certify(const struct authority *authority, EVP_PKEY *key, const char *names,
		     long until_s)
{
	X509 *certificate =
		make(key, "the test's server", until_s < 0 ? until_s - 3600 : -3600, until_s);

	extend(certificate, NID_subject_alt_name, names);
	X509_set_issuer_name(certificate, X509_get_subject_name(authority->certificate));
	ck_assert_int_gt(X509_sign(certificate, authority->key, EVP_sha256()), 0);
	return certificate;
}

SSL_CTX *authority_serve(const struct authority *authority, const char *names, long until_s)
{
	SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = certify(authority, key, names, until_s);

	ck_assert_int_eq(SSL_CTX_use_certificate(tls, certificate), 1);
	ck_assert_int_eq(SSL_CTX_use_PrivateKey(tls, key), 1);
	X509_free(certificate);
	EVP_PKEY_free(key);
	return tls;
}

void authority_write(const struct authority *authority, EVP_PKEY *key, const char *passphrase,
		     const struct identity_paths *paths)
{
	X509 *certificate = certify(authority, key, "IP:127.0.0.1", paths->until_s);
	FILE *file = fopen(paths->certificate, "w");

	ck_assert_ptr_nonnull(file);
	PEM_write_X509(file, certificate);
	for (unsigned i = 0; i < paths->between; i++)
		PEM_write_X509(file, authority->certificate);
	fclose(file);
	file = fopen(paths->key, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(PEM_write_PrivateKey(file, key, passphrase ? EVP_aes_128_cbc() : NULL,
					      NULL, 0, NULL, (void *)(uintptr_t)passphrase),
			 1);
	fclose(file);
	X509_free(certificate);
}
