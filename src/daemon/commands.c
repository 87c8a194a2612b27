#include "daemon/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/seed.h"
#include "base/await.h"
#include "base/log.h"
#include "daemon/backend.h"
#include "repo/table_repo.h"

enum { COMMAND_DEADLINE_US = 120 * 1000 * 1000, DIFFERENCES_MAX = 8 * 1024 };

/* A command in progress: operations are started one after another and waited for. */
struct command {
	const struct config *config;
	struct trust *trust;
	struct backend backend;
	struct arena arena;
	struct await await;
	struct buf differences;
	bool has_credentials;
};

static void on_credentials(void *context)
{
	struct command *command = context;

	command->has_credentials = true;
}

static void on_finished(struct await *await)
{
	(void)await; /* command_wait looks at it */
}

static bool command_begin(struct command *command, const struct config *config)
{
	memset(command, 0, sizeof(*command));
	command->config = config;
	command->await.resume = on_finished;
	command->await.context = command;
	command->await.arena = &command->arena;
	buf_init(&command->differences, DIFFERENCES_MAX);
	if (!backend_load_trust(config, &command->trust))
		return false;
	if (!backend_init(&command->backend, config, command->trust)) {
		log_event(LOG_ERROR, "out of memory");
		return false;
	}
	command->await.deadline_us = loop_now_us(command->backend.loop) + COMMAND_DEADLINE_US;
	credentials_start(command->backend.credentials, on_credentials, command);
	while (!command->has_credentials &&
	       loop_now_us(command->backend.loop) < command->await.deadline_us)
		loop_turn(command->backend.loop, COMMAND_DEADLINE_US);
	if (!command->has_credentials)
		log_event(LOG_ERROR, "no AWS credentials");
	return command->has_credentials;
}

/* Turns the loop until the operation that was just started is over. */
static enum result command_wait(struct command *command)
{
	while (command->await.is_pending)
		loop_turn(command->backend.loop, COMMAND_DEADLINE_US);
	return command->await.result;
}

static int command_end(struct command *command, bool is_success)
{
	if (command->backend.loop != NULL) {
		backend_stop(&command->backend);
		for (int turn = 0; turn < 3; turn++)
			loop_turn(command->backend.loop, 0);
	}
	backend_clear(&command->backend);
	trust_free(command->trust);
	arena_clear(&command->arena);
	buf_clear(&command->differences);
	log_flush();
	return is_success ? EXIT_SUCCESS : EXIT_FAILURE;
}

static bool is_expected_table(struct command *command)
{
	enum result result;

	table_repo_check(&command->backend.repo, &command->differences, &command->await);
	result = command_wait(command);
	if (result == RESULT_NOT_FOUND)
		log_event(LOG_ERROR, "there is no such table; shopd --init-table makes it",
			  LOG_F_STR("table", command->config->table_name));
	else if (result != RESULT_OK)
		log_event(LOG_ERROR, "the table is not as expected",
			  LOG_F_STR("table", command->config->table_name),
			  LOG_F_STR("result", result_name(result)),
			  LOG_F_STR("differences", buf_text(&command->differences)));
	return result == RESULT_OK;
}

static bool init_table(struct command *command)
{
	enum result result;

	table_repo_make(&command->backend.repo, &command->await);
	result = command_wait(command);
	if (result != RESULT_OK && result != RESULT_EXISTS) {
		log_event(LOG_ERROR, "cannot make the table",
			  LOG_F_STR("table", command->config->table_name),
			  LOG_F_STR("result", result_name(result)));
		return false;
	}
	if (!is_expected_table(command))
		return false;
	printf("table %s %s\n", command->config->table_name,
	       result == RESULT_OK ? "made" : "was there already");
	return true;
}

int command_init_table(const struct config *config)
{
	struct command command;
	bool is_success = command_begin(&command, config) && init_table(&command);

	return command_end(&command, is_success);
}

static bool seed(struct command *command)
{
	size_t made = 0;
	size_t present = 0;
	enum result result;

	if (!is_expected_table(command))
		return false;
	seed_demo(&command->backend.repo, &made, &present, &command->await);
	result = command_wait(command);
	printf("demo shop: %zu things made, %zu were there already\n", made, present);
	if (result != RESULT_OK)
		log_event(LOG_ERROR, "cannot make the demo shop",
			  LOG_F_STR("result", result_name(result)));
	return result == RESULT_OK;
}

int command_seed_demo(const struct config *config)
{
	struct command command;
	bool is_success = command_begin(&command, config) && seed(&command);

	return command_end(&command, is_success);
}
