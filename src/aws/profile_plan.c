#include "aws/profile_plan.h"

#include <string.h>

#include "base/secret.h"

enum { SHOWN_MAX = 200, DURATION_MIN_S = 900, DURATION_MAX_S = 43200 };

/* The walk from a profile to the one that has the first keys. */
struct walk {
	const struct profiles *profiles;
	struct profile_plan *plan;
	struct buf *why;
	const char *visited[PROFILE_ROLES_MAX + 1];
	size_t count;
	const char *profile; /* where it is */
};

static struct span find(const struct walk *walk, const char *name)
{
	return profiles_find(walk->profiles, walk->profile, name);
}

static struct span find_beside_key(const struct walk *walk, const char *name)
{
	return profiles_find_beside(walk->profiles, walk->profile, "aws_access_key_id", name);
}

static bool has(const struct walk *walk, const char *name)
{
	return find(walk, name).data != NULL;
}

/* A property's text, in the plan's memory; NULL when there is none. */
static const char *copy(const struct walk *walk, const char *name)
{
	struct span value = find(walk, name);

	return value.data ? arena_copy(&walk->plan->texts, value.data, value.len) : NULL;
}

static void add_name(struct buf *out, const char *profile)
{
	buf_add_str(out, "profile ");
	buf_add_escaped(out, profile, strlen(profile), SHOWN_MAX);
}

static enum profile_plan_result wrong(const struct walk *walk, const char *what)
{
	add_name(walk->why, walk->profile);
	buf_add_str(walk->why, what);
	return PROFILE_PLAN_WRONG;
}

/* ---- the first keys ---- */

static enum profile_plan_result use_keys(const struct walk *walk)
{
	enum profile_plan_result result = PROFILE_PLAN_OK;
	/* Of one file: the other's token would not go with the key. */
	struct span parts[3] = {find(walk, "aws_access_key_id"),
				find_beside_key(walk, "aws_secret_access_key"),
				find_beside_key(walk, "aws_session_token")};
	size_t starts[3];
	struct buf texts;

	if (!parts[0].data || !parts[1].data)
		return wrong(
			walk,
			" has aws_access_key_id or aws_secret_access_key, but not both in one file");
	buf_init(&texts, parts[0].len + parts[1].len + parts[2].len + 3);
	if (!secret_reserve(&texts))
		return wrong(walk, " does not fit into memory");
	for (size_t i = 0; i < 3; i++) {
		starts[i] = texts.len;
		buf_add(&texts, parts[i].data, parts[i].len);
		buf_add_char(&texts, '\0');
	}
	if (!aws_keys_set(&walk->plan->keys, texts.data + starts[0], texts.data + starts[1],
			  parts[2].data ? texts.data + starts[2] : NULL, 0))
		result = wrong(walk, " does not fit into memory");
	else if (!aws_keys_are_valid(&walk->plan->keys))
		result = wrong(walk, " has keys with characters that no key has");
	secret_clear(&texts);
	walk->plan->base = PROFILE_KEYS;
	return result;
}

static bool has_keys(const struct walk *walk)
{
	return has(walk, "aws_access_key_id") || has(walk, "aws_secret_access_key");
}

static enum profile_plan_result use_process(const struct walk *walk)
{
	walk->plan->base = PROFILE_PROCESS;
	walk->plan->command = copy(walk, "credential_process");
	return walk->plan->command ? PROFILE_PLAN_OK : wrong(walk, " does not fit into memory");
}

/* Where a walk ends that comes to no role. */
static enum profile_plan_result use_what_is_there(const struct walk *walk)
{
	if (has_keys(walk))
		return use_keys(walk);
	if (has(walk, "credential_process"))
		return use_process(walk);
	if (has(walk, "sso_session") || has(walk, "sso_start_url"))
		return wrong(walk, " uses IAM Identity Center, which needs a person to log in; "
				   "use a role");
	if (walk->count > 1)
		return wrong(walk, " is a source_profile, but has no credentials");
	add_name(walk->why, walk->profile);
	buf_add_str(walk->why, profiles_have(walk->profiles, walk->profile)
				       ? " has no credentials"
				       : " is in neither file");
	return PROFILE_PLAN_NONE;
}

/* ---- roles ---- */

static const struct {
	const char *name;
	enum profile_base base;
} sources[] = {
	{"Environment", PROFILE_ENVIRONMENT},
	{"EcsContainer", PROFILE_CONTAINER},
	{"Ec2InstanceMetadata", PROFILE_INSTANCE},
};

static enum profile_plan_result use_source(const struct walk *walk)
{
	struct span name = find(walk, "credential_source");

	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		if (span_equals_nocase(name, sources[i].name)) {
			walk->plan->base = sources[i].base;
			return PROFILE_PLAN_OK;
		}
	}
	return wrong(walk, " has a credential_source other than Environment, EcsContainer and "
			   "Ec2InstanceMetadata");
}

static enum profile_plan_result use_token(const struct walk *walk)
{
	walk->plan->base = PROFILE_WEB_IDENTITY;
	walk->plan->token_file = copy(walk, "web_identity_token_file");
	return walk->plan->token_file ? PROFILE_PLAN_OK : wrong(walk, " does not fit into memory");
}

/* Notes the role of the profile; they are met in the opposite order of their use. */
static enum profile_plan_result note_role(const struct walk *walk)
{
	struct profile_plan *plan = walk->plan;
	struct profile_role role = {
		.arn = copy(walk, "role_arn"),
		.session_name = copy(walk, "role_session_name"),
		.external_id = copy(walk, "external_id"),
	};
	struct span duration = find(walk, "duration_seconds");

	if (has(walk, "mfa_serial"))
		return wrong(walk, " has an mfa_serial, which needs a person");
	if (duration.data && (!text_parse_u64(duration, &role.duration_s) ||
			      role.duration_s < DURATION_MIN_S || role.duration_s > DURATION_MAX_S))
		return wrong(walk, " has duration_seconds other than 900 to 43200");
	if (!role.arn || (has(walk, "role_session_name") && !role.session_name) ||
	    (has(walk, "external_id") && !role.external_id))
		return wrong(walk, " does not fit into memory");
	if (plan->role_count == PROFILE_ROLES_MAX)
		return wrong(walk, " has too many source_profiles behind it");
	memmove(plan->roles + 1, plan->roles, plan->role_count * sizeof(role));
	plan->roles[0] = role;
	plan->role_count++;
	return PROFILE_PLAN_OK;
}

static bool was_visited(const struct walk *walk, const char *profile)
{
	for (size_t i = 0; i < walk->count; i++) {
		if (strcmp(walk->visited[i], profile) == 0)
			return true;
	}
	return false;
}

/* Goes on to the source profile. `is_over` when the walk ends here. */
static enum profile_plan_result go_to_source(struct walk *walk, bool *is_over)
{
	const char *source = copy(walk, "source_profile");

	if (!source)
		return wrong(walk, " does not fit into memory");
	*is_over = strcmp(source, walk->profile) == 0;
	if (*is_over) /* itself: its role is assumed with its own keys */
		return use_keys(walk);
	if (was_visited(walk, source))
		return wrong(walk, " has a source_profile that leads back to it");
	if (!profiles_have(walk->profiles, source))
		return wrong(walk, " has a source_profile that is in neither file");
	walk->profile = source;
	return PROFILE_PLAN_OK;
}

/* The keys of a source profile go before its own role, which is for who names that profile. */
static bool gives_keys(const struct walk *walk)
{
	return walk->count > 1 && has_keys(walk) && !has(walk, "web_identity_token_file");
}

/* One profile of the walk. */
static enum profile_plan_result take_step(struct walk *walk, bool *is_over)
{
	enum profile_plan_result result;

	*is_over = true;
	walk->visited[walk->count++] = walk->profile;
	if (!has(walk, "role_arn") || gives_keys(walk))
		return use_what_is_there(walk);
	result = note_role(walk);
	if (result != PROFILE_PLAN_OK)
		return result;
	if (has(walk, "web_identity_token_file"))
		return use_token(walk);
	if (has(walk, "source_profile") && has(walk, "credential_source"))
		return wrong(walk, " has a source_profile and a credential_source; which?");
	if (has(walk, "credential_source"))
		return use_source(walk);
	if (has(walk, "source_profile"))
		return go_to_source(walk, is_over);
	return wrong(walk, " has a role_arn, but neither source_profile nor credential_source");
}

enum profile_plan_result profile_plan_make(const struct profiles *profiles, const char *profile,
					   struct profile_plan *plan, struct buf *why)
{
	struct walk walk = {.profiles = profiles, .plan = plan, .why = why, .profile = profile};
	enum profile_plan_result result;
	bool is_over;

	do
		result = take_step(&walk, &is_over);
	while (result == PROFILE_PLAN_OK && !is_over);
	return result;
}

void profile_plan_clear(struct profile_plan *plan)
{
	aws_keys_clear(&plan->keys);
	arena_clear(&plan->texts);
	*plan = (struct profile_plan){0};
}

void profile_plan_describe(const struct profile_plan *plan, struct buf *out)
{
	static const char *const bases[] = {
		[PROFILE_KEYS] = "keys in the file",
		[PROFILE_PROCESS] = "credential_process",
		[PROFILE_WEB_IDENTITY] = "a web identity token",
		[PROFILE_ENVIRONMENT] = "keys of the environment",
		[PROFILE_CONTAINER] = "the container's endpoint",
		[PROFILE_INSTANCE] = "the instance's role",
	};

	for (size_t i = plan->role_count; i > 0; i--) {
		const char *arn = plan->roles[i - 1].arn;

		buf_add_str(out, "role ");
		buf_add_escaped(out, arn, strlen(arn), SHOWN_MAX);
		buf_add_str(out, " by ");
	}
	buf_add_str(out, bases[plan->base]);
}
