#include "repo/notification_target.h"

#include <stdio.h>
#include <string.h>

#include "base/arn.h"
#include "repo/repo_write.h"
#include "repo/user_item.h"

enum { VALUES_MAX = 2 * 1024 };

struct run {
	struct repo *repo;
	struct await *await;
	enum event_type type;
	struct notification_target *out;
	struct dynamodb_call call;
};

static struct run *begin(struct repo *repo, struct await *await)
{
	struct run *run = await_begin(await, sizeof(*run));

	if (!run)
		return NULL;
	*run = (struct run){.repo = repo, .await = await};
	return run;
}

static void finish(struct run *run, enum result result)
{
	dynamodb_call_clear(&run->call);
	await_finish(run->await, result);
}

/* ------------------------------------------------------------------ finding */

static bool is_chosen(const struct item *item, enum event_type type)
{
	struct json_walk walk;

	json_walk_init(&walk, json_scan_member(item_get(item, "events"), "L"));
	while (json_walk_next(&walk)) {
		if (span_equals(json_scan_raw_string(json_scan_member(walk.value, "S")),
				event_name(type)))
			return true;
	}
	return false;
}

static const struct {
	const char *name;
	enum notification_channel channel;
	const char *address;
} channels[] = {
	{"sms", NOTIFICATION_SMS, "phone"},
	{"endpoint", NOTIFICATION_ENDPOINT, "target_arn"},
};

/* Preferences that an older version took may name any target. */
static bool is_allowed(enum notification_channel channel, struct span address)
{
	struct arn arn;

	if (!address.data || memchr(address.data, '\\', address.len))
		return false;
	return channel == NOTIFICATION_SMS || (arn_parse(address, &arn) && arn_is_endpoint(&arn));
}

static enum result take(struct run *run, struct span text)
{
	struct notification_target *out = run->out;
	struct item item;
	struct span address;

	if (!item_view(&item, text) || !item_u64(&item, "version", &out->version))
		return RESULT_GARBLED;
	if (item_get(&item, "refused").data || !is_chosen(&item, run->type))
		return RESULT_OK;
	for (size_t i = 0; i < sizeof(channels) / sizeof(channels[0]); i++) {
		if (!span_equals(item_raw_string(&item, "channel"), channels[i].name))
			continue;
		address = item_raw_string(&item, channels[i].address);
		if (!is_allowed(channels[i].channel, address))
			return RESULT_OK;
		out->address = arena_copy(run->await->arena, address.data, address.len);
		out->channel = channels[i].channel;
		return out->address ? RESULT_OK : RESULT_NO_MEMORY;
	}
	return RESULT_OK;
}

static void on_found(struct dynamodb_call *call)
{
	struct run *run = call->context;
	enum result result = call->result;

	if (result == RESULT_OK)
		result = take(run, call->item);
	finish(run, result == RESULT_NOT_FOUND ? RESULT_OK : result);
}

void notification_target_find(struct repo *repo, const char *user_id, enum event_type type,
			      struct notification_target *out, struct await *await)
{
	struct run *run = begin(repo, await);
	char pk[RECORD_KEY_SIZE];

	if (!run)
		return;
	*out = (struct notification_target){.channel = NOTIFICATION_NOWHERE};
	if (!id_is_valid(user_id)) {
		finish(run, RESULT_OK);
		return;
	}
	run->type = type;
	run->out = out;
	run->call = (struct dynamodb_call){.await = await, .done = on_found, .context = run};
	user_item_key(user_id, pk);
	dynamodb_get(&repo->db, &run->call, (struct dynamodb_key){pk, "NOTIFY"}, false);
}

/* ------------------------------------------------------------------ marking */

static void on_marked(struct dynamodb_call *call)
{
	finish(call->context, call->result == RESULT_CONFLICT ? RESULT_OK : call->result);
}

void notification_target_refuse(struct repo *repo, const char *user_id, uint64_t version,
				const char *why, struct await *await)
{
	struct run *run = begin(repo, await);
	struct buf values = {0};
	char pk[RECORD_KEY_SIZE];
	enum result result = RESULT_NO_MEMORY;

	if (!run)
		return;
	run->call = (struct dynamodb_call){.await = await, .done = on_marked, .context = run};
	user_item_key(user_id, pk);
	buf_init(&values, VALUES_MAX);
	buf_add_char(&values, '{');
	attribute_add_string(&values, ":why", why, strlen(why));
	attribute_add_integer(&values, ":v", (int64_t)version);
	attribute_add_integer(&values, ":next", (int64_t)version + 1);
	buf_add_char(&values, '}');
	if (buf_ok(&values))
		result = repo_write(repo, &run->call,
				    &(struct dynamodb_write){
					    .action = DYNAMODB_UPDATE,
					    .key = {pk, "NOTIFY"},
					    .update = "SET refused = :why, "
						      "version = :next",
					    .condition = "version = :v",
					    .values = buf_text(&values),
					    .expected_version = version,
				    },
				    1);
	if (result != RESULT_OK)
		finish(run, result);
	buf_clear(&values);
}
