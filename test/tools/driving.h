/*
 * What the drivers have in common: a backend as the daemon has it, set up by the environment, and
 * orders, one JSON object on each line of standard input.
 */
#ifndef SHOPD_TEST_DRIVING_H
#define SHOPD_TEST_DRIVING_H

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/backend.h"

extern char **environ;

struct driving {
	struct config config;
	struct trust *trust;
	struct backend backend;
	struct arena arena;
	struct await await; /* of the order under way */
	bool is_ready;
	bool is_done;
};

static void give_up(const char *why)
{
	fprintf(stderr, "driver: %s\n", why);
	exit(2);
}

static const char *text_of(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

/* "deadline": in seconds; 3 without it. */
static void driving_begin(struct driving *driving, const json_t *order)
{
	const json_t *deadline = json_object_get(order, "deadline");
	double seconds = deadline ? json_number_value(deadline) : 3;

	/* The loop's time stood still while we waited for the order. */
	loop_turn(driving->backend.loop, 0);
	driving->is_done = false;
	driving->await = (struct await){
		.deadline_us = clock_monotonic_us(clock_system()) + (uint64_t)(seconds * 1e6),
		.arena = &driving->arena,
	};
}

static void driving_wait(struct driving *driving, const bool *is_over)
{
	while (!*is_over)
		loop_turn(driving->backend.loop, UINT64_MAX);
}

static void driving_on_ready(void *context)
{
	((struct driving *)context)->is_ready = true;
}

static void driving_set_up(struct driving *driving)
{
	struct buf mistakes;

	buf_init(&mistakes, 65536);
	if (!config_read(&driving->config, environ, &mistakes))
		give_up(buf_text(&mistakes));
	buf_clear(&mistakes);
	if (!driving->config.region)
		give_up("AWS_REGION is missing");
	log_configure(driving->config.log_level, driving->config.log_format);
	if (!backend_load_trust(&driving->config, &driving->trust) ||
	    !backend_init(&driving->backend, &driving->config, driving->trust))
		give_up("no backend");
	credentials_start(driving->backend.credentials, driving_on_ready, driving);
	driving_wait(driving, &driving->is_ready);
}

static void driving_tear_down(struct driving *driving)
{
	backend_stop(&driving->backend);
	for (int i = 0; i < 3; i++)
		loop_turn(driving->backend.loop, 0);
	backend_clear(&driving->backend);
	trust_free(driving->trust);
	arena_clear(&driving->arena);
	config_clear(&driving->config);
}

/* `follow` does one order, waits for its end and prints what came of it as a line of JSON. */
static int driving_run(struct driving *driving, void (*follow)(void *driver, const json_t *order),
		       void *driver)
{
	char *line = NULL;
	size_t room = 0;

	driving_set_up(driving);
	while (getline(&line, &room, stdin) > 0) {
		json_error_t error;
		json_t *order = json_loads(line, 0, &error);

		if (!order)
			give_up(error.text);
		follow(driver, order);
		fflush(stdout);
		arena_reset(&driving->arena);
		json_decref(order);
	}
	free(line);
	driving_tear_down(driving);
	return 0;
}

#endif
