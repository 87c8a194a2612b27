/*
 * Whose a token is: the id of the user whom its issuer and its subject ("sub") name. Issuers choose
 * subjects as they like: Cognito's are UUIDs, Auth0's look like "auth0|5f7c8ec7", others are
 * numbers or e-mail addresses.
 *
 * A subject that is a UUID in lower case is the id, of whatever version. Every other one has an id
 * that is made of issuer and subject and is always the same: a UUID of version 8 (RFC 9562, 5.8),
 * the first bits of
 *
 *	SHA-256(issuer, NUL, subject)
 *
 * Version 8, since version 5 is bound to SHA-1. The issuer is in it, so that the same name is
 * another user with another issuer. A subject that looks like such an id is not taken as it is:
 * where people choose their subjects themselves, nobody can choose what another's stands for.
 */
#ifndef SHOPD_HTTP_TOKEN_USER_H
#define SHOPD_HTTP_TOKEN_USER_H

#include <stdbool.h>

#include "base/digest.h"
#include "base/id.h"

enum { TOKEN_USER_NAME_MAX = 8 * 1024 /* bytes of both and two NULs: more than a token has */ };

/*
 * Neither text has a NUL; the issuer may be absent. False, and `id` untouched, when they are longer
 * than a token's can be, or OpenSSL fails.
 */
MUST_CHECK bool token_user_find(struct digest *digest, struct span issuer, struct span subject,
				char id[static ID_SIZE]);

#endif
