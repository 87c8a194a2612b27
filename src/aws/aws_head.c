#include "aws/aws_head.h"

#include <string.h>

#include "base/version.h"

enum { TRACE_MAX = 512 };

static void add_header(struct buf *out, const char *name, const char *value)
{
	buf_add_str(out, name);
	buf_add(out, ": ", 2);
	buf_add_str(out, value);
	buf_add(out, "\r\n", 2);
}

static bool is_fit_for_header(const char *text)
{
	size_t len = 0;

	for (; text[len]; len++) {
		if (text[len] <= ' ' || text[len] > '~')
			return false;
	}
	return len > 0 && len <= TRACE_MAX;
}

/* In the order of their names, which spares the signer the sorting. */
static size_t list_signed(const struct aws_head *head, const struct aws_keys *keys,
			  struct sigv4_header *headers)
{
	size_t count = 0;

	headers[count++] =
		(struct sigv4_header){span_of("content-type"), span_of(head->content_type)};
	headers[count++] = (struct sigv4_header){span_of("host"), span_of(head->authority)};
	headers[count++] = (struct sigv4_header){span_of("x-amz-date"), span_of(head->date)};
	if (keys->token)
		headers[count++] = (struct sigv4_header){span_of("x-amz-security-token"),
							 span_of(keys->token)};
	if (head->target)
		headers[count++] =
			(struct sigv4_header){span_of("x-amz-target"), span_of(head->target)};
	return count;
}

static bool add_signature(const struct aws_head *head, struct sigv4 *signer,
			  const struct aws_keys *keys, struct buf *out)
{
	struct sigv4_header headers[5];
	struct sigv4_request request = {
		.method = "POST",
		.path = {"/", 1},
		.headers = headers,
		.header_count = list_signed(head, keys, headers),
		.body = head->body,
	};

	add_header(out, "X-Amz-Date", head->date);
	if (keys->token)
		add_header(out, "X-Amz-Security-Token", keys->token);
	buf_add_str(out, "Authorization: ");
	if (!sigv4_sign(signer, &request, head->date, keys, out))
		return false;
	buf_add(out, "\r\n", 2);
	return true;
}

static void add_attempt(const struct aws_head *head, struct buf *out)
{
	add_header(out, "amz-sdk-invocation-id", head->invocation);
	buf_add_str(out, "amz-sdk-request: attempt=");
	buf_add_u64(out, head->attempt);
	buf_add_str(out, "; max=");
	buf_add_u64(out, head->max_attempts);
	buf_add(out, "\r\n", 2);
}

bool aws_head_write(const struct aws_head *head, struct sigv4 *signer, const struct aws_keys *keys,
		    struct buf *out)
{
	buf_add_str(out, "POST / HTTP/1.1\r\n");
	add_header(out, "Host", head->authority);
	add_header(out, "Content-Type", head->content_type);
	if (head->target)
		add_header(out, "X-Amz-Target", head->target);
	if (keys && !add_signature(head, signer, keys, out))
		return false;
	buf_add_str(out, "User-Agent: " SHOPD_USER_AGENT "\r\n");
	if (head->invocation)
		add_attempt(head, out);
	if (head->trace_id && is_fit_for_header(head->trace_id))
		add_header(out, "X-Amzn-Trace-Id", head->trace_id);
	buf_add_str(out, "Content-Length: ");
	buf_add_u64(out, head->body.len);
	buf_add_str(out, "\r\n\r\n");
	buf_add(out, head->body.data, head->body.len);
	return buf_ok(out);
}
