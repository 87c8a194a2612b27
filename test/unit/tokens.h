/*
 * An issuer for the length of a test: two keys that were made for it, and tokens signed by them.
 */
#ifndef SHOPD_TEST_TOKENS_H
#define SHOPD_TEST_TOKENS_H

#include <stdbool.h>

#define TOKENS_RSA                                                                 \
	"{\"kty\":\"RSA\",\"kid\":\"rsa-1\",\"use\":\"sig\",\"alg\":\"RS256\",\"e" \
	"\":\"AQAB\",\"n\":\"sK4UukvPIkwjKMUVrjJ1mikeJj3ExC9_hy0VHlC8ZRQysVT1Y_De" \
	"5n-vdPM5UoJeL5Idq0lzoGWGEDcLdQvG1L_aucgOYiVXpTqwgiYMq0dYqqJ5du4ISVjrtLLy" \
	"0vupeGlEroNWWrJZNUIOcYOyGE370XTZE_CklHvdRThoyWa4XWo0PwOZKYre3hlJ1-EWA-kl" \
	"kbmnpwH_Hr8YJ7Bnfse5oqUy8dUuIukmbJGGszr0cC63BdnU4jIIWIudlMK2nX3QyGS0bwV7" \
	"M5_YNV0lb2gM4ijz8UHOHGjoulVz-UuOGlORy0q_ENEaYVG_D1hWDWuAkn50MxNpgv6Q8ZoK" \
	"dw\"}"
#define TOKENS_EC                                                                  \
	"{\"kty\":\"EC\",\"kid\":\"ec-1\",\"crv\":\"P-256\",\"x\":\"-RwmQpbZUYEsF" \
	"XFFSL06wwCRYC6rVfwCp-lj7MN1giE\",\"y\":\"a7o9ThbxDvB5_N3OwwVsQynvo7a5uaK" \
	"1DvlKG0cQjXs\"}"
/* What they are as a set of public keys, and the second one in PEM. */
#define TOKENS_SET "{\"keys\":[" TOKENS_RSA "," TOKENS_EC "]}"
#define TOKENS_PEM                                                           \
	"-----BEGIN PUBLIC KEY-----\n"                                       \
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE+RwmQpbZUYEsFXFFSL06wwCRYC6r\n" \
	"VfwCp+lj7MN1giFruj1OFvEO8Hn83c7DBWxDKe+jtrm5orUO+UobRxCNew==\n"     \
	"-----END PUBLIC KEY-----\n"

/* The texts as they are given, signed. To be freed. */
char *token_rs256(const char *header, const char *claims);
char *token_es256(const char *header, const char *claims);
/* Padded, as a load balancer does. */
char *token_es256_padded(const char *header, const char *claims);
/* With the text of TOKENS_SET's RSA key as the secret. */
char *token_hs256(const char *header, const char *claims);

#endif
