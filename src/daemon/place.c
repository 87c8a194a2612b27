#include "daemon/place.h"

#include "aws/imds.h"
#include "base/config_aws.h"
#include "base/log.h"
#include "io/http_client.h"

enum { TRIES = 3, PAUSE_US = 200 * 1000, TIMEOUT_US = 1000 * 1000, TURN_US = 1000 * 1000 };

/* A loop and a client for the one question. */
struct place {
	struct config *config;
	struct loop *loop;
	struct http_client *client;
	struct imds *imds;
	struct loop_timer timer;
	int tries;
	bool is_over;
};

static void ask(struct place *place);

static void on_timer(struct loop_timer *timer)
{
	ask(timer->context);
}

static void on_region(void *context, const char *region, const char *why)
{
	struct place *place = context;

	if (config_aws_set_region(place->config, span_of(region))) {
		log_event(LOG_INFO, "the region is the instance's", LOG_F_STR("region", region));
		place->is_over = true;
		return;
	}
	log_event(LOG_WARNING, "no region yet: AWS_REGION is not set, and no profile has one",
		  LOG_F_STR("why", *region ? "the instance's is no region" : why));
	place->is_over =
		++place->tries == TRIES ||
		!loop_timer_set(place->loop, &place->timer, loop_now_us(place->loop) + PAUSE_US);
}

static void ask(struct place *place)
{
	imds_find_region(place->imds, on_region, place);
}

static bool make(struct place *place)
{
	place->timer = (struct loop_timer){.fire = on_timer, .context = place};
	place->loop = loop_new(clock_system());
	if (!place->loop)
		return false;
	place->client = http_client_new(&(struct http_client_options){
		.loop = place->loop,
		.max_connections = 1,
		.max_waiting = 1,
		.max_connecting = 1,
		.connect_timeout_us = TIMEOUT_US,
		.max_idle_us = TIMEOUT_US,
		.max_age_us = TIMEOUT_US,
	});
	if (!place->client)
		return false;
	place->imds = imds_new(&(struct imds_options){
		.endpoint = place->config->metadata_endpoint,
		.loop = place->loop,
		.transport = http_client_transport(place->client),
	});
	return place->imds != NULL;
}

static void clear(struct place *place)
{
	imds_free(place->imds);
	http_client_free(place->client);
	if (place->loop)
		loop_free(place->loop);
}

bool place_find(struct config *config)
{
	struct place place = {.config = config};

	if (config->region)
		return true;
	place.is_over = !make(&place);
	if (!place.is_over)
		ask(&place);
	while (!place.is_over)
		loop_turn(place.loop, TURN_US);
	clear(&place);
	if (!config->region)
		log_event(LOG_ERROR, "no region: set AWS_REGION, such as AWS_REGION=eu-west-1");
	log_flush();
	return config->region != NULL;
}
