/*
 * Sets of keys from an issuer: those that are taken are few, and are found again by nothing but
 * their own ids. The same bytes as a load balancer's key.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "http/jwks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct jwks *keys, const char *why)
{
	if (!keys && why[0] == '\0')
		abort();
	if (keys && (jwks_count(keys) == 0 || jwks_count(keys) > JWKS_MAX))
		abort();
	if (keys && jwks_find(keys, span_of(""), JWK_ES256))
		abort();
	jwks_free(keys);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = {(const char *)data, size};
	char why[JWKS_WHY_SIZE] = "";

	check(jwks_parse(text, why), why);
	why[0] = '\0';
	check(jwks_parse_pem(span_of("id"), text, why), why);
	return 0;
}
