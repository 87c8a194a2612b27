#include "notify/event_message.h"

#include <check.h>
#include <jansson.h>
#include <string.h>

#include "alloc_fail.h"
#include "domain/event.h"
#include "order_texts.h"

#define ID "014f7e9b-6f80-7000-8000-000000000001"

static struct arena arena;
static struct sns_message message;
static struct outbox_told event;

static void set_up(void)
{
	event = (struct outbox_told){
		.type = EVENT_ORDER_PLACED,
		.id = {ID, ID_LEN},
		.subject = {"order/" ORDER, strlen("order/" ORDER)},
		.time = {NOW, strlen(NOW)},
		.data = {"{\"total\":1.50}", strlen("{\"total\":1.50}")},
		.user_id = {USER, ID_LEN},
		.order_id = {ORDER, ID_LEN},
	};
}

static void tear_down(void)
{
	arena_clear(&arena);
}

static const char *attribute(const char *name)
{
	for (size_t i = 0; i < message.attribute_count; i++) {
		if (strcmp(message.attributes[i].name, name) == 0)
			return message.attributes[i].value;
	}
	return NULL;
}

START_TEST(a_message_is_the_event_and_what_one_filters_by)
{
	ck_assert(event_message_make(&event, &arena, &message));
	ck_assert_str_eq(message.body,
			 "{\"id\":\"" ID "\",\"type\":\"order.placed\",\"time\":\"" NOW
			 "\",\"subject\":\"order/" ORDER "\",\"data\":{\"total\":1.50}}");
	ck_assert_uint_eq(message.attribute_count, 4);
	ck_assert_str_eq(attribute("event_type"), "order.placed");
	ck_assert_str_eq(attribute("event_id"), ID);
	ck_assert_str_eq(attribute("user_id"), USER);
	ck_assert_str_eq(attribute("order_id"), ORDER);
}
END_TEST

START_TEST(a_fifo_topic_keeps_what_belongs_to_one_order_together)
{
	ck_assert(event_message_make(&event, &arena, &message));
	ck_assert_str_eq(message.group, ORDER);
	ck_assert_str_eq(message.deduplication_id, ID);
	event.subject = span_of("whole");
	ck_assert(event_message_make(&event, &arena, &message));
	ck_assert_str_eq(message.group, "whole");
}
END_TEST

START_TEST(what_there_is_not_is_no_attribute)
{
	event.user_id = event.order_id = (struct span){0};
	event.product_id = span_of("");
	ck_assert(event_message_make(&event, &arena, &message));
	ck_assert_uint_eq(message.attribute_count, 2);
}
END_TEST

START_TEST(a_phone_gets_a_sentence_that_names_the_order)
{
	ck_assert(event_message_make_text(&event, &arena, &message));
	ck_assert_str_eq(message.body, "Thank you: we have your order. (order " ORDER ")");
	ck_assert_uint_eq(message.attribute_count, 0);
	event.order_id = (struct span){0};
	ck_assert(event_message_make_text(&event, &arena, &message));
	ck_assert_str_eq(message.body, "Thank you: we have your order.");
}
END_TEST

START_TEST(each_sentence_fits_into_one_text_message)
{
	for (int type = 0; type < EVENT_TYPES; type++) {
		event.type = (enum event_type)type;
		if (!event_is_for_users(event.type))
			continue;
		ck_assert(event_message_make_text(&event, &arena, &message));
		ck_assert_uint_le(strlen(message.body), 160);
	}
}
END_TEST

START_TEST(each_event_is_documented_with_a_message_that_is_json)
{
	struct buf out = {0};
	const char *at;
	size_t count = 0;

	buf_init(&out, 64 * 1024);
	event_message_describe(&out);
	ck_assert(buf_ok(&out));
	for (at = strstr(buf_text(&out), "```json\n"); at; at = strstr(at, "```json\n")) {
		json_t *example;

		at += strlen("```json\n");
		example = json_loads(at, JSON_DISABLE_EOF_CHECK | JSON_REJECT_DUPLICATES, NULL);
		ck_assert_str_eq(json_string_value(json_object_get(example, "type")),
				 event_name((enum event_type)count++));
		ck_assert(json_is_object(json_object_get(example, "data")));
		json_decref(example);
	}
	ck_assert_uint_eq(count, EVENT_TYPES);
	buf_clear(&out);
}
END_TEST

static void make_both(void *context)
{
	bool is_made;

	(void)context;
	is_made = event_message_make(&event, &arena, &message) &&
		  event_message_make_text(&event, &arena, &message);
	ck_assert(is_made != alloc_has_failed());
	arena_clear(&arena);
}

START_TEST(short_memory_makes_no_message)
{
	alloc_fail_each(make_both, NULL);
}
END_TEST

Suite *event_message_suite(void)
{
	Suite *suite = suite_create("event_message");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_message_is_the_event_and_what_one_filters_by);
	tcase_add_test(tests, a_fifo_topic_keeps_what_belongs_to_one_order_together);
	tcase_add_test(tests, what_there_is_not_is_no_attribute);
	tcase_add_test(tests, a_phone_gets_a_sentence_that_names_the_order);
	tcase_add_test(tests, each_sentence_fits_into_one_text_message);
	tcase_add_test(tests, each_event_is_documented_with_a_message_that_is_json);
	tcase_add_test(tests, short_memory_makes_no_message);
	suite_add_tcase(suite, tests);
	return suite;
}
