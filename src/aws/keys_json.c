#include "aws/keys_json.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json_scan.h"
#include "base/json_string.h"
#include "base/secret.h"

enum { OFFSET_LEN = 6 /* "+02:00" */, TIME_MAX = 40 };

/* Appends a string member and a NUL; returns where it begins. */
static size_t add_member(struct buf *texts, struct span object, const char *name)
{
	size_t start = texts->len;

	json_string_decode(json_scan_member(object, name), texts);
	buf_add_char(texts, '\0');
	return start;
}

static bool read_offset(const char *text, int64_t *offset_ms)
{
	uint64_t hours;
	uint64_t minutes;

	if ((text[0] != '+' && text[0] != '-') || text[3] != ':' ||
	    !text_parse_u64((struct span){text + 1, 2}, &hours) ||
	    !text_parse_u64((struct span){text + 4, 2}, &minutes) || hours > 23 || minutes > 59)
		return false;
	*offset_ms = (int64_t)(hours * 60 + minutes) * 60000;
	if (text[0] == '-')
		*offset_ms = -*offset_ms;
	return true;
}

/* Endpoints write "Z"; a program may write "+00:00". */
static bool parse_time(const char *text, int64_t *time_ms)
{
	size_t len = strlen(text);
	char in_utc[TIME_MAX];
	int64_t offset_ms;

	if (clock_parse_rfc3339(text, len, time_ms))
		return true;
	if (len <= OFFSET_LEN || len >= TIME_MAX ||
	    !read_offset(text + len - OFFSET_LEN, &offset_ms))
		return false;
	snprintf(in_utc, sizeof(in_utc), "%.*sZ", (int)(len - OFFSET_LEN), text);
	if (!clock_parse_rfc3339(in_utc, strlen(in_utc), time_ms))
		return false;
	*time_ms -= offset_ms;
	return true;
}

/* Members that are not there, as "", and `keys` untouched unless the result is OK. */
static enum keys_json_result take(struct span text, bool is_process, struct buf *texts,
				  struct aws_keys *keys)
{
	size_t access_key = add_member(texts, text, "AccessKeyId");
	size_t secret = add_member(texts, text, "SecretAccessKey");
	size_t token = add_member(texts, text, is_process ? "SessionToken" : "Token");
	size_t expiry = add_member(texts, text, "Expiration");
	const char *token_text = texts->data + token;
	int64_t expires_ms = 0;

	if (is_process && !span_equals(json_scan_member(text, "Version"), "1"))
		return KEYS_JSON_INCOMPLETE;
	if ((!is_process || texts->data[expiry]) && !parse_time(texts->data + expiry, &expires_ms))
		return KEYS_JSON_INCOMPLETE;
	if (is_process && !*token_text)
		token_text = NULL;
	if (!aws_keys_set(keys, texts->data + access_key, texts->data + secret, token_text,
			  expires_ms))
		return KEYS_JSON_NO_MEMORY;
	if (aws_keys_are_valid(keys))
		return KEYS_JSON_OK;
	aws_keys_clear(keys);
	return KEYS_JSON_INCOMPLETE;
}

enum keys_json_result keys_json_parse(struct span text, enum keys_json_form form,
				      struct aws_keys *keys)
{
	enum keys_json_result result;
	struct buf texts;

	if (!json_scan_check(text))
		return KEYS_JSON_MALFORMED;
	buf_init(&texts, text.len + 4); /* decoded texts are no longer; and a NUL for each */
	if (!secret_reserve(&texts))
		return KEYS_JSON_NO_MEMORY;
	result = take(text, form == KEYS_JSON_PROCESS, &texts, keys);
	secret_clear(&texts);
	return result;
}

const char *keys_json_text(enum keys_json_result result)
{
	static const char *const texts[] = {
		[KEYS_JSON_OK] = "is good",
		[KEYS_JSON_MALFORMED] = "is not JSON",
		[KEYS_JSON_INCOMPLETE] = "has no keys that can be used",
		[KEYS_JSON_NO_MEMORY] = "does not fit into memory",
	};

	return texts[result];
}
