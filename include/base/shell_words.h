/*
 * A command line split into words as a POSIX shell does it, without the shell: nothing is expanded,
 * nothing is executed.
 *
 * Spaces separate words. Within '…' everything stands for itself; within "…" a backslash quotes a
 * quote and a backslash; outside of both it quotes any character.
 */
#ifndef SHOPD_BASE_SHELL_WORDS_H
#define SHOPD_BASE_SHELL_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/result.h"

enum { SHELL_WORDS_MAX = 64 };

/*
 * Splits `text` into words that live in the arena; words[count] is NULL. False when a quote is not
 * closed, when there is no word or more than SHELL_WORDS_MAX, or when out of memory.
 */
MUST_CHECK bool shell_words_split(const char *text, struct arena *arena,
				  char *words[static SHELL_WORDS_MAX + 1]);

#endif
