#include "repo/user_item.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/json_string.h"
#include "domain/contact.h"
#include "domain/user.h"

enum { EMAIL_MAX = 4 * CONTACT_EMAIL_MAX, INDEX_KEY_SIZE = 128 };

void user_item_key(const char *id, char key[static RECORD_KEY_SIZE])
{
	snprintf(key, RECORD_KEY_SIZE, "U#%s", id);
}

bool user_item_email_key(const struct repo *repo, struct span email,
			 char key[static RECORD_KEY_SIZE])
{
	uint8_t hash[DIGEST_SHA256_SIZE];
	struct buf text = {0};
	bool is_made;

	buf_init(&text, EMAIL_MAX);
	contact_fold_email(email, &text);
	is_made = buf_ok(&text) && digest_sha256(repo->digest, buf_text(&text), text.len, hash);
	buf_reset(&text);
	if (is_made) {
		buf_add_str(&text, "EMAIL#");
		buf_add_hex(&text, hash, sizeof(hash));
		is_made = buf_ok(&text);
	}
	if (is_made)
		snprintf(key, RECORD_KEY_SIZE, "%s", buf_text(&text));
	buf_clear(&text);
	return is_made;
}

bool user_item_own_email_key(const struct repo *repo, const struct item *item,
			     char key[static RECORD_KEY_SIZE])
{
	struct buf email = {0};
	bool is_made;

	buf_init(&email, EMAIL_MAX);
	json_string_decode(json_scan_member(item_get(item, "email"), "S"), &email);
	is_made = buf_ok(&email) &&
		  user_item_email_key(repo, (struct span){buf_text(&email), email.len}, key);
	buf_clear(&email);
	return is_made;
}

void user_item_lock(const char *user_id, char members[static USER_LOCK_SIZE])
{
	snprintf(members, USER_LOCK_SIZE, "\"user_id\":{\"S\":\"%s\"}", user_id);
}

void user_item_write(const struct repo *repo, const char *id, const json_t *user, const char *now,
		     struct buf *out)
{
	const struct record_stamp stamp = {1, now, now};
	char key[INDEX_KEY_SIZE];

	record_write(user_fields, user, &stamp, out);
	attribute_add_integer(out, "address_count", 0);
	snprintf(key, sizeof(key), "USER#%" PRIu32, id_hash(id) & (repo->write_shards - 1));
	attribute_add_text(out, "g2p", key);
	snprintf(key, sizeof(key), "%s#%s", now, id);
	attribute_add_text(out, "g2s", key);
}
