#include "http/tls_identity.h"

#include <errno.h>
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

/* Forward secrecy and authenticated encryption only, which all that speak TLS 1.2 know. */
#define PRIORITIES                                                                            \
	"NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:-DHE-RSA:-AES-128-CBC:-AES-256-CBC:" \
	"-SHA1:-SIGN-RSA-SHA1:-SIGN-ECDSA-SHA1:%SERVER_PRECEDENCE"

struct tls_identity {
	atomic_uint holds;
	gnutls_certificate_credentials_t credentials;
	struct tls_identity_facts facts;
};

/* What is read, before it becomes an identity. */
struct material {
	gnutls_x509_crt_t certificates[TLS_IDENTITY_CHAIN_MAX];
	unsigned count;
	gnutls_x509_privkey_t key;
};

/* ---- reading ---- */

static bool complain(char why[static TLS_IDENTITY_WHY_SIZE], const char *path, const char *what)
{
	snprintf(why, TLS_IDENTITY_WHY_SIZE, "%.200s: %s", path, what);
	return false;
}

static gnutls_datum_t datum_of(struct buf *text)
{
	return (gnutls_datum_t){(unsigned char *)text->data, (unsigned)text->len};
}

static bool read_file(const char *path, struct buf *text, char why[static TLS_IDENTITY_WHY_SIZE])
{
	if (!secret_read_file(path, TLS_IDENTITY_FILE_MAX, text))
		return complain(why, path, strerror(errno));
	return text->len > 0 || complain(why, path, "the file is empty");
}

static bool take_certificates(struct material *material, const char *path, struct buf *text,
			      char why[static TLS_IDENTITY_WHY_SIZE])
{
	const gnutls_datum_t pem = datum_of(text);
	unsigned count = TLS_IDENTITY_CHAIN_MAX;
	int result = gnutls_x509_crt_list_import(material->certificates, &count, &pem,
						 GNUTLS_X509_FMT_PEM,
						 GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED);

	if (result > 0)
		material->count = (unsigned)result;
	if (result == GNUTLS_E_SHORT_MEMORY_BUFFER)
		return complain(why, path, "there are more than 16 certificates");
	if (result == 0 || result == GNUTLS_E_NO_CERTIFICATE_FOUND)
		return complain(why, path, "there is no certificate in PEM form");
	return result > 0 || complain(why, path, gnutls_strerror(result));
}

static bool read_certificates(struct material *material, const char *path,
			      char why[static TLS_IDENTITY_WHY_SIZE])
{
	struct buf text = {0};
	bool ok = read_file(path, &text, why) && take_certificates(material, path, &text, why);

	secret_clear(&text);
	return ok;
}

static bool take_key(struct material *material, const char *path, struct buf *text,
		     char why[static TLS_IDENTITY_WHY_SIZE])
{
	const gnutls_datum_t pem = datum_of(text);
	int result;

	if (gnutls_x509_privkey_init(&material->key) != GNUTLS_E_SUCCESS)
		return complain(why, path, "out of memory");
	result = gnutls_x509_privkey_import2(material->key, &pem, GNUTLS_X509_FMT_PEM, NULL, 0);
	if (result == GNUTLS_E_DECRYPTION_FAILED)
		return complain(why, path, "the key has a passphrase; there must be none");
	if (result != GNUTLS_E_SUCCESS)
		return complain(why, path, "there is no key in PEM form");
	if (gnutls_x509_privkey_sec_param(material->key) < GNUTLS_SEC_PARAM_MEDIUM)
		return complain(why, path, "the key is weaker than RSA of 2048 bits");
	return true;
}

static bool read_key(struct material *material, const char *path,
		     char why[static TLS_IDENTITY_WHY_SIZE])
{
	struct buf text = {0};
	bool ok = read_file(path, &text, why) && take_key(material, path, &text, why);

	secret_clear(&text);
	return ok;
}

static void material_clear(struct material *material)
{
	for (unsigned i = 0; i < material->count; i++)
		gnutls_x509_crt_deinit(material->certificates[i]);
	if (material->key)
		gnutls_x509_privkey_deinit(material->key);
}

static void find_facts(struct tls_identity_facts *facts, gnutls_x509_crt_t certificate)
{
	gnutls_datum_t name = {0};

	facts->from_ms = (int64_t)gnutls_x509_crt_get_activation_time(certificate) * 1000;
	facts->until_ms = (int64_t)gnutls_x509_crt_get_expiration_time(certificate) * 1000;
	if (gnutls_x509_crt_get_dn3(certificate, &name, 0) == GNUTLS_E_SUCCESS)
		snprintf(facts->subject, sizeof(facts->subject), "%s", (char *)name.data);
	gnutls_free(name.data);
}

/* GnuTLS copies what it is given. */
static bool join(struct tls_identity *identity, struct material *material, const char *key_path,
		 char why[static TLS_IDENTITY_WHY_SIZE])
{
	int result = gnutls_certificate_set_x509_key(identity->credentials, material->certificates,
						     (int)material->count, material->key);

	if (result == GNUTLS_E_CERTIFICATE_KEY_MISMATCH)
		return complain(why, key_path,
				"the key does not belong to the certificate, which must be the "
				"first in its file");
	if (result < 0)
		return complain(why, key_path, gnutls_strerror(result));
	find_facts(&identity->facts, material->certificates[0]);
	return true;
}

struct tls_identity *tls_identity_read(const char *certificate_path, const char *key_path,
				       char why[static TLS_IDENTITY_WHY_SIZE])
{
	struct tls_identity *identity = calloc(1, sizeof(*identity));
	struct material material = {0};
	bool ok;

	if (!identity ||
	    gnutls_certificate_allocate_credentials(&identity->credentials) != GNUTLS_E_SUCCESS) {
		complain(why, certificate_path, "out of memory");
		free(identity);
		return NULL;
	}
	atomic_init(&identity->holds, 1);
	ok = read_certificates(&material, certificate_path, why) &&
	     read_key(&material, key_path, why) && join(identity, &material, key_path, why);
	material_clear(&material);
	if (ok)
		return identity;
	tls_identity_release(identity);
	return NULL;
}

/* ---- keeping ---- */

struct tls_identity *tls_identity_hold(struct tls_identity *identity)
{
	atomic_fetch_add(&identity->holds, 1);
	return identity;
}

void tls_identity_release(struct tls_identity *identity)
{
	if (!identity || atomic_fetch_sub(&identity->holds, 1) > 1)
		return;
	gnutls_certificate_free_credentials(identity->credentials);
	free(identity);
}

const struct tls_identity_facts *tls_identity_facts(const struct tls_identity *identity)
{
	return &identity->facts;
}

/* ---- showing ---- */

/* Out of memory: the session then asks show_nobody, and ends. */
void tls_identity_show(struct tls_identity *identity, void *session)
{
	(void)!gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, identity->credentials);
}

/* libmicrohttpd insists on having some certificate of its own. */
/* NOLINTBEGIN(readability-non-const-parameter) */
static int show_nobody(gnutls_session_t session, const gnutls_datum_t *authorities,
		       int authority_count, const gnutls_pk_algorithm_t *algorithms,
		       int algorithm_count, gnutls_pcert_st **certificates,
		       unsigned *certificate_count, gnutls_privkey_t *key)
{
	(void)session;
	(void)authorities;
	(void)authority_count;
	(void)algorithms;
	(void)algorithm_count;
	(void)certificates;
	(void)certificate_count;
	(void)key;
	return -1;
}
/* NOLINTEND(readability-non-const-parameter) */

void tls_identity_fill_options(struct MHD_OptionItem options[static TLS_IDENTITY_OPTIONS])
{
	static char priorities[] = PRIORITIES;

	options[0] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_PRIORITIES, 0, priorities};
	options[1] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_CERT_CALLBACK, 0,
					     (void *)(uintptr_t)show_nobody};
	options[2] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
}
