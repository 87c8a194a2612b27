/*
 * The linker redirects the allocation functions to here (--wrap, see the Makefile): in the objects
 * of src/ all of them, in those of the tests only free.
 *
 * Blocks are remembered by address, not just counted: a block of a library's that our code frees
 * (getline, curl) is none of ours, and must not make up for one that was lost.
 */
#include "alloc_fail.h"

#include <check.h>
#include <errno.h>
#include <jansson.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t max);
void __wrap_free(void *block);

/* Where the program begins in memory: what addr2line wants to have subtracted. */
extern const char __executable_start[];

struct block {
	uintptr_t key; /* the address, inverted: LeakSanitizer must not take it for a pointer */
	size_t number; /* which allocation it was */
	size_t size;
	const char *caller;
};

static struct {
	pthread_mutex_t lock;
	bool is_tracking; /* blocks are remembered */
	size_t count;
	size_t fail_at;
	bool has_failed;
	struct block *blocks;
	size_t used;
	size_t room;
	json_malloc_t json_malloc;
	json_free_t json_free;
	void (*on_free)(const void *block);
} state = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void remember(void *address, size_t size, const char *caller)
{
	if (!state.is_tracking || address == NULL)
		return;
	if (state.used == state.room) {
		state.room = state.room == 0 ? 256 : state.room * 2;
		state.blocks = realloc(state.blocks, state.room * sizeof(*state.blocks));
		if (state.blocks == NULL)
			abort();
	}
	state.blocks[state.used++] = (struct block){~(uintptr_t)address, state.count, size, caller};
}

/* The youngest blocks go first, most of the time. */
static void forget(const void *address)
{
	for (size_t i = state.used; state.is_tracking && i > 0; i--) {
		if (state.blocks[i - 1].key == ~(uintptr_t)address) {
			memmove(&state.blocks[i - 1], &state.blocks[i],
				(state.used - i) * sizeof(*state.blocks));
			state.used--;
			return;
		}
	}
}

static bool is_to_fail(const char *caller)
{
	if (++state.count != state.fail_at)
		return false;
	state.has_failed = true;
	errno = ENOMEM;
	if (getenv("ALLOC_FAIL_TRACE") != NULL)
		fprintf(stderr, "allocation %zu fails: addr2line -fse %s %#tx\n", state.count,
			program_invocation_name, caller - __executable_start);
	return true;
}

/* The one way to memory: realloc of nothing is malloc. */
static void *allocate(void *old, size_t size, const char *caller)
{
	void *block = NULL;

	pthread_mutex_lock(&state.lock);
	if (!is_to_fail(caller)) {
		forget(old);
		block = realloc(old, size);
		remember(block, size, caller);
	}
	pthread_mutex_unlock(&state.lock);
	return block;
}

void *__wrap_malloc(size_t size)
{
	return allocate(NULL, size, __builtin_return_address(0));
}

void *__wrap_calloc(size_t count, size_t size)
{
	size_t bytes;
	void *block;

	if (__builtin_mul_overflow(count, size, &bytes))
		return NULL;
	block = allocate(NULL, bytes, __builtin_return_address(0));
	return block == NULL ? NULL : memset(block, 0, bytes);
}

void *__wrap_realloc(void *old, size_t size)
{
	if (old != NULL && state.on_free != NULL)
		state.on_free(old);
	return allocate(old, size, __builtin_return_address(0));
}

static char *copy(const char *text, size_t len, const char *caller)
{
	char *block = allocate(NULL, len + 1, caller);

	if (block == NULL)
		return NULL;
	memcpy(block, text, len);
	block[len] = '\0';
	return block;
}

char *__wrap_strdup(const char *text)
{
	return copy(text, strlen(text), __builtin_return_address(0));
}

char *__wrap_strndup(const char *text, size_t max)
{
	return copy(text, strnlen(text, max), __builtin_return_address(0));
}

void alloc_on_free(void (*look)(const void *block))
{
	state.on_free = look;
}

void __wrap_free(void *block)
{
	if (state.on_free != NULL)
		state.on_free(block);
	pthread_mutex_lock(&state.lock);
	forget(block);
	pthread_mutex_unlock(&state.lock);
	free(block);
}

/* Counts from here. While watching, jansson's blocks are ours too. */
static void begin(size_t fail_at, bool is_watching)
{
	if (state.json_malloc == NULL)
		json_get_alloc_funcs(&state.json_malloc, &state.json_free);
	if (is_watching)
		json_set_alloc_funcs(__wrap_malloc, __wrap_free);
	else
		json_set_alloc_funcs(state.json_malloc, state.json_free);
	pthread_mutex_lock(&state.lock);
	state.count = 0;
	state.fail_at = fail_at;
	state.has_failed = false;
	pthread_mutex_unlock(&state.lock);
}

void alloc_fail_at(size_t n)
{
	begin(n, n != 0);
}

size_t alloc_count(void)
{
	size_t count;

	pthread_mutex_lock(&state.lock);
	count = state.count;
	pthread_mutex_unlock(&state.lock);
	return count;
}

bool alloc_has_failed(void)
{
	bool has_failed;

	pthread_mutex_lock(&state.lock);
	has_failed = state.has_failed;
	pthread_mutex_unlock(&state.lock);
	return has_failed;
}

static void report_leaks(size_t failed)
{
	for (size_t i = 0; i < state.used; i++)
		fprintf(stderr, "left behind: allocation %zu, %zu bytes: addr2line -fse %s %#tx\n",
			state.blocks[i].number, state.blocks[i].size, program_invocation_name,
			state.blocks[i].caller - __executable_start);
	if (failed == 0)
		ck_abort_msg("%zu blocks left behind, with no allocation failing", state.used);
	ck_abort_msg("%zu blocks left behind, with allocation %zu failing", state.used, failed);
}

/* Runs the scenario with the n-th allocation failing; returns how many there were. */
static size_t run(void (*scenario)(void *context), void *context, size_t n)
{
	size_t count;

	begin(n, true);
	state.used = 0;
	state.is_tracking = true;
	scenario(context);
	state.is_tracking = false;
	count = state.count;
	if (n > 0 && !state.has_failed)
		ck_abort_msg("allocation %zu did not come: is the scenario the same each time?", n);
	begin(0, false);
	if (state.used > 0)
		report_leaks(n);
	return count;
}

void alloc_fail_each(void (*scenario)(void *context), void *context)
{
	size_t count = run(scenario, context, 0);

	ck_assert_msg(count > 0, "the scenario allocates nothing");
	for (size_t n = 1; n <= count; n++)
		(void)run(scenario, context, n);
	free(state.blocks);
	state.blocks = NULL;
	state.room = 0;
}
