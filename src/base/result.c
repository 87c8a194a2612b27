#include "base/result.h"

#include <assert.h>
#include <stddef.h>

static const char *const names[] = {
	[RESULT_OK] = "ok",
	[RESULT_NOT_FOUND] = "not_found",
	[RESULT_NO_OWNER] = "no_owner",
	[RESULT_EXISTS] = "exists",
	[RESULT_CONFLICT] = "conflict",
	[RESULT_IN_USE] = "in_use",
	[RESULT_INVALID] = "invalid",
	[RESULT_TOO_LARGE] = "too_large",
	[RESULT_THROTTLED] = "throttled",
	[RESULT_TIMEOUT] = "timeout",
	[RESULT_UNREACHABLE] = "unreachable",
	[RESULT_UNKNOWN] = "unknown",
	[RESULT_OVERLOADED] = "overloaded",
	[RESULT_REFUSED] = "refused",
	[RESULT_GARBLED] = "garbled",
	[RESULT_SHUTDOWN] = "shutdown",
	[RESULT_NO_MEMORY] = "no_memory",
	[RESULT_REPEATED] = "repeated",
};

bool result_is_failure(enum result result)
{
	return result >= RESULT_THROTTLED;
}

const char *result_name(enum result result)
{
	size_t index = (size_t)result;

	assert(index < sizeof(names) / sizeof(names[0]));
	return names[index];
}
