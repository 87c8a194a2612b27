/*
 * The errors that this API can answer with: one table of code, status, title and usual detail, from
 * which replies and the documentation are made. Clients decide by `code`; it never changes.
 */
#ifndef SHOPD_HTTP_PROBLEM_H
#define SHOPD_HTTP_PROBLEM_H

#include <stddef.h>

struct problem {
	const char *code;
	int status;
	const char *title;
	const char *detail;
};

/* Asserts that the code exists. */
const struct problem *problem_find(const char *code);

/* All rows, for the documentation (api/problem_list.h); `count` gets their number. */
const struct problem *problem_table(size_t *count);

#endif
