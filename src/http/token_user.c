#include "http/token_user.h"

#include <string.h>

#include "base/buf.h"

static bool take_id(struct span subject, char id[static ID_SIZE])
{
	char text[ID_SIZE];

	if (!id_take(subject, text) || id_is_hashed(text))
		return false;
	memcpy(id, text, ID_SIZE);
	return true;
}

static bool make_id(struct digest *digest, struct span issuer, struct span subject,
		    char id[static ID_SIZE])
{
	char memory[TOKEN_USER_NAME_MAX];
	uint8_t hash[DIGEST_SHA256_SIZE];
	struct buf name;

	buf_init_over(&name, memory, sizeof(memory));
	buf_add(&name, issuer.data, issuer.len);
	buf_add_char(&name, '\0');
	buf_add(&name, subject.data, subject.len);
	if (!buf_ok(&name) || !digest_sha256(digest, name.data, name.len, hash))
		return false;
	id_make_hashed(hash, id);
	return true;
}

bool token_user_find(struct digest *digest, struct span issuer, struct span subject,
		     char id[static ID_SIZE])
{
	return take_id(subject, id) || make_id(digest, issuer, subject, id);
}
