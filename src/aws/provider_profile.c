/*
 * A fetch makes a plan from the files, gets the first keys, and assumes the plan's roles one after
 * the other, each with the keys of the one before.
 */
#include "aws/provider_profile.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "aws/key_process.h"
#include "aws/profile_plan.h"
#include "aws/provider_container.h"
#include "aws/provider_environment.h"
#include "aws/provider_instance.h"
#include "aws/provider_web_identity.h"
#include "aws/sts.h"

struct profile {
	struct provider provider;
	struct provider_context *context;
	struct provider *sources[PROFILE_INSTANCE + 1]; /* made when first needed */

	/* the fetch under way */
	provider_done *done;
	void *done_context;
	struct profile_plan plan;
	size_t assumed; /* roles of the plan */
	struct process *process;
};

static void on_keys(void *context, const struct aws_keys *keys, const char *why);

/* Reads the files and makes the plan. */
static enum profile_plan_result make_plan(const struct config *config, struct profile_plan *plan,
					  struct buf *why)
{
	enum profile_plan_result result = PROFILE_PLAN_WRONG;
	struct profiles profiles;

	if (profiles_read(&profiles, config->config_file, config->credentials_file, why))
		result = profile_plan_make(&profiles, config->profile, plan, why);
	profiles_clear(&profiles);
	return result;
}

static enum provider_state look(const struct config *config, struct buf *about)
{
	static const enum provider_state states[] = {
		[PROFILE_PLAN_OK] = PROVIDER_SET,
		[PROFILE_PLAN_NONE] = PROVIDER_UNSET,
		[PROFILE_PLAN_WRONG] = PROVIDER_WRONG,
	};
	struct profile_plan plan = {0};
	enum profile_plan_result result = make_plan(config, &plan, about);

	if (result == PROFILE_PLAN_OK) {
		buf_add_str(about, "profile ");
		buf_add_escaped(about, config->profile, strlen(config->profile), about->max);
		buf_add_str(about, ", ");
		profile_plan_describe(&plan, about);
	}
	profile_plan_clear(&plan);
	return states[result];
}

static bool needs_trust(const struct config *config)
{
	struct profile_plan plan = {0};
	bool is_needed = false;
	struct buf why;

	buf_init(&why, PROVIDER_WHY_SIZE);
	if (make_plan(config, &plan, &why) == PROFILE_PLAN_OK && plan.role_count > 0)
		is_needed =
			provider_web_identity.needs_trust(config) ||
			(plan.base == PROFILE_CONTAINER && provider_container.needs_trust(config));
	profile_plan_clear(&plan);
	buf_clear(&why);
	return is_needed;
}

static struct provider *make(struct provider_context *context)
{
	struct profile *profile = calloc(1, sizeof(*profile));

	if (!profile)
		return NULL;
	profile->provider.kind = &provider_profile;
	profile->context = context;
	return &profile->provider;
}

static void release(struct provider *provider)
{
	struct profile *profile = (struct profile *)provider;

	if (!profile)
		return;
	assert(!profile->done);
	for (size_t i = 0; i < sizeof(profile->sources) / sizeof(profile->sources[0]); i++) {
		if (profile->sources[i])
			profile->sources[i]->kind->free(profile->sources[i]);
	}
	profile_plan_clear(&profile->plan);
	free(profile);
}

static void finish(struct profile *profile, const struct aws_keys *keys, const char *why)
{
	provider_done *done = profile->done;

	profile->done = NULL;
	profile->process = NULL;
	done(profile->done_context, keys, why);
	profile_plan_clear(&profile->plan);
}

static struct sts_request next_role(const struct profile *profile)
{
	const struct profile_role *role = &profile->plan.roles[profile->assumed];

	return (struct sts_request){
		.role_arn = role->arn,
		.session_name = role->session_name ? role->session_name
						   : profile->context->config->role_session_name,
		.external_id = role->external_id,
		.duration_s = role->duration_s,
	};
}

static void assume_next_role(struct profile *profile, const struct aws_keys *keys)
{
	struct sts *sts = provider_context_sts(profile->context);
	struct sts_request request = next_role(profile);

	if (!sts) {
		finish(profile, NULL, "out of memory");
		return;
	}
	request.keys = keys;
	profile->assumed++;
	sts_assume_role(sts, &request, on_keys, profile);
}

/* Keys are there: the first ones, or those of a role. */
static void on_keys(void *context, const struct aws_keys *keys, const char *why)
{
	struct profile *profile = context;

	profile->process = NULL;
	if (keys && profile->assumed < profile->plan.role_count)
		assume_next_role(profile, keys);
	else
		finish(profile, keys, why);
}

static void use_token(struct profile *profile)
{
	struct sts *sts = provider_context_sts(profile->context);
	struct sts_request request = next_role(profile);

	if (!sts) {
		finish(profile, NULL, "out of memory");
		return;
	}
	profile->assumed++;
	sts_assume_role_by_token(sts, &request, profile->plan.token_file, on_keys, profile);
}

static void use_provider(struct profile *profile, const struct provider_kind *kind)
{
	struct provider **source = &profile->sources[profile->plan.base];

	if (!*source)
		*source = kind->make(profile->context);
	if (*source)
		kind->fetch(*source, on_keys, profile);
	else
		finish(profile, NULL, "out of memory");
}

static void get_first_keys(struct profile *profile)
{
	switch (profile->plan.base) {
	case PROFILE_KEYS:
		on_keys(profile, &profile->plan.keys, "");
		break;
	case PROFILE_PROCESS:
		profile->process = key_process_start(profile->context->loop, profile->plan.command,
						     on_keys, profile);
		break;
	case PROFILE_WEB_IDENTITY:
		use_token(profile);
		break;
	case PROFILE_ENVIRONMENT:
		use_provider(profile, &provider_environment);
		break;
	case PROFILE_CONTAINER:
		use_provider(profile, &provider_container);
		break;
	case PROFILE_INSTANCE:
		use_provider(profile, &provider_instance);
		break;
	}
}

static void fetch(struct provider *provider, provider_done *done, void *context)
{
	struct profile *profile = (struct profile *)provider;
	struct buf why;

	assert(!profile->done);
	profile->done = done;
	profile->done_context = context;
	profile->assumed = 0;
	buf_init(&why, PROVIDER_WHY_SIZE);
	if (make_plan(profile->context->config, &profile->plan, &why) == PROFILE_PLAN_OK)
		get_first_keys(profile);
	else
		finish(profile, NULL, buf_text(&why));
	buf_clear(&why);
}

static void stop(struct provider *provider)
{
	struct profile *profile = (struct profile *)provider;

	if (profile->process)
		process_stop(profile->process);
}

const struct provider_kind provider_profile = {
	.name = "profile",
	.look = look,
	.needs_trust = needs_trust,
	.make = make,
	.free = release,
	.fetch = fetch,
	.stop = stop,
};
