#include "aws/key_process.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/keys_json.h"
#include "base/shell_words.h"

static const uint64_t timeout_us = 30000000;

enum { OUTPUT_MAX = 64 * 1024, SHOWN_MAX = 160 };

/* Who waits for the program. */
struct waiter {
	provider_done *done;
	void *context;
};

/* The first line of what the program complains about, shortened: the rest may be anything. */
static struct span complaint(const struct process *process)
{
	const struct buf *error = process_error(process);
	struct span line = {buf_text(error), strcspn(buf_text(error), "\r\n")};

	if (line.len > SHOWN_MAX)
		line.len = SHOWN_MAX;
	return line;
}

static void describe_end(const struct process *process, char why[static PROVIDER_WHY_SIZE])
{
	struct span line = complaint(process);

	switch (process_end(process)) {
	case PROCESS_EXITED:
		snprintf(why, PROVIDER_WHY_SIZE, "credential_process ended with status %d%s%.*s",
			 process_status(process), line.len > 0 ? ": " : "", (int)line.len,
			 line.data);
		break;
	case PROCESS_TOO_SLOW:
		snprintf(why, PROVIDER_WHY_SIZE, "credential_process took more than %d s",
			 (int)(timeout_us / 1000000));
		break;
	case PROCESS_TOO_LONG:
		snprintf(why, PROVIDER_WHY_SIZE, "credential_process printed more than %d bytes",
			 OUTPUT_MAX);
		break;
	case PROCESS_STOPPED:
		snprintf(why, PROVIDER_WHY_SIZE, "shutting down");
		break;
	}
}

static void on_end(struct process *process)
{
	struct waiter *waiter = process_context(process);
	const struct buf *output = process_output(process);
	char why[PROVIDER_WHY_SIZE] = "";
	struct aws_keys keys = {0};

	if (process_end(process) != PROCESS_EXITED || process_status(process) != 0) {
		describe_end(process, why);
	} else {
		enum keys_json_result parsed =
			keys_json_parse((struct span){buf_text(output), output->len},
					KEYS_JSON_PROCESS, &keys);

		if (parsed != KEYS_JSON_OK)
			snprintf(why, sizeof(why), "what credential_process printed %s",
				 keys_json_text(parsed));
	}
	process_free(process);
	waiter->done(waiter->context, keys.access_key ? &keys : NULL, why);
	free(waiter);
	aws_keys_clear(&keys);
}

static struct process *start(struct loop *loop, const char *command, struct waiter *waiter,
			     const char **why)
{
	char *words[SHELL_WORDS_MAX + 1];
	struct arena arena = {0};
	struct process *process = NULL;

	if (shell_words_split(command, &arena, words)) {
		process = process_start(&(struct process_options){.loop = loop,
								  .argv = words,
								  .timeout_us = timeout_us,
								  .output_max = OUTPUT_MAX,
								  .done = on_end,
								  .context = waiter});
		*why = strerror(errno);
	} else {
		*why = "its quotes do not match, or it has too many words";
	}
	arena_clear(&arena);
	return process;
}

struct process *key_process_start(struct loop *loop, const char *command, provider_done *done,
				  void *context)
{
	struct waiter *waiter = calloc(1, sizeof(*waiter));
	struct process *process = NULL;
	const char *reason = "out of memory";
	char why[PROVIDER_WHY_SIZE];

	if (waiter) {
		*waiter = (struct waiter){done, context};
		process = start(loop, command, waiter, &reason);
	}
	if (process)
		return process;
	free(waiter);
	snprintf(why, sizeof(why), "credential_process cannot be run: %s", reason);
	done(context, NULL, why);
	return NULL;
}
