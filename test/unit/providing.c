#include "providing.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "written.h"

struct providing providing;

void providing_set_up(void)
{
	written_set_up();
	memset(&providing, 0, sizeof(providing));
	script_init(&providing.script);
	providing.config = (struct config){
		.region = "eu-west-1",
		.profile = "default",
		.role_session_name = "shopd",
		.endpoint_sts = "http://127.0.0.1:9",
		.metadata_endpoint = "http://169.254.169.254",
	};
	providing.context = (struct provider_context){
		.config = &providing.config,
		.loop = providing.script.loop,
		.transport = &providing.script.transport,
		.digest = digest_new(),
	};
	ck_assert_ptr_nonnull(providing.context.digest);
}

void providing_end(void)
{
	if (providing.provider)
		providing.provider->kind->free(providing.provider);
	providing.provider = NULL;
	provider_context_clear(&providing.context);
}

void providing_tear_down(void)
{
	providing_end();
	aws_keys_clear(&providing.keys);
	digest_free(providing.context.digest);
	script_clear(&providing.script);
	written_tear_down();
}

static void on_keys(void *context, const struct aws_keys *keys, const char *why)
{
	ck_assert_ptr_eq(context, &providing);
	ck_assert_msg(!providing.is_done, "done was called twice");
	providing.is_done = true;
	snprintf(providing.why, sizeof(providing.why), "%s", why);
	if (keys)
		ck_assert(aws_keys_set(&providing.keys, keys->access_key, keys->secret, keys->token,
				       keys->expires_ms) ||
			  alloc_has_failed());
}

void providing_wait(void)
{
	uint64_t end_us = clock_monotonic_us(clock_system()) + 10000000;

	/* A program takes its time by the real clock. */
	while (!providing.is_done && clock_monotonic_us(clock_system()) < end_us)
		script_run(&providing.script, &providing.is_done, 1000);
	ck_assert(providing.is_done);
}

static void begin(const struct provider_kind *kind)
{
	providing.is_done = false;
	aws_keys_clear(&providing.keys);
	if (!providing.provider)
		providing.provider = kind->make(&providing.context);
	if (!providing.provider)
		return;
	ck_assert_ptr_eq(providing.provider->kind, kind);
	kind->fetch(providing.provider, on_keys, &providing);
	providing_wait();
}

void providing_fetch(const struct provider_kind *kind)
{
	begin(kind);
	ck_assert_ptr_nonnull(providing.provider);
}

void providing_fetch_once(void *kind)
{
	script_forget_requests(&providing.script);
	providing.script.next_step = 0;
	begin(kind);
	ck_assert(providing.keys.access_key || alloc_has_failed());
	aws_keys_clear(&providing.keys);
	providing_end();
}

void providing_assert_key(const char *access_key)
{
	ck_assert_msg(providing.keys.access_key != NULL, "%s", providing.why);
	ck_assert_str_eq(providing.keys.access_key, access_key);
}

void providing_assert_why(const char *part)
{
	ck_assert_ptr_null(providing.keys.access_key);
	ck_assert_msg(strstr(providing.why, part) != NULL, "%s", providing.why);
}

void providing_assert_look(const struct provider_kind *kind, enum provider_state state,
			   const char *about)
{
	struct buf text;

	buf_init(&text, 1000);
	ck_assert_int_eq(kind->look(&providing.config, &text), state);
	ck_assert_msg(strstr(buf_text(&text), about) != NULL, "%s", buf_text(&text));
	buf_clear(&text);
}
