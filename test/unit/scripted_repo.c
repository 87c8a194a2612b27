#include "scripted_repo.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"

static void resume(struct await *await)
{
	struct scripted_repo *on = await->context;

	ck_assert_msg(!on->is_done, "it was finished twice");
	on->is_done = true;
}

void scripted_repo_renew(struct scripted_repo *on)
{
	arena_clear(&on->arena);
	script_forget_requests(&on->aws.script);
	on->is_done = false;
	on->await = (struct await){.deadline_us = on->aws.script.now_us + 10000000,
				   .arena = &on->arena,
				   .resume = resume,
				   .context = on};
}

void scripted_repo_init(struct scripted_repo *on)
{
	*on = (struct scripted_repo){0};
	scripted_aws_init(&on->aws);
	on->repo = (struct repo){
		.db = {.client = on->aws.client,
		       .loop = on->aws.script.loop,
		       .table = "shop",
		       .partition_key = "pk"},
		.clock = &on->aws.script.clock,
		.digest = on->aws.digest,
		.write_shards = 4,
		.cursor_key = "any key",
	};
	scripted_repo_renew(on);
}

void scripted_repo_clear(struct scripted_repo *on)
{
	arena_clear(&on->arena);
	scripted_aws_clear(&on->aws);
}

bool scripted_repo_enter(struct scripted_repo *on)
{
	on->repo.db.client = aws_client_new(&on->aws.options);
	on->aws.script.next_step = 0;
	scripted_repo_renew(on);
	return on->repo.db.client != NULL;
}

void scripted_repo_leave(struct scripted_repo *on)
{
	arena_clear(&on->arena);
	aws_client_free(on->repo.db.client);
	on->repo.db.client = on->aws.client;
}

enum result scripted_repo_run(struct scripted_repo *on)
{
	script_run(&on->aws.script, &on->is_done, 30000000);
	ck_assert(on->is_done);
	return on->await.result;
}

void scripted_repo_run_short(struct scripted_repo *on, void (*start)(void))
{
	enum result result;

	if (!scripted_repo_enter(on))
		return;
	start();
	result = scripted_repo_run(on);
	ck_assert(result == RESULT_OK || (alloc_has_failed() && result_is_failure(result)));
	scripted_repo_leave(on);
}

void scripted_repo_expect(struct scripted_repo *on, enum result expected)
{
	ck_assert_str_eq(result_name(scripted_repo_run(on)), result_name(expected));
}

void ck_assert_sent(const struct scripted_repo *on, size_t request, const char *part)
{
	const char *body = script_body(&on->aws.script, request);

	ck_assert_msg(strstr(body, part) != NULL, "not sent: %s\nin: %s", part, body);
}

void ck_assert_not_sent(const struct scripted_repo *on, size_t request, const char *part)
{
	const char *body = script_body(&on->aws.script, request);

	ck_assert_msg(strstr(body, part) == NULL, "sent: %s\nin: %s", part, body);
}

void ck_assert_operation(const struct scripted_repo *on, size_t request, const char *name)
{
	char target[64];
	char expected[64];

	script_header(&on->aws.script, request, "X-Amz-Target", target, sizeof(target));
	snprintf(expected, sizeof(expected), "DynamoDB_20120810.%s", name);
	ck_assert_str_eq(target, expected);
}
