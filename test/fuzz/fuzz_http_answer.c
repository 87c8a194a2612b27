/*
 * Answers to HTTP requests: however the bytes are cut into pieces, the outcome is the same. The
 * first byte chooses the pieces, the rest is the answer.
 */
#include <stdlib.h>
#include <string.h>

#include "io/http_answer.h"

enum { BODY_MAX = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool is_true)
{
	if (!is_true)
		abort();
}

/* Gives the bytes in pieces of 1 to `longest`; returns how many were taken. */
static size_t read_in_pieces(struct http_answer *answer, const char *bytes, size_t len,
			     size_t longest, uint32_t seed)
{
	size_t taken = 0;

	while (taken < len && !http_answer_is_over(answer)) {
		size_t piece;
		size_t now;

		seed = seed * 1664525 + 1013904223;
		piece = 1 + (seed >> 16) % longest;
		if (piece > len - taken)
			piece = len - taken;
		now = http_answer_add(answer, bytes + taken, piece);
		demand(now == piece || http_answer_is_over(answer));
		demand(now <= piece);
		taken += now;
	}
	return taken;
}

static bool is_refused(const struct http_answer *answer)
{
	return answer->state == HTTP_ANSWER_BROKEN || answer->state == HTTP_ANSWER_TOO_LONG;
}

/* What of a refused answer was read before may depend on the pieces; nothing else may. */
static void compare(const struct http_answer *a, const struct http_answer *b)
{
	demand(a->state == b->state);
	if (is_refused(a))
		return;
	demand(a->status == b->status && a->keeps_open == b->keeps_open);
	demand(a->has_crc32 == b->has_crc32 && a->crc32 == b->crc32);
	demand(a->has_date == b->has_date && a->date_ms == b->date_ms);
	demand(a->has_retry_after == b->has_retry_after && a->retry_after_ms == b->retry_after_ms);
	demand(a->is_encoded == b->is_encoded && a->left == b->left);
	demand(a->body.len == b->body.len && a->body.len <= BODY_MAX);
	demand(a->body.len == 0 || memcmp(a->body.data, b->body.data, a->body.len) == 0);
	demand(a->head.len == b->head.len && a->head.len <= HTTP_ANSWER_HEAD_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data + 1;
	struct http_answer whole;
	struct http_answer pieces;
	size_t taken;

	if (size == 0)
		return 0;
	http_answer_init(&whole, BODY_MAX);
	http_answer_init(&pieces, BODY_MAX);
	taken = http_answer_add(&whole, bytes, size - 1);
	demand(taken == size - 1 || http_answer_is_over(&whole));
	/* A second time on what the first has left behind. */
	read_in_pieces(&pieces, bytes, size - 1, 1, 0);
	compare(&whole, &pieces);
	http_answer_reset(&pieces);
	demand(read_in_pieces(&pieces, bytes, size - 1, 1 + data[0] % 32, data[0]) == taken ||
	       is_refused(&whole));
	compare(&whole, &pieces);
	http_answer_end(&whole);
	http_answer_end(&pieces);
	demand(http_answer_is_over(&whole));
	compare(&whole, &pieces);
	http_answer_clear(&whole);
	http_answer_clear(&pieces);
	return 0;
}
