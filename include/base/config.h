/*
 * The configuration: read once at the start, from the environment, and never changed after. Where
 * AWS is may also stand in the files of the AWS tools (config_aws.h), and some files are handed
 * over by systemd (config_credentials.h).
 *
 * One table of settings (config_settings.h) says for each its name, kind (setting.h), default,
 * limits and what it means; --help, --check-config and the README's table are made from it
 * (config_describe.h). All mistakes are reported at once.
 *
 * Checklist for a new setting: a field here, a row in config_settings.c, `make docs`.
 */
#ifndef SHOPD_BASE_CONFIG_H
#define SHOPD_BASE_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/result.h"

/* Where proxies write whom they were spoken to by. */
enum proxy_header { PROXY_X_FORWARDED_FOR, PROXY_FORWARDED };

struct config {
	const char *table_name;  /* DYNAMODB_TABLE_NAME */
	const char *primary_key; /* PRIMARY_KEY */
	const char *topic_arn;   /* SNS_TOPIC_ARN, or NULL */
	bool is_publishing;      /* SHOPD_PUBLISH=on */
	/* AWS_REGION, else AWS_DEFAULT_REGION, else the profile's; NULL: the instance's own */
	const char *region;
	const char *sns_region; /* the topic's, else the same; NULL while that is not known */
	/*
	 * AWS_ENDPOINT_URL_<SERVICE>, else AWS_ENDPOINT_URL, else the profile's, else by region;
	 * NULL while that is not known. No "/" at the end.
	 */
	const char *endpoint_dynamodb;
	const char *endpoint_sns; /* by the topic's region, if there is one */
	const char *endpoint_sts;
	const char *endpoint_all;   /* AWS_ENDPOINT_URL, or NULL */
	bool ignores_endpoint_urls; /* AWS_IGNORE_CONFIGURED_ENDPOINT_URLS */
	bool uses_fips;             /* AWS_USE_FIPS_ENDPOINT, or the profile's */
	bool uses_dualstack;        /* AWS_USE_DUALSTACK_ENDPOINT, or the profile's */

	const char *access_key_id;           /* AWS_ACCESS_KEY_ID, or NULL */
	const char *secret_access_key;       /* AWS_SECRET_ACCESS_KEY, or NULL */
	const char *session_token;           /* AWS_SESSION_TOKEN, or NULL */
	const char *role_arn;                /* AWS_ROLE_ARN, or NULL */
	const char *role_session_name;       /* AWS_ROLE_SESSION_NAME */
	const char *web_identity_token_file; /* AWS_WEB_IDENTITY_TOKEN_FILE, or NULL */
	const char *profile;                 /* AWS_PROFILE */
	const char *config_file;             /* AWS_CONFIG_FILE; NULL: there is none */
	const char *credentials_file;        /* AWS_SHARED_CREDENTIALS_FILE; NULL: there is none */
	const char *container_relative_uri;  /* AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, or NULL */
	const char *container_full_uri;      /* AWS_CONTAINER_CREDENTIALS_FULL_URI, or NULL */
	const char *container_token;         /* AWS_CONTAINER_AUTHORIZATION_TOKEN, or NULL */
	const char *container_token_file;    /* AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE, or NULL */
	const char *metadata_endpoint; /* AWS_EC2_METADATA_SERVICE_ENDPOINT. No "/" at the end. */
	bool is_metadata_ipv6;         /* AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE=IPv6 */
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
	uint64_t send_deadline_us;    /* SHOPD_SEND_DEADLINE: for a reply to be taken */
	uint64_t drain_deadline_us;   /* SHOPD_DRAIN_DEADLINE */
	uint64_t idle_timeout_us;     /* SHOPD_IDLE_TIMEOUT: of a kept-alive connection */
	uint64_t max_connections;     /* SHOPD_MAX_CONNECTIONS, each worker */
	/* SHOPD_MAX_CONNECTIONS_PER_ADDRESS, each worker; 0: any */
	uint64_t max_connections_per_address;
	uint64_t max_requests;    /* SHOPD_MAX_REQUESTS: that wait, each worker */
	uint64_t rate_limit;      /* SHOPD_RATE_LIMIT: requests a second of a caller; 0: any */
	uint64_t rate_burst;      /* SHOPD_RATE_BURST: requests at once */
	uint64_t trusted_proxies; /* SHOPD_TRUSTED_PROXIES */
	bool knows_proxies;       /* it is set */
	/* SHOPD_PROXY_HEADER */
	enum proxy_header proxy_header;
	uint64_t max_calls;           /* SHOPD_MAX_CALLS: DynamoDB calls in flight, each worker */
	uint64_t write_shards;        /* SHOPD_WRITE_SHARDS: a power of two */
	uint64_t hold_time_us;        /* SHOPD_HOLD_TIME: of a checkout */
	uint64_t payment_time_us;     /* SHOPD_PAYMENT_TIME: of an order that is not paid */
	const char *temporary_folder; /* TMPDIR */
	bool is_match_required;       /* SHOPD_REQUIRE_MATCH=on */
	bool is_auth_off;             /* SHOPD_AUTH=off */
	const char *jwt_issuer;       /* SHOPD_JWT_ISSUER, or NULL: no tokens */
	const char *jwt_audience;     /* SHOPD_JWT_AUDIENCE: with commas */
	const char *jwks_file;        /* SHOPD_JWKS_FILE, or NULL */
	const char *jwks_url;         /* SHOPD_JWKS_URL, or NULL */
	const char *group_scopes;     /* SHOPD_GROUP_SCOPES, or NULL */
	const char *balancers;        /* SHOPD_ALB_ARN: with commas, or NULL: none is believed */
	const char *balancer_keys; /* SHOPD_ALB_KEYS_URL, else by region; NULL without balancers */
	const char *api_keys_file; /* SHOPD_API_KEYS, or NULL */
	const char *cors_origins;  /* SHOPD_CORS_ORIGINS: with commas, "*", or NULL */
	const char *tls_certificate_file;  /* SHOPD_TLS_CERT, or NULL: plain HTTP */
	const char *tls_key_file;          /* SHOPD_TLS_KEY; there if the other is */
	const char *credentials_directory; /* CREDENTIALS_DIRECTORY, or NULL */
	const char *payment_secret;        /* SHOPD_PAYMENT_SECRET, or NULL */
	enum log_level log_level;          /* SHOPD_LOG_LEVEL */
	enum log_format log_format;        /* SHOPD_LOG_FORMAT */

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

/* Whether callers are asked who they are; else each of them may do everything. */
bool config_asks_callers(const struct config *config);

#endif
