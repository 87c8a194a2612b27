/*
 * Files that a test writes: in a folder of their own, which goes with the test.
 */
#ifndef SHOPD_TEST_WRITTEN_H
#define SHOPD_TEST_WRITTEN_H

#include <stddef.h>

/* Checked fixtures: makes the folder, and removes it with what is in it. */
void written_set_up(void);
void written_tear_down(void);

/* Writes a file and returns its path, which is good until the test ends. At most eight names. */
const char *written(const char *name, const char *text);
/* A file that is as long as that. */
const char *written_long(const char *name, size_t len);
/* The path of a name, there or not. */
const char *written_path(const char *name);

#endif
