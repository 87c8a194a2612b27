/*
 * Makes allocations fail on purpose, to see that the code survives it.
 *
 * Affected is what the code in src/ allocates (malloc, calloc, realloc, strdup, strndup), and,
 * while a failure is being waited for, what jansson does. Libraries and the tests themselves
 * allocate as ever.
 *
 * Most tests need one call. The scenario does one thing from beginning to end, frees what it got,
 * and asserts that the thing either worked or failed as its header says, with nothing half done:
 *
 *	static void add_to_a_buffer(void *context)
 *	{
 *		struct buf text = {0};
 *
 *		(void)context;
 *		buf_init(&text, 100);
 *		buf_add_str(&text, "some text");
 *		ck_assert(buf_ok(&text) != alloc_has_failed());
 *		buf_clear(&text);
 *	}
 *	...
 *	alloc_fail_each(add_to_a_buffer, NULL);
 *
 * A test that fails or crashes in there does not say which allocation it was. This does:
 *	ALLOC_FAIL_TRACE=1 build/debug/unit <suite>
 */
#ifndef SHOPD_TEST_ALLOC_FAIL_H
#define SHOPD_TEST_ALLOC_FAIL_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Runs the scenario once to count its allocations, and then once for each of them, with that one
 * failing. Fails the test when a run leaves blocks behind that it has allocated, when the scenario
 * allocates nothing, or when it does not come to the same allocations again.
 *
 * Blocks that a library frees by itself (a response given away to libmicrohttpd) look like leaks
 * here; use alloc_fail_at for these.
 */
void alloc_fail_each(void (*scenario)(void *context), void *context);

/* Lets the n-th allocation from now fail, and only that; 0: none, which is how it begins. */
void alloc_fail_at(size_t n);

/* Allocations since the last alloc_fail_at, or since the start. */
size_t alloc_count(void);

/* Shows what is freed or may move from now on, before it goes; NULL: no more. */
void alloc_on_free(void (*look)(const void *block));

/* True when the allocation that was to fail has done so. */
bool alloc_has_failed(void);

#endif
