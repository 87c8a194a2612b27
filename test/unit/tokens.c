#include "tokens.h"

#include <openssl/ec.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* Keys of nobody: they sign tokens in these tests and nothing else. */
static const char rsa_pem[] = "-----BEGIN PRIVATE KEY-----\n"
			      "MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQCwrhS6S88iTCMo\n"
			      "xRWuMnWaKR4mPcTEL3+HLRUeULxlFDKxVPVj8N7mf6908zlSgl4vkh2rSXOgZYYQ\n"
			      "Nwt1C8bUv9q5yA5iJVelOrCCJgyrR1iqonl27ghJWOu0svLS+6l4aUSug1Zaslk1\n"
			      "Qg5xg7IYTfvRdNkT8KSUe91FOGjJZrhdajQ/A5kpit7eGUnX4RYD6SWRuaenAf8e\n"
			      "vxgnsGd+x7mipTLx1S4i6SZskYazOvRwLrcF2dTiMghYi52UwradfdDIZLRvBXsz\n"
			      "n9g1XSVvaAziKPPxQc4caOi6VXP5S44aU5HLSr8Q0RphUb8PWFYNa4CSfnQzE2mC\n"
			      "/pDxmgp3AgMBAAECggEADYPuPKdlRk+3YNGywYtFSRsGyLtw5zu68FxCgU8rxOUG\n"
			      "pl9uu3ZxlrBYe68fc3Ba7sipUbEMvKMHiQtXlQc8Q99pRqJHIhA5OX/ZK3DoXIcu\n"
			      "ATTslcHKYHys4JB6gtPoODh/8y7uLCyjJlp8lbJoAp6fOiagydBexqezBYM11jIk\n"
			      "2FP/9WTW9nOEX5DxfWZrUz8kTOHmtqGf2lJpKBQZvcToIM3/8ui3tcUli3c9W+Fi\n"
			      "wcz/7Rxn+D/ZJfY7ZQTeMRbQE75kzEFUgxuTxj/TYlvH95SkrdhTr31EDAnUPr25\n"
			      "rUimPMOW4myRiYTwVL9FFCGLt7U42pFy0bgy6HDsAQKBgQDdGaykLdEXBnw1qNmf\n"
			      "+5kFO+dha15Sf2quvtrcPIHe01Z3F/6WNwVU+1Yqv9hbn2q9C+oH3ZXSCDyy3aeY\n"
			      "82ujJCmqAUDBqIyKHpmJr5+49bSbGEKj6RHvKvNzaJg/E2Ve3t3Wi5Iw1/NFeAXJ\n"
			      "tHZRKdLCfxwesvIgLpiwsQJi6QKBgQDMkXNV2fCEAu4+kMGEFvm7C465u0hbhwd1\n"
			      "nq/EXstPHEKpMdPIQf6xeFjxBaulMuyb/rKfHhqg1+zR6k9APjHfsol4fFMr97m4\n"
			      "NW23jXQ3h6IIOKSY5GQVAxzEXhpVJCocshTe6+IJjr/xvan1IfvvM1OTY/LrBq9P\n"
			      "KM436crmXwKBgGZAqnQfcFSqviT+2u6/KAygoKiQREX5AXihcYxrO1C3AoT/htEn\n"
			      "zwJ3XmlU4hW1i2K0sN5EXzaMcq3yDsGQyhXf8pjaDX3CmoSCFFX17/NVRtp3hNJT\n"
			      "RuUKQx77n3WEXdxbS9MeJ1UJekuFb3/SQunUYtFqgbG85nd1tU35/vWJAoGAWPKl\n"
			      "g57PxZbAoNOwUQ7sZzgPRxL301RTGgF1y5ysKinPkmHoBBst81ywz5v3lk0eNHX6\n"
			      "lNUyHt3ES0HmU7i3Vtz6iTkFsQh16HLS0gzfi4WeHpUCfLhSDBDeYUPJj1u6M9/6\n"
			      "0zMdhapcK3CchcnREaDvpha/eRHfCDxl7knpv2ECgYBB1WlnRe/wtWzQorhvsa5l\n"
			      "aYv9iHx4PrnXOHbAAyYsluEUvPSp+BFLXInebkhaTU3ZKZ6LpaE6k0KTXJ1F+xKs\n"
			      "LQzECCr4daHm1Mlg75nTJcV4l3rH8fpZ9m6t57P+Ol0+tvDaVHrUOw8UyNlJmYzJ\n"
			      "tKBJ0ZY28N+IYWM4JLrvhg==\n"
			      "-----END PRIVATE KEY-----\n";

static const char ec_pem[] = "-----BEGIN PRIVATE KEY-----\n"
			     "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgbW7C6vgMJWrehsu6\n"
			     "RuzEvTOTBF6dk9LzuUYIScrc/AChRANCAAT5HCZCltlRgSwVcUVIvTrDAJFgLqtV\n"
			     "/AKn6WPsw3WCIWu6PU4W8Q7wefzdzsMFbEMp76O2ubmitQ75ShtHEI17\n"
			     "-----END PRIVATE KEY-----\n";

enum { TOKEN_MAX = 64 * 1024, SIGNATURE_MAX = 512, COORDINATE = 32 };

static void add_base64(char *token, const void *bytes, size_t len, bool is_padded)
{
	char *end = token + strlen(token);

	text_base64_encode(bytes, len, end);
	while (is_padded && strlen(end) % 4 != 0)
		strcat(end, "=");
}

static char *begin(const char *header, const char *claims, bool is_padded)
{
	char *token = calloc(1, TOKEN_MAX);

	if (!token || strlen(header) + strlen(claims) > TOKEN_MAX / 2)
		abort();
	add_base64(token, header, strlen(header), is_padded);
	strcat(token, ".");
	add_base64(token, claims, strlen(claims), is_padded);
	return token;
}

static void end(char *token, const void *signature, size_t len, bool is_padded)
{
	strcat(token, ".");
	add_base64(token, signature, len, is_padded);
}

static size_t sign(const char *pem, const char *text, uint8_t *signature)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	size_t len = SIGNATURE_MAX;

	if (EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) != 1 ||
	    EVP_DigestSign(context, signature, &len, (const uint8_t *)text, strlen(text)) != 1)
		abort();
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	BIO_free(bio);
	return len;
}

char *token_rs256(const char *header, const char *claims)
{
	char *token = begin(header, claims, false);
	uint8_t signature[SIGNATURE_MAX];

	end(token, signature, sign(rsa_pem, token, signature), false);
	return token;
}

/* A token has the two numbers side by side, OpenSSL gives them in DER. */
static char *sign_ec(char *token, bool is_padded)
{
	uint8_t der[SIGNATURE_MAX];
	uint8_t signature[2 * COORDINATE];
	const uint8_t *at = der;
	ECDSA_SIG *numbers = d2i_ECDSA_SIG(NULL, &at, (long)sign(ec_pem, token, der));

	if (!numbers)
		abort();
	BN_bn2binpad(ECDSA_SIG_get0_r(numbers), signature, COORDINATE);
	BN_bn2binpad(ECDSA_SIG_get0_s(numbers), signature + COORDINATE, COORDINATE);
	ECDSA_SIG_free(numbers);
	end(token, signature, sizeof(signature), is_padded);
	return token;
}

char *token_es256(const char *header, const char *claims)
{
	return sign_ec(begin(header, claims, false), false);
}

char *token_es256_padded(const char *header, const char *claims)
{
	return sign_ec(begin(header, claims, true), true);
}

char *token_hs256(const char *header, const char *claims)
{
	static const char secret[] = TOKENS_RSA;
	char *token = begin(header, claims, false);
	uint8_t signature[SIGNATURE_MAX];
	unsigned len = 0;

	HMAC(EVP_sha256(), secret, sizeof(secret) - 1, (const uint8_t *)token, strlen(token),
	     signature, &len);
	end(token, signature, len, false);
	return token;
}
