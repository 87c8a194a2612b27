/*
 * Whom an answer tells of: so that it can be removed with the person, wherever it is kept.
 *
 * It is the user whom the request's path names (/user/{id}…), else the one that the answer has made
 * (Location: /user/<id>), else the one that the answer's JSON names ("user_id").
 */
#ifndef SHOPD_HTTP_ANSWER_OWNER_H
#define SHOPD_HTTP_ANSWER_OWNER_H

#include "base/idempotency.h"

/* Into `id`; "" when the answer tells of nobody. `path_user`: NULL when the path names none. */
void answer_owner_find(const char *path_user, const struct kept_answer *answer,
		       char id[static ID_SIZE]);

#endif
