/*
 * The AWS tools' files: what is found lies within the text, and a plan that is made can be used.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "aws/profile_plan.h"
#include "base/ini.h"
#include "base/shell_words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_within(struct span text, struct span part)
{
	if (part.len > 0 && (part.data < text.data || part.data + part.len > text.data + text.len))
		abort();
}

static void read_lines(struct span text)
{
	struct ini_reader reader;

	ini_reader_init(&reader, text);
	while (ini_reader_next(&reader)) {
		check_within(text, reader.section);
		check_within(text, reader.name);
		check_within(text, reader.value);
	}
}

static void split(const char *command)
{
	char *words[SHELL_WORDS_MAX + 1];
	struct arena arena = {0};

	if (shell_words_split(command, &arena, words) && !words[0])
		abort();
	arena_clear(&arena);
}

static void make_plan(const struct profiles *profiles)
{
	struct profile_plan plan = {0};
	struct buf text;

	buf_init(&text, 4096);
	if (profile_plan_make(profiles, "default", &plan, &text) == PROFILE_PLAN_OK) {
		if (plan.base == PROFILE_KEYS && !aws_keys_are_valid(&plan.keys))
			abort();
		if (plan.command)
			split(plan.command);
		profile_plan_describe(&plan, &text);
	}
	profile_plan_clear(&plan);
	buf_clear(&text);
}

/* The first byte says where the credentials file begins. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct profiles profiles = {0};
	size_t first;

	if (size == 0 || size > 16 * 1024)
		return 0;
	first = data[0] * (size - 1) / 255;
	buf_init(&profiles.config, size);
	buf_init(&profiles.credentials, size);
	buf_add(&profiles.config, data + 1, first);
	buf_add(&profiles.credentials, data + 1 + first, size - 1 - first);
	read_lines((struct span){(const char *)data + 1, size - 1});
	make_plan(&profiles);
	check_within((struct span){profiles.config.data, profiles.config.len},
		     profiles_find_service(&profiles, span_of("s"), "sts", "endpoint_url"));
	profiles_clear(&profiles);
	return 0;
}
