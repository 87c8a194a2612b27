#include "http/reply_send.h"

#include <stdbool.h>
#include <string.h>

#include "http/cors.h"
#include "http/stream_carry.h"

enum { VALUE_SIZE = 96 };

/*
 * Thousandths as a decimal with `decimals` (1 to 3) of them. These headers are on every reply, and
 * printf would take a good part of the time that a reply takes.
 */
static char *put_thousandths(char *at, uint64_t number, unsigned decimals)
{
	char digits[24];
	size_t count = 0;

	for (unsigned i = decimals; i < 3; i++)
		number /= 10;
	while (number > 0 || count < decimals + strlen("0.")) {
		digits[count++] = (char)('0' + number % 10);
		number /= 10;
		if (count == decimals)
			digits[count++] = '.';
	}
	while (count > 0)
		*at++ = digits[--count];
	*at = '\0';
	return at;
}

static void add_units(struct MHD_Response *response, const char *name, uint64_t millis)
{
	char text[VALUE_SIZE];

	put_thousandths(text, millis, 1);
	MHD_add_response_header(response, name, text);
}

static void add_timing(struct MHD_Response *response, const struct request *rq, uint64_t now_us)
{
	uint64_t total_us = now_us - rq->received_us;
	uint64_t waited_us = rq->await.usage.wait_us;
	uint64_t db_us = waited_us < total_us ? waited_us : total_us;
	char text[VALUE_SIZE];
	char *at = text;

	at = put_thousandths(stpcpy(at, "db;dur="), db_us, 3); /* milliseconds */
	put_thousandths(stpcpy(at, ", app;dur="), total_us - db_us, 3);
	MHD_add_response_header(response, "Server-Timing", text);
}

static bool has_tag(const struct reply *reply)
{
	for (size_t i = 0; i < reply->header_count; i++)
		if (strcmp(reply->headers[i].name, "ETag") == 0)
			return true;
	return false;
}

/*
 * On every reply, whatever made it: a browser takes it for what its type says, so no text of a
 * client's ever runs as a page; and nobody between keeps what is one caller's business. What has a
 * tag may be kept by the caller, who asks each time whether it still holds.
 */
static void add_protection(struct MHD_Response *response, const struct reply *reply)
{
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	MHD_add_response_header(response, "Cache-Control",
				has_tag(reply) ? "private, no-cache" : "no-store");
}

static void add_headers(struct MHD_Response *response, const struct request *rq, uint64_t now_us)
{
	const struct reply *reply = &rq->reply;
	const struct usage *usage = &rq->await.usage;

	for (size_t i = 0; i < reply->header_count; i++)
		MHD_add_response_header(response, reply->headers[i].name, reply->headers[i].value);
	if (reply->content_type != NULL)
		MHD_add_response_header(response, "Content-Type", reply->content_type);
	MHD_add_response_header(response, "X-Request-Id", rq->id);
	add_protection(response, reply);
	if (usage->calls > 0) {
		add_units(response, "X-Consumed-Read-Units", usage->read_millis);
		add_units(response, "X-Consumed-Write-Units", usage->write_millis);
	}
	add_timing(response, rq, now_us);
	cors_add_headers(response, rq);
}

static struct MHD_Response *whole_response(const struct request *rq)
{
	struct span body = reply_body(&rq->reply);

	return MHD_create_response_from_buffer(body.len, (void *)(uintptr_t)body.data,
					       MHD_RESPMEM_PERSISTENT);
}

enum MHD_Result reply_send(const struct request *rq, struct MHD_Connection *mhd, uint64_t now_us,
			   bool closes)
{
	struct MHD_Response *response =
		rq->reply.give != NULL ? stream_response(rq) : whole_response(rq);
	enum MHD_Result queued;

	if (response == NULL)
		return MHD_NO;
	add_headers(response, rq, now_us);
	if (closes)
		MHD_add_response_header(response, "Connection", "close");
	queued = MHD_queue_response(mhd, (unsigned)rq->reply.status, response);
	MHD_destroy_response(response);
	return queued;
}
