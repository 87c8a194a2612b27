/*
 * The reply to a body that is not acceptable.
 */
#ifndef SHOPD_API_MISTAKES_H
#define SHOPD_API_MISTAKES_H

#include "domain/validation.h"
#include "http/request.h"

/* 422 validation-failed with every mistake; 503 when the list could not be made. */
enum flow reply_mistakes(struct request *rq, const struct validation *validation);

#endif
