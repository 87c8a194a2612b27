#include "written.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAMES_MAX = 8, PATH_SIZE = 128 };

static char folder[PATH_SIZE];
static char paths[NAMES_MAX][2 * PATH_SIZE];
static size_t path_count;

void written_set_up(void)
{
	const char *base = getenv("TMPDIR");

	snprintf(folder, sizeof(folder), "%s/shopd-test-XXXXXX", base ? base : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	path_count = 0;
}

void written_tear_down(void)
{
	for (size_t i = 0; i < path_count; i++)
		unlink(paths[i]);
	rmdir(folder);
}

const char *written_path(const char *name)
{
	char path[2 * PATH_SIZE];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	for (size_t i = 0; i < path_count; i++) {
		if (strcmp(paths[i], path) == 0)
			return paths[i];
	}
	ck_assert_uint_lt(path_count, NAMES_MAX);
	memcpy(paths[path_count], path, sizeof(path));
	return paths[path_count++];
}

const char *written(const char *name, const char *text)
{
	const char *path = written_path(name);
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
	return path;
}

const char *written_long(const char *name, size_t len)
{
	const char *path = written(name, "");

	ck_assert_int_eq(truncate(path, (off_t)len), 0);
	return path;
}
