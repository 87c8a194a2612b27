#include "http/api_key.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/metrics.h"
#include "base/secret.h"

#define PREFIX "shopd_"

enum {
	PREFIX_LEN = sizeof(PREFIX) - 1,
	SALT_LEN = 32, /* hexadecimal digits */
	WORDS = 5,     /* of a line */
	LINE_MAX_LEN = 1024,
};

struct api_key {
	char id[API_KEY_ID_LEN + 1];
	char name[API_KEY_NAME_MAX + 1];
	char salt[SALT_LEN + 1];
	uint8_t hash[DIGEST_SHA256_SIZE];
	scope_set scopes;
	metric_counter last_used_s; /* written by any thread: it does not matter by which */
};

struct api_keys {
	atomic_uint holds;
	size_t count;
	struct api_key keys[API_KEYS_MAX];
};

/* ---- texts ---- */

static bool is_hex(const char *text, size_t len)
{
	return strspn(text, "0123456789abcdef") >= len;
}

bool api_key_is_name(const char *name)
{
	size_t len = strlen(name);

	return len >= 1 && len <= API_KEY_NAME_MAX &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-") ==
		       len;
}

bool api_key_is_one(const char *text)
{
	return strncmp(text, PREFIX, PREFIX_LEN) == 0;
}

static bool hash_secret(struct digest *digest, const char *salt, const char *secret,
			uint8_t hash[static DIGEST_SHA256_SIZE])
{
	char both[SALT_LEN + API_KEY_SECRET_LEN];
	bool ok;

	memcpy(both, salt, SALT_LEN);
	memcpy(both + SALT_LEN, secret, API_KEY_SECRET_LEN);
	ok = digest_sha256(digest, both, sizeof(both), hash);
	digest_wipe(both, sizeof(both));
	return ok;
}

/* ---- reading the file ---- */

static bool read_scopes(char *text, scope_set *scopes)
{
	char *rest = text;

	*scopes = 0;
	for (char *name = strsep(&rest, ","); name != NULL; name = strsep(&rest, ",")) {
		enum scope scope;

		if (!scope_find(span_of(name), &scope))
			return false;
		*scopes |= scope_bit(scope);
	}
	return true;
}

static bool read_hash(const char *text, uint8_t hash[static DIGEST_SHA256_SIZE])
{
	if (strlen(text) != 2 * DIGEST_SHA256_SIZE || !is_hex(text, 2 * DIGEST_SHA256_SIZE))
		return false;
	for (size_t i = 0; i < DIGEST_SHA256_SIZE; i++) {
		uint32_t byte = 0;

		(void)text_parse_hex((struct span){text + 2 * i, 2}, &byte);
		hash[i] = (uint8_t)byte;
	}
	return true;
}

static struct api_key *find(struct api_keys *keys, const char *id)
{
	for (size_t i = 0; i < keys->count; i++)
		if (memcmp(keys->keys[i].id, id, API_KEY_ID_LEN) == 0)
			return &keys->keys[i];
	return NULL;
}

/* What is wrong with a line, or NULL. */
static const char *read_words(struct api_keys *keys, char *const words[static WORDS])
{
	struct api_key *key = &keys->keys[keys->count];

	if (strlen(words[0]) != API_KEY_ID_LEN || !is_hex(words[0], API_KEY_ID_LEN))
		return "the id must have 12 hexadecimal digits";
	if (find(keys, words[0]) != NULL)
		return "the id came before";
	if (!api_key_is_name(words[1]))
		return "the name must have 1 to 64 letters, digits, _ . or -";
	if (!read_scopes(words[2], &key->scopes))
		return "there is no such scope; shopd --help names them";
	if (strlen(words[3]) != SALT_LEN || !is_hex(words[3], SALT_LEN))
		return "the salt must have 32 hexadecimal digits";
	if (!read_hash(words[4], key->hash))
		return "the hash must have 64 hexadecimal digits";
	memcpy(key->id, words[0], API_KEY_ID_LEN + 1);
	snprintf(key->name, sizeof(key->name), "%s", words[1]);
	memcpy(key->salt, words[3], SALT_LEN + 1);
	keys->count++;
	return NULL;
}

static const char *read_line(struct api_keys *keys, char *line)
{
	char *words[WORDS];
	size_t count = 0;
	char *rest;

	for (char *word = strtok_r(line, " \t\r", &rest); word != NULL;
	     word = strtok_r(NULL, " \t\r", &rest)) {
		if (count == WORDS)
			return "there are more than five words";
		words[count++] = word;
	}
	if (count == 0 || words[0][0] == '#')
		return NULL;
	if (count < WORDS)
		return "there are fewer than five words: id, name, scopes, salt and hash";
	if (keys->count == API_KEYS_MAX)
		return "there are more than 256 keys";
	return read_words(keys, words);
}

static bool read_lines(struct api_keys *keys, const struct buf *text,
		       char why[static API_KEY_WHY_SIZE])
{
	char line[LINE_MAX_LEN + 1];
	const char *at = buf_text(text);
	const char *end = at + text->len;

	for (unsigned number = 1; at < end; number++) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((stop != NULL ? stop : end) - at);
		const char *fault = "it is longer than 1,024 bytes";

		if (len <= LINE_MAX_LEN) {
			memcpy(line, at, len);
			line[len] = '\0';
			fault = line[0] == '#' ? NULL : read_line(keys, line);
		}
		if (fault != NULL) {
			snprintf(why, API_KEY_WHY_SIZE, "line %u: %s", number, fault);
			return false;
		}
		at += len + 1;
	}
	return true;
}

static void take_over_times(struct api_keys *keys, const struct api_keys *before)
{
	for (size_t i = 0; before != NULL && i < before->count; i++) {
		struct api_key *key = find(keys, before->keys[i].id);

		if (key != NULL)
			key->last_used_s = metric_get(&before->keys[i].last_used_s);
	}
}

struct api_keys *api_keys_read(const char *path, const struct api_keys *before,
			       char why[static API_KEY_WHY_SIZE])
{
	struct api_keys *keys = calloc(1, sizeof(*keys));
	struct buf text = {0};
	bool ok = false;

	if (keys == NULL)
		snprintf(why, API_KEY_WHY_SIZE, "out of memory");
	else if (!secret_read_file(path, API_KEY_FILE_MAX, &text))
		snprintf(why, API_KEY_WHY_SIZE, "%s", strerror(errno));
	else
		ok = read_lines(keys, &text, why);
	secret_clear(&text);
	if (!ok) {
		free(keys);
		return NULL;
	}
	atomic_init(&keys->holds, 1);
	take_over_times(keys, before);
	return keys;
}

struct api_keys *api_keys_hold(struct api_keys *keys)
{
	atomic_fetch_add(&keys->holds, 1);
	return keys;
}

void api_keys_release(struct api_keys *keys)
{
	if (keys != NULL && atomic_fetch_sub(&keys->holds, 1) == 1)
		free(keys);
}

size_t api_keys_count(const struct api_keys *keys)
{
	return keys->count;
}

/* ---- checking ---- */

bool api_keys_check(struct api_keys *keys, struct digest *digest, const char *text, int64_t now_s,
		    struct api_key_owner *owner)
{
	const char *id = text + PREFIX_LEN;
	uint8_t hash[DIGEST_SHA256_SIZE];
	struct api_key *key;

	if (!api_key_is_one(text) || strlen(text) != API_KEY_SIZE - 1 ||
	    !is_hex(id, API_KEY_ID_LEN) || id[API_KEY_ID_LEN] != '_')
		return false;
	key = find(keys, id);
	if (key == NULL || !hash_secret(digest, key->salt, id + API_KEY_ID_LEN + 1, hash) ||
	    !digest_equal(hash, key->hash, sizeof(hash)))
		return false;
	atomic_store_explicit(&key->last_used_s, (uint64_t)now_s, memory_order_relaxed);
	*owner = (struct api_key_owner){key->name, key->scopes};
	return true;
}

void api_keys_write_metrics(const struct api_keys *keys, struct buf *out)
{
	char labels[API_KEY_NAME_MAX + API_KEY_ID_LEN + 20];

	metric_write_head(
		out, "shopd_api_key_last_used_seconds", "gauge",
		"When each API key was last used here, in seconds since 1970; 0: not yet.");
	for (size_t i = 0; i < keys->count; i++) {
		const struct api_key *key = &keys->keys[i];

		snprintf(labels, sizeof(labels), "name=\"%s\",id=\"%s\"", key->name, key->id);
		metric_write(out, "shopd_api_key_last_used_seconds", labels,
			     metric_get(&key->last_used_s));
	}
}

/* ---- making ---- */

static void make_hex(char *text, size_t digits)
{
	uint8_t bytes[API_KEY_SECRET_LEN / 2];
	struct buf hex;

	digest_random(bytes, digits / 2);
	buf_init_over(&hex, text, digits + 1);
	buf_add_hex(&hex, bytes, digits / 2);
	text[digits] = '\0';
	digest_wipe(bytes, sizeof(bytes));
}

static void write_line(const struct api_key *key, struct buf *line)
{
	const char *comma = "";

	buf_add_format(line, "%s %s ", key->id, key->name);
	for (unsigned i = 0; i < SCOPE_COUNT; i++) {
		if ((key->scopes & scope_bit(i)) == 0)
			continue;
		buf_add_format(line, "%s%s", comma, scope_names[i]);
		comma = ",";
	}
	buf_add_format(line, " %s ", key->salt);
	buf_add_hex(line, key->hash, sizeof(key->hash));
	buf_add_char(line, '\n');
}

bool api_key_make(const char *name, scope_set scopes, char text[static API_KEY_SIZE],
		  struct buf *line)
{
	struct digest *digest = digest_new();
	struct api_key key = {.scopes = scopes};
	char secret[API_KEY_SECRET_LEN + 1];
	bool ok;

	snprintf(key.name, sizeof(key.name), "%s", name);
	make_hex(key.id, API_KEY_ID_LEN);
	make_hex(key.salt, SALT_LEN);
	make_hex(secret, API_KEY_SECRET_LEN);
	ok = digest != NULL && hash_secret(digest, key.salt, secret, key.hash);
	if (ok) {
		snprintf(text, API_KEY_SIZE, PREFIX "%s_%s", key.id, secret);
		write_line(&key, line);
		ok = buf_ok(line);
	}
	digest_wipe(secret, sizeof(secret));
	digest_free(digest);
	return ok;
}
