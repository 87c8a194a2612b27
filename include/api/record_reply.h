/*
 * Replies that show a record (repo/record.h).
 */
#ifndef SHOPD_API_RECORD_REPLY_H
#define SHOPD_API_RECORD_REPLY_H

#include "domain/field.h"
#include "http/request.h"
#include "repo/record.h"

/* The record, with its version as entity tag. */
enum flow record_reply(struct request *rq, int status, const struct field *fields,
		       const struct record *record);

/* The same for GET: 304 when the caller has this version already, else 200. */
enum flow record_reply_found(struct request *rq, const struct field *fields,
			     const struct record *record);

#endif
