#include "api/paging.h"

#include <string.h>

#include "http/reply.h"

enum {
	USUAL_LIMIT = 20,
	BODY_MAX = 16 * 1024 * 1024,
};

bool paging_read(struct request *rq, size_t *limit, const char **cursor)
{
	uint64_t number = USUAL_LIMIT;

	if (!request_query_u64(rq, "limit", 1, LIST_PAGE_MAX, &number))
		return false;
	*limit = number;
	*cursor = request_query(rq, "cursor");
	return true;
}

enum flow paging_reply(struct request *rq, const struct list_page *page, paging_write write)
{
	struct buf body = {0};

	if (rq->await.result == RESULT_INVALID)
		return reply_problem(rq, "invalid-cursor", NULL);
	buf_init(&body, BODY_MAX);
	buf_add_str(&body, "{\"data\":[");
	for (size_t i = 0; i < page->count; i++) {
		if (i > 0)
			buf_add_char(&body, ',');
		write(rq, page->entries[i], &body);
	}
	buf_add_char(&body, ']');
	if (page->next) {
		buf_add_str(&body, ",\"next\":");
		buf_add_json_string(&body, page->next, strlen(page->next));
		reply_next_link(rq, page->next);
	}
	buf_add_char(&body, '}');
	return reply_json(rq, 200, &body);
}
