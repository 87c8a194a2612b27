/*
 * shopd: reads the configuration, then serves or runs one command. See docs/architecture.md.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "api/problem_list.h"
#include "api/route_list.h"
#include "aws/credentials_chain.h"
#include "base/config.h"
#include "base/config_describe.h"
#include "base/log.h"
#include "base/version.h"
#include "daemon/commands.h"
#include "daemon/daemon.h"
#include "daemon/files.h"
#include "daemon/key_command.h"
#include "daemon/place.h"
#include "daemon/token_access.h"
#include "domain/money.h"
#include "io/http_link.h"
#include "notify/event_message.h"

enum { MISTAKES_MAX = 64 * 1024, HELP_MAX = 64 * 1024, EXIT_USAGE = 2 };

/* The one option that takes more. */
#define NEW_KEY "--new-api-key"

/* What can be asked for; each but the first by its option. */
struct option_row {
	const char *option;
	const char *meaning;
	int (*run)(const struct config *config); /* with the configuration; NULL: */
	void (*print)(struct buf *out);          /* what needs none */
	bool needs_place;                        /* the region and what follows from it */
};

static const struct option_row serving = {.run = daemon_run, .needs_place = true};

static void print_and_clear(FILE *stream, struct buf *text)
{
	fwrite(buf_text(text), 1, text->len, stream);
	buf_clear(text);
}

static int check_config(const struct config *config)
{
	struct buf text = {0};
	struct buf mistakes = {0};
	bool is_sound;

	buf_init(&mistakes, MISTAKES_MAX);
	if (!files_check(config, &mistakes)) {
		fputs("shopd: the configuration is not sound:\n", stderr);
		print_and_clear(stderr, &mistakes);
		return EXIT_USAGE;
	}
	buf_init(&text, HELP_MAX);
	config_show(config, &text);
	if (!config->region)
		buf_add_str(&text, "\nThe region is the instance's, which is asked for at the "
				   "start.\n");
	buf_add_str(&text, "\nCredentials, as far as can be told without asking anybody:\n");
	is_sound = credentials_chain_describe(config, &text);
	print_and_clear(stdout, &text);
	if (!is_sound) {
		fputs("shopd: no provider of credentials can work as it is configured\n", stderr);
		return EXIT_USAGE;
	}
	puts("\nThe configuration is sound.");
	return EXIT_SUCCESS;
}

static void write_version(struct buf *out)
{
	buf_add_str(out, "shopd " SHOPD_VERSION "\n");
}

static void write_help(struct buf *out);

static const struct option_row options[] = {
	{"--init-table", "make the table, unless it is there, and end", command_init_table, NULL,
	 true},
	{"--seed-demo", "add a small demo shop to the table and end", command_seed_demo, NULL,
	 true},
	{"--check-config", "judge the configuration, show it without secrets and end", check_config,
	 NULL, false},
	{"--settings", "print the table of settings as Markdown and end", NULL,
	 config_describe_markdown, false},
	{"--routes", "print the routes and who may call them as Markdown and end", NULL,
	 route_list_write, false},
	{"--problems", "print the codes of errors as Markdown and end", NULL, problem_list_write,
	 false},
	{"--events", "print the events with examples as Markdown and end", NULL,
	 event_message_describe, false},
	{"--help", "print this and end", NULL, write_help, false},
	{"--version", "print the version and end", NULL, write_version, false},
};

enum { OPTION_COUNT = sizeof(options) / sizeof(options[0]) };

static void write_help(struct buf *out)
{
	buf_add_str(out, "Usage: shopd [option]\n\n"
			 "Serves an online store's REST API from a DynamoDB table. Without an "
			 "option it serves\nuntil SIGTERM or SIGINT.\n\nOptions:\n");
	for (size_t i = 0; i < OPTION_COUNT; i++)
		buf_add_format(out, "  %-15s %s\n", options[i].option, options[i].meaning);
	buf_add_str(out, "  " NEW_KEY " NAME --scope SCOPE…\n                  make an API key "
			 "for staff, add it to SHOPD_API_KEYS and end\n");
	buf_add_str(out, "\nSettings, from the environment:\n");
	config_describe(out);
}

static int print(void (*write)(struct buf *out))
{
	struct buf text = {0};

	buf_init(&text, HELP_MAX);
	write(&text);
	print_and_clear(stdout, &text);
	return EXIT_SUCCESS;
}

static const struct option_row *find_option(const char *name)
{
	for (size_t i = 0; i < OPTION_COUNT; i++)
		if (strcmp(options[i].option, name) == 0)
			return &options[i];
	return NULL;
}

/* base knows what a currency code looks like, domain which there are; so with scopes. */
static bool read_config(struct config *config, struct buf *mistakes)
{
	bool is_sound = config_read(config, environ, mistakes);
	unsigned decimals;

	is_sound = token_access_check(config, mistakes) && is_sound;
	if (config->currency == NULL ||
	    money_currency_decimals(span_of(config->currency), &decimals))
		return is_sound;
	buf_add_format(mistakes, "SHOPD_CURRENCY: %s is no currency code of ISO 4217\n",
		       config->currency);
	return false;
}

static int with_config(const struct option_row *option)
{
	struct config config = {0};
	struct buf mistakes = {0};
	int status = EXIT_FAILURE;

	buf_init(&mistakes, MISTAKES_MAX);
	if (!read_config(&config, &mistakes)) {
		fputs("shopd: the configuration is not sound:\n", stderr);
		print_and_clear(stderr, &mistakes);
		config_clear(&config);
		return EXIT_USAGE;
	}
	log_configure(config.log_level, config.log_format);
	if (http_link_global_init() && (!option->needs_place || place_find(&config)))
		status = option->run(&config);
	http_link_global_clear();
	config_clear(&config);
	buf_clear(&mistakes);
	return status;
}

int main(int argc, char **argv)
{
	const struct option_row *option;

	/*
	 * Memory holds secrets: there is no core dump of it, and other processes of this user can
	 * neither look into it nor at the environment. A debugger that starts shopd, or is root's,
	 * still can.
	 */
	prctl(PR_SET_DUMPABLE, 0);
	if (argc == 1)
		return with_config(&serving);
	if (strcmp(argv[1], NEW_KEY) == 0)
		return command_new_api_key(argv + 2);
	option = argc == 2 ? find_option(argv[1]) : NULL;
	if (option == NULL) {
		fprintf(stderr, "shopd: %s %s; try shopd --help\n",
			argc == 2 ? "unknown option" : "only one option is taken, not",
			argc == 2 ? argv[1] : "several");
		return EXIT_USAGE;
	}
	return option->run ? with_config(option) : print(option->print);
}
