#include "domain/contact.h"

#include <string.h>

#include "domain/country.h"
#include "domain/name_fold.h"

enum { LABEL_MAX = 63, PHONE_MIN = 8, PHONE_MAX = 15 };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* ------------------------------------------------------------------ e-mail */

/* Spaces, and what is not seen or turns the text around it. */
static bool is_invisible(uint32_t code)
{
	return code == 0xa0 || code == 0xad || code == 0x1680 ||
	       (code >= 0x2000 && code <= 0x206f) || code == 0x3000 || code == 0xfeff;
}

static bool has_invisible(struct span text)
{
	while (text.len > 0) {
		uint32_t code = 0;
		size_t len = text_utf8_decode(text, &code);

		if (len == 0 || is_invisible(code))
			return true;
		text.data += len;
		text.len -= len;
	}
	return false;
}

static bool is_local_part(struct span text)
{
	if (text.len == 0 || text.len > CONTACT_LOCAL_MAX)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		if ((unsigned char)c < 0x80 && !is_letter(c) && !is_digit(c) &&
		    !strchr(".!#$%&'*+/=?^_`{|}~-", c))
			return false;
	}
	return true;
}

static bool is_label(struct span text)
{
	if (text.len == 0 || text.len > LABEL_MAX || text.data[0] == '-' ||
	    text.data[text.len - 1] == '-')
		return false;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		if ((unsigned char)c < 0x80 && !is_letter(c) && !is_digit(c) && c != '-')
			return false;
	}
	return true;
}

static bool is_domain(struct span text)
{
	size_t labels = 0;

	for (;;) {
		const char *dot = memchr(text.data, '.', text.len);
		struct span label = {text.data, dot ? (size_t)(dot - text.data) : text.len};

		if (!is_label(label))
			return false;
		labels++;
		if (!dot)
			return labels > 1;
		text.data += label.len + 1;
		text.len -= label.len + 1;
	}
}

static bool is_email(struct span text)
{
	const char *at = memchr(text.data, '@', text.len);
	size_t local;

	if (!at || text_has_control(text) || has_invisible(text))
		return false;
	local = (size_t)(at - text.data);
	return is_local_part((struct span){text.data, local}) &&
	       is_domain((struct span){at + 1, text.len - local - 1});
}

bool contact_is_email(struct span text)
{
	return text.len <= CONTACT_EMAIL_MAX && is_email(text);
}

void contact_check_email(const struct field *field, const char *path, const json_t *value,
			 struct validation *validation)
{
	(void)field;
	if (!field_is_text(path, value, validation))
		return;
	if (json_string_length(value) > CONTACT_EMAIL_MAX)
		validation_add(validation, path, MISTAKE_TOO_LONG, "It must have at most %d bytes.",
			       CONTACT_EMAIL_MAX);
	else if (!is_email(field_text(value)))
		validation_add(validation, path, MISTAKE_INVALID_EMAIL,
			       "It must be an e-mail address such as jo@shop.example.");
}

void contact_fold_email(struct span email, struct buf *out)
{
	name_fold(email, out);
}

/* ------------------------------------------------------------------ the others */

static bool is_phone(struct span text)
{
	if (text.len < 1 + PHONE_MIN || text.len > 1 + PHONE_MAX || text.data[0] != '+' ||
	    text.data[1] == '0')
		return false;
	for (size_t i = 1; i < text.len; i++) {
		if (!is_digit(text.data[i]))
			return false;
	}
	return true;
}

void contact_check_phone(const struct field *field, const char *path, const json_t *value,
			 struct validation *validation)
{
	(void)field;
	if (field_is_text(path, value, validation) && !is_phone(field_text(value)))
		validation_add(validation, path, MISTAKE_INVALID_PHONE,
			       "It must be a number with its country's code, such as +4930123456.");
}

static bool consists_of(struct span text, bool (*is_one)(char c))
{
	for (size_t i = 0; text.data && i < text.len; i++) {
		if (!is_one(text.data[i]))
			return false;
	}
	return text.len > 0;
}

/* The next subtag; absent after the last. */
static struct span next_subtag(struct span *rest)
{
	const char *dash = rest->data ? memchr(rest->data, '-', rest->len) : NULL;
	struct span tag = {rest->data, dash ? (size_t)(dash - rest->data) : rest->len};

	*rest = dash ? (struct span){dash + 1, rest->len - tag.len - 1} : (struct span){0};
	return tag;
}

static bool is_locale(struct span text)
{
	struct span tag = next_subtag(&text);

	if (tag.len < 2 || tag.len > 3 || !consists_of(tag, is_letter))
		return false;
	tag = next_subtag(&text);
	if (tag.len == 4 && consists_of(tag, is_letter))
		tag = next_subtag(&text);
	if (!tag.data)
		return true;
	return !text.data && ((tag.len == 2 && consists_of(tag, is_letter)) ||
			      (tag.len == 3 && consists_of(tag, is_digit)));
}

void contact_check_locale(const struct field *field, const char *path, const json_t *value,
			  struct validation *validation)
{
	(void)field;
	if (field_is_text(path, value, validation) && !is_locale(field_text(value)))
		validation_add(validation, path, MISTAKE_INVALID_LOCALE,
			       "It must be a language such as de, de-AT or zh-Hant-TW.");
}

void contact_check_country(const struct field *field, const char *path, const json_t *value,
			   struct validation *validation)
{
	(void)field;
	if (field_is_text(path, value, validation) && !country_exists(field_text(value)))
		validation_add(validation, path, MISTAKE_INVALID_COUNTRY,
			       "It must be a code of ISO 3166-1 in capital letters, such as DE.");
}
