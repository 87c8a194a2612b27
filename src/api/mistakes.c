#include "api/mistakes.h"

#include "http/reply.h"

enum {
	ERRORS_MAX = VALIDATION_MAX * 3 * 1024 /* each byte of a mistake may be an escape of six */
};

enum flow reply_mistakes(struct request *rq, const struct validation *validation)
{
	struct buf errors = {0};
	enum flow flow;

	if (validation->has_failed)
		return reply_failure(rq, RESULT_NO_MEMORY);
	buf_init(&errors, ERRORS_MAX);
	validation_write(validation, &errors);
	flow = buf_ok(&errors)
		       ? reply_problem_members(rq, "validation-failed", buf_text(&errors), NULL)
		       : reply_failure(rq, RESULT_NO_MEMORY);
	buf_clear(&errors);
	return flow;
}
