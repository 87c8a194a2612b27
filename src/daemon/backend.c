#include "daemon/backend.h"

#include <malloc.h>
#include <string.h>

#include "aws/credentials_chain.h"
#include "base/log.h"

enum {
	CONNECT_TIMEOUT_US = 1000 * 1000,
	ATTEMPT_TIMEOUT_US = 1500 * 1000,
	SNS_ATTEMPT_TIMEOUT_US = 5000 * 1000,
	MAX_CONNECTING = 16,         /* TLS handshakes at once */
	WAITING_PER_CONNECTION = 16, /* a full queue empties within the request's deadline */
	NAME_AGE_US = 5 * 1000 * 1000,
	MAX_IDLE_US = 50 * 1000 * 1000,
	MAX_AGE_US = 300 * 1000 * 1000, /* so that changes of the name's addresses are followed */
	ANSWER_MAX = 8 * 1024 * 1024,   /* a page of 1 MB is several times that in escapes */
};

static struct http_client *make_http_client(struct backend *backend, struct trust *trust)
{
	const struct http_client_options options = {
		.loop = backend->loop,
		.trust = trust,
		.max_connections = backend->config->max_calls,
		.max_waiting = backend->config->max_calls * WAITING_PER_CONNECTION,
		.max_connecting = MAX_CONNECTING,
		.connect_timeout_us = CONNECT_TIMEOUT_US,
		.name_age_us = NAME_AGE_US,
		.max_idle_us = MAX_IDLE_US,
		.max_age_us = MAX_AGE_US,
	};

	return http_client_new(&options);
}

static void set_origin(struct origin *origin, const char *endpoint)
{
	const char *authority = strstr(endpoint, "://");

	origin->url = endpoint;
	origin->authority = authority != NULL ? authority + 3 : endpoint;
}

static struct credentials *make_credentials(struct backend *backend)
{
	const struct credentials_options options = {
		.config = backend->config,
		.loop = backend->loop,
		.transport = http_client_transport(backend->http_client),
		.digest = backend->digest,
	};

	return credentials_new(&options);
}

static struct aws_client *make_client(struct backend *backend)
{
	const struct aws_client_options options = {
		.service = "dynamodb",
		.region = backend->config->region,
		.protocol = &aws_protocol_json,
		.origin = &backend->origin,
		.transport = http_client_transport(backend->http_client),
		.loop = backend->loop,
		.credentials = backend->credentials,
		.digest = backend->digest,
		.metrics = &backend->metrics,
		.service_clock = &backend->service_clock,
		.policy = &retry_policy_dynamodb,
		.max_attempts = backend->config->max_attempts,
		.attempt_timeout_us = ATTEMPT_TIMEOUT_US,
		.answer_max = ANSWER_MAX,
	};

	return aws_client_new(&options);
}

/* Nobody's request waits for it, so it may take longer. The time is DynamoDB's alone. */
static struct aws_client *make_sns_client(struct backend *backend)
{
	const struct aws_client_options options = {
		.service = "sns",
		.region = backend->config->sns_region,
		.protocol = &aws_protocol_query,
		.origin = &backend->sns_origin,
		.transport = http_client_transport(backend->http_client),
		.loop = backend->loop,
		.credentials = backend->credentials,
		.digest = backend->digest,
		.metrics = &backend->sns_metrics,
		.policy = &retry_policy_standard,
		.max_attempts = backend->config->max_attempts,
		.attempt_timeout_us = SNS_ATTEMPT_TIMEOUT_US,
		.answer_max = SNS_ANSWER_MAX,
	};

	return aws_client_new(&options);
}

static bool make_sns(struct backend *backend)
{
	backend->sns.loop = backend->loop;
	backend->sns.topic_arn = backend->config->topic_arn;
	if (backend->sns.topic_arn == NULL)
		return true;
	set_origin(&backend->sns_origin, backend->config->endpoint_sns);
	backend->sns.client = make_sns_client(backend);
	return backend->sns.client != NULL;
}

static void fill_repo(struct backend *backend)
{
	const struct config *config = backend->config;
	struct repo *repo = &backend->repo;

	repo->db.client = backend->client;
	repo->db.loop = backend->loop;
	repo->db.table = config->table_name;
	repo->db.partition_key = config->primary_key;
	repo->clock = &backend->service_clock.clock;
	repo->digest = backend->digest;
	repo->write_shards = (uint32_t)config->write_shards;
	id_make_random(repo->writer);
}

bool backend_init(struct backend *backend, const struct config *config, struct trust *trust)
{
	memset(backend, 0, sizeof(*backend));
	backend->config = config;
	set_origin(&backend->origin, config->endpoint_dynamodb);
	service_clock_init(&backend->service_clock, clock_system());
	backend->loop = loop_new(clock_system());
	backend->digest = digest_new();
	if (backend->loop == NULL || backend->digest == NULL)
		return false;
	backend->http_client = make_http_client(backend, trust);
	if (backend->http_client == NULL)
		return false;
	backend->credentials = make_credentials(backend);
	if (backend->credentials == NULL)
		return false;
	backend->client = make_client(backend);
	fill_repo(backend);
	return backend->client != NULL && make_sns(backend);
}

void backend_stop(struct backend *backend)
{
	if (backend->credentials != NULL)
		credentials_stop(backend->credentials);
	if (backend->client != NULL)
		aws_client_stop(backend->client);
	if (backend->sns.client != NULL)
		aws_client_stop(backend->sns.client);
	if (backend->http_client != NULL)
		http_client_stop(backend->http_client);
}

void backend_clear(struct backend *backend)
{
	aws_client_free(backend->sns.client);
	aws_client_free(backend->client);
	credentials_free(backend->credentials);
	http_client_free(backend->http_client);
	digest_free(backend->digest);
	loop_free(backend->loop);
}

static bool is_tls(const char *endpoint)
{
	return strncmp(endpoint, "https:", 6) == 0;
}

bool backend_load_trust(const struct config *config, struct trust **trust)
{
	*trust = NULL;
	if (!is_tls(config->endpoint_dynamodb) &&
	    !(config->topic_arn != NULL && is_tls(config->endpoint_sns)) &&
	    !(config->jwks_url != NULL && is_tls(config->jwks_url)) &&
	    !(config->balancer_keys != NULL && is_tls(config->balancer_keys)) &&
	    !credentials_chain_needs_trust(config))
		return true;
	*trust = trust_new(config->ca_bundle);
	malloc_trim(0); /* reading a bundle leaves a megabyte of holes behind */
	if (*trust == NULL)
		log_event(LOG_ERROR, "cannot read the certificate authorities",
			  LOG_F_STR("bundle", config->ca_bundle != NULL ? config->ca_bundle
									: "the system's"));
	return *trust != NULL;
}
