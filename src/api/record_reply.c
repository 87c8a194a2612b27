#include "api/record_reply.h"

#include "http/reply.h"

enum flow record_reply(struct request *rq, int status, const struct field *fields,
		       const struct record *record)
{
	struct buf body = {0};
	char tag[RECORD_TAG_SIZE];

	record_tag(record, tag);
	reply_etag(rq, tag);
	buf_init(&body, RECORD_ITEM_MAX);
	record_show(fields, record, &body);
	return reply_json(rq, status, &body);
}

enum flow record_reply_found(struct request *rq, const struct field *fields,
			     const struct record *record)
{
	char tag[RECORD_TAG_SIZE];

	record_tag(record, tag);
	if (!request_none_match_holds(rq, tag))
		return record_reply(rq, 200, fields, record);
	reply_etag(rq, tag);
	return reply_empty(rq, 304);
}
