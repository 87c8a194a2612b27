/*
 * The configuration: read once at the start, from the environment only, and never changed after.
 *
 * One table of settings in config.c says for each its name, kind (setting.h), default, limits and
 * what it means; --help, --check-config and the README's table are made from it. All mistakes are
 * reported at once.
 *
 * Checklist for a new setting: a field here, a row in config.c, `make docs`.
 */
#ifndef SHOPD_BASE_CONFIG_H
#define SHOPD_BASE_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/result.h"

struct config {
	const char *table_name;  /* DYNAMODB_TABLE_NAME */
	const char *primary_key; /* PRIMARY_KEY */
	const char *region;      /* AWS_REGION, else AWS_DEFAULT_REGION */
	/* AWS_ENDPOINT_URL_DYNAMODB, else AWS_ENDPOINT_URL, else by region. No "/" at the end. */
	const char *endpoint_dynamodb;
	const char *access_key_id;     /* AWS_ACCESS_KEY_ID, or NULL */
	const char *secret_access_key; /* AWS_SECRET_ACCESS_KEY, or NULL */
	const char *session_token;     /* AWS_SESSION_TOKEN, or NULL */
	const char *metadata_endpoint; /* AWS_EC2_METADATA_SERVICE_ENDPOINT. No "/" at the end. */
	bool is_metadata_disabled;     /* AWS_EC2_METADATA_DISABLED */
	const char *ca_bundle;         /* AWS_CA_BUNDLE, or NULL for the system's */
	uint64_t max_attempts;         /* AWS_MAX_ATTEMPTS; 0: each service's default */

	const char *listen;           /* SHOPD_LISTEN: host:port */
	const char *admin_listen;     /* SHOPD_ADMIN_LISTEN: host:port, or NULL when "off" */
	uint64_t workers;             /* SHOPD_WORKERS; 0: one per CPU */
	const char *currency;         /* SHOPD_CURRENCY */
	uint64_t max_body;            /* SHOPD_MAX_BODY, bytes */
	uint64_t request_deadline_us; /* SHOPD_REQUEST_DEADLINE */
	uint64_t read_deadline_us;    /* SHOPD_READ_DEADLINE: first byte to whole request */
	uint64_t drain_deadline_us;   /* SHOPD_DRAIN_DEADLINE */
	uint64_t idle_timeout_us;     /* SHOPD_IDLE_TIMEOUT: of a kept-alive connection */
	uint64_t max_connections;     /* SHOPD_MAX_CONNECTIONS, each worker */
	uint64_t max_calls;           /* SHOPD_MAX_CALLS: DynamoDB calls in flight, each worker */
	uint64_t write_shards;        /* SHOPD_WRITE_SHARDS: a power of two */
	uint64_t hold_time_us;        /* SHOPD_HOLD_TIME: of a checkout */
	uint64_t payment_time_us;     /* SHOPD_PAYMENT_TIME: of an order that is not paid */
	bool is_match_required;       /* SHOPD_REQUIRE_MATCH=on */
	bool is_auth_off;             /* SHOPD_AUTH=off */
	enum log_level log_level;     /* SHOPD_LOG_LEVEL */
	enum log_format log_format;   /* SHOPD_LOG_FORMAT */

	struct arena owned; /* texts that were put together rather than taken over */
};

/*
 * Fills `config` from the environment, a NULL-terminated array of "NAME=value"; an empty value
 * counts as none. False when something is wrong; `mistakes` then has one line for each. The texts
 * point into the environment, which must not change afterwards. Clear the configuration in either
 * case.
 */
MUST_CHECK bool config_read(struct config *config, char *const *environment, struct buf *mistakes);
void config_clear(struct config *config);

/* The table of settings for --help: name, default, meaning, in at most 100 columns. */
void config_describe(struct buf *out);

/* The same as rows of a Markdown table, for the README. */
void config_describe_markdown(struct buf *out);

/* The configuration in force, one "NAME=value" a line, secrets as "(set)". */
void config_show(const struct config *config, struct buf *out);

#endif
