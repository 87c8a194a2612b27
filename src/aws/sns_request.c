#include "aws/sns_request.h"

#include <ctype.h>
#include <string.h>

#include "base/text.h"

enum { NAME_MAX_LEN = 256, GROUP_MAX_LEN = 128 };

#define VERSION "&Version=2010-03-31"
#define STRING_TYPE "String"

/* Sent for a character that XML cannot hold. */
static const struct span replacement = {"\xef\xbf\xbd", 3};

/* ------------------------------------------------------------------ characters */

static bool is_taken(const char *text, size_t len)
{
	unsigned char first = (unsigned char)text[0];
	uint32_t code;

	if (first < 0x80)
		return first >= ' ' || strchr("\t\r\n", text[0]);
	if (first != 0xef)
		return true;
	return text_utf8_decode((struct span){text, len}, &code) > 1 && code != 0xfffe &&
	       code != 0xffff;
}

/* The next stretch as it is sent: characters as they are, or what stands for one that cannot be. */
static struct span take_piece(struct span *text)
{
	size_t len = 0;

	while (len < text->len && is_taken(text->data + len, text->len - len))
		len++;
	if (len > 0) {
		struct span piece = {text->data, len};

		*text = (struct span){text->data + len, text->len - len};
		return piece;
	}
	len = text_utf8_decode(*text, NULL);
	if (len == 0)
		len = 1; /* no UTF-8: it will be refused, but its size may be asked for */
	*text = (struct span){text->data + len, text->len - len};
	return replacement;
}

static size_t sent_size(const char *text)
{
	struct span rest = span_of(text);
	size_t size = 0;

	while (rest.len > 0)
		size += take_piece(&rest).len;
	return size;
}

static void add_text(struct buf *out, const char *text)
{
	struct span rest = span_of(text);

	while (rest.len > 0) {
		struct span piece = take_piece(&rest);

		buf_add_percent_encoded(out, piece.data, piece.len);
	}
}

size_t sns_message_size(const struct sns_message *message)
{
	size_t size = sent_size(message->body);

	for (size_t i = 0; i < message->attribute_count; i++)
		size += strlen(message->attributes[i].name) + strlen(STRING_TYPE) +
			sent_size(message->attributes[i].value);
	return size;
}

/* ------------------------------------------------------------------ what SNS takes */

static bool is_name(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > NAME_MAX_LEN || name[0] == '.' || name[len - 1] == '.' ||
	    strstr(name, ".."))
		return false;
	for (; *name; name++) {
		if (!isalnum((unsigned char)*name) && !strchr("_-.", *name))
			return false;
	}
	return true;
}

/* Also of deduplication ids. */
static bool is_group(const char *text)
{
	size_t len = text ? strlen(text) : 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	}
	return len > 0 && len <= GROUP_MAX_LEN;
}

static const char *find_wrong_attribute(const struct sns_message *message)
{
	for (size_t i = 0; i < message->attribute_count; i++) {
		const struct sns_attribute *attribute = &message->attributes[i];

		if (!is_name(attribute->name))
			return "an attribute has a name that SNS does not take";
		if (!attribute->value[0])
			return "an attribute is empty";
		if (!text_is_utf8(span_of(attribute->value)))
			return "an attribute is not UTF-8";
		for (size_t other = 0; other < i; other++) {
			if (strcmp(message->attributes[other].name, attribute->name) == 0)
				return "an attribute is there twice";
		}
	}
	return NULL;
}

const char *sns_request_find_mistake(const struct sns_message *message, bool is_fifo)
{
	const char *mistake;

	if (!message->body[0])
		return "the message is empty";
	if (!text_is_utf8(span_of(message->body)))
		return "the message is not UTF-8";
	mistake = find_wrong_attribute(message);
	if (mistake)
		return mistake;
	if (is_fifo && !is_group(message->group))
		return "a FIFO topic wants a message group of 1 to 128 visible characters";
	if (is_fifo && !is_group(message->deduplication_id))
		return "a FIFO topic wants a deduplication id of 1 to 128 visible characters";
	if (sns_message_size(message) > SNS_SIZE_MAX)
		return "the message is larger than 256 KiB";
	return NULL;
}

/* ------------------------------------------------------------------ forms */

/* Where a form's parameters are: "" or "PublishBatchRequestEntries.member.1." */
struct place {
	struct buf *out;
	const char *prefix;
};

static void add(const struct place *place, const char *name, const char *value)
{
	buf_add_char(place->out, '&');
	buf_add_str(place->out, place->prefix);
	buf_add_str(place->out, name);
	buf_add_char(place->out, '=');
	add_text(place->out, value);
}

static void add_attribute(const struct place *place, size_t number,
			  const struct sns_attribute *attribute)
{
	char memory[128];
	struct buf prefix;
	struct place inner = {place->out, memory};

	buf_init_over(&prefix, memory, sizeof(memory));
	buf_add_format(&prefix, "%sMessageAttributes.entry.%zu.", place->prefix, number);
	add(&inner, "Name", attribute->name);
	add(&inner, "Value.DataType", STRING_TYPE);
	add(&inner, "Value.StringValue", attribute->value);
}

static void add_message(const struct place *place, const struct sns_message *message, bool is_fifo)
{
	add(place, "Message", message->body);
	for (size_t i = 0; i < message->attribute_count; i++)
		add_attribute(place, i + 1, &message->attributes[i]);
	if (is_fifo) {
		add(place, "MessageGroupId", message->group);
		add(place, "MessageDeduplicationId", message->deduplication_id);
	}
}

void sns_request_publish(struct buf *out, struct sns_target target,
			 const struct sns_message *message)
{
	static const char *const names[] = {
		[SNS_TOPIC] = "TopicArn",
		[SNS_PHONE] = "PhoneNumber",
		[SNS_ENDPOINT] = "TargetArn",
	};
	const struct place place = {out, ""};

	buf_add_str(out, "Action=Publish" VERSION);
	add(&place, names[target.kind], target.address);
	add_message(&place, message, target.kind == SNS_TOPIC && sns_topic_is_fifo(target.address));
}

void sns_request_batch_begin(struct buf *out, const char *topic_arn)
{
	const struct place place = {out, ""};

	buf_add_str(out, "Action=PublishBatch" VERSION);
	add(&place, "TopicArn", topic_arn);
}

void sns_request_batch_add(struct buf *out, size_t number, size_t id,
			   const struct sns_message *message, bool is_fifo)
{
	char memory[64];
	struct buf prefix;
	const struct place place = {out, memory};

	buf_init_over(&prefix, memory, sizeof(memory));
	buf_add_format(&prefix, "PublishBatchRequestEntries.member.%zu.", number + 1);
	buf_add_format(out, "&%sId=%zu", memory, id);
	add_message(&place, message, is_fifo);
}
