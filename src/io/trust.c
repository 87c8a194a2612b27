#include "io/trust.h"

#include <curl/curl.h>
#include <openssl/ssl.h>

/* There is nothing but the store: struct trust is its public name. */

struct trust *trust_new(const char *ca_bundle)
{
	X509_STORE *store = X509_STORE_new();

	if (ca_bundle == NULL)
		ca_bundle = curl_version_info(CURLVERSION_NOW)->cainfo;
	if (store == NULL || ca_bundle == NULL || X509_STORE_load_file(store, ca_bundle) != 1) {
		X509_STORE_free(store);
		return NULL;
	}
	return (struct trust *)store;
}

void trust_free(struct trust *trust)
{
	X509_STORE_free((X509_STORE *)trust);
}

void *trust_store(struct trust *trust)
{
	return trust;
}
