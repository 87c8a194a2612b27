/*
 * The codes that clients decide by, as Markdown tables for docs/api.md: those of problems, and
 * those of the mistakes in `errors`; shopd --problems.
 */
#ifndef SHOPD_API_PROBLEM_LIST_H
#define SHOPD_API_PROBLEM_LIST_H

#include "base/buf.h"

void problem_list_write(struct buf *out);

#endif
