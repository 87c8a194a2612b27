/* Users, addresses and preferences: what bodies make of them. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "domain/address.h"
#include "domain/notification.h"
#include "domain/user.h"
#include "trees.h"

#define JO "\"name\":\"Jo\",\"email\":\"jo@shop.example\""
#define ID "5b2c7d3e-0000-4000-8000-000000000001"
#define HOME "\"name\":\"Jo\",\"line1\":\"Weg 1\",\"city\":\"Graz\",\"country\":\"AT\""

enum kind { A_USER, AN_ADDRESS, A_DELIVERY_ADDRESS, A_PREFERENCE };

struct row {
	enum kind kind;
	enum field_change change;
	const char *body;
	const char *stored; /* or NULL */
	const char *made;   /* or NULL */
	const char *faults; /* "field code, field code" */
};

static struct arena arena;

static void tear_down(void)
{
	arena_clear(&arena);
}

static json_t *apply(const struct row *row, const json_t *body, const json_t *stored,
		     struct validation *validation)
{
	switch (row->kind) {
	case A_USER:
		return user_apply(row->change, body, stored, validation);
	case AN_ADDRESS:
		return address_apply("", row->change, body, stored, validation);
	case A_DELIVERY_ADDRESS:
		return address_apply("address", row->change, body, stored, validation);
	case A_PREFERENCE:
		break;
	}
	return notification_apply(body, NULL, validation);
}

static void list_faults(const struct validation *validation, char *out, size_t size)
{
	size_t len = 0;

	out[0] = '\0';
	for (const struct mistake *m = validation->first; m; m = m->next)
		len += (size_t)snprintf(out + len, size - len, "%s%s %s", len > 0 ? ", " : "",
					m->field, mistake_code_name(m->code));
}

static void ck_assert_row(const struct row *row)
{
	struct validation validation;
	json_t *body = tree_of(row->body);
	json_t *stored = row->stored ? tree_of(row->stored) : NULL;
	json_t *made;
	char faults[800];

	validation_init(&validation, &arena);
	made = apply(row, body, stored, &validation);
	list_faults(&validation, faults, sizeof(faults));
	ck_assert_str_eq(faults, row->faults ? row->faults : "");
	if (row->made)
		ck_assert_tree(made, row->made);
	else
		ck_assert_ptr_null(made);
	json_decref(body);
	json_decref(stored);
}

#define CK_ASSERT_ROWS(rows)                                                \
	do {                                                                \
		for (size_t i = 0; i < sizeof(rows) / sizeof(*(rows)); i++) \
			ck_assert_row(&(rows)[i]);                          \
	} while (0)

START_TEST(a_user_has_a_name_and_an_e_mail_address)
{
	static const struct row rows[] = {
		{A_USER, FIELD_CREATE, "{" JO "}", NULL, "{" JO "}", NULL},
		{A_USER, FIELD_CREATE, "{" JO ",\"phone\":\"+4930123456\",\"locale\":\"de-AT\"}",
		 NULL, "{" JO ",\"phone\":\"+4930123456\",\"locale\":\"de-AT\"}", NULL},
		{A_USER, FIELD_CREATE, "{" JO ",\"phone\":null}", NULL, "{" JO "}", NULL},
		{A_USER, FIELD_CREATE, "{}", NULL, NULL, "name required, email required"},
		{A_USER, FIELD_CREATE, "[]", NULL, NULL, " wrong-type"},
		{A_USER, FIELD_CREATE,
		 "{\"name\":\" \",\"email\":\"x\",\"phone\":\"1\",\"locale\":1}", NULL, NULL,
		 "name too-short, email invalid-email, phone invalid-phone, locale wrong-type"},
		{A_USER, FIELD_CREATE,
		 "{" JO ",\"id\":\"1\",\"version\":1,\"created_at\":1,\"updated_at\":1,\"x\":1}",
		 NULL, NULL,
		 "id invalid-id, version read-only, created_at read-only, updated_at read-only, "
		 "x unknown-field"},
	};

	CK_ASSERT_ROWS(rows);
}
END_TEST

START_TEST(an_id_can_be_given_once_and_is_no_part_of_the_user)
{
	static const struct row rows[] = {
		{A_USER, FIELD_CREATE, "{" JO ",\"id\":\"" ID "\"}", NULL, "{" JO "}", NULL},
		{A_USER, FIELD_CREATE, "{" JO ",\"id\":null}", NULL, "{" JO "}", NULL},
		{A_USER, FIELD_CREATE, "{" JO ",\"id\":\"auth0|1\"}", NULL, NULL, "id invalid-id"},
		{A_USER, FIELD_CREATE, "{" JO ",\"id\":7}", NULL, NULL, "id wrong-type"},
		{A_USER, FIELD_PUT, "{\"id\":\"" ID "\"}", "{" JO "}", NULL, "id read-only"},
		{A_USER, FIELD_PATCH, "{\"id\":\"" ID "\"}", "{" JO "}", NULL, "id read-only"},
		{A_USER, FIELD_PATCH, "{\"id\":null}", "{" JO "}", NULL, "id read-only"},
	};

	CK_ASSERT_ROWS(rows);
}
END_TEST

START_TEST(a_user_is_changed_field_by_field)
{
	static const struct row rows[] = {
		{A_USER, FIELD_PUT, "{\"name\":\"J\"}", "{" JO ",\"locale\":\"de\"}",
		 "{\"name\":\"J\",\"email\":\"jo@shop.example\",\"locale\":\"de\"}", NULL},
		{A_USER, FIELD_PUT, "{\"locale\":null}", "{" JO ",\"locale\":\"de\"}", NULL,
		 "locale wrong-type"},
		{A_USER, FIELD_PATCH, "{\"locale\":null}", "{" JO ",\"locale\":\"de\"}", "{" JO "}",
		 NULL},
		{A_USER, FIELD_PATCH, "{\"email\":null,\"name\":null}", "{" JO "}", NULL,
		 "email required, name required"},
	};

	CK_ASSERT_ROWS(rows);
}
END_TEST

START_TEST(an_address_can_be_part_of_a_body)
{
	static const struct row rows[] = {
		{AN_ADDRESS, FIELD_CREATE, "{" HOME "}", NULL, "{" HOME "}", NULL},
		{AN_ADDRESS, FIELD_CREATE,
		 "{" HOME ",\"line2\":\"2\",\"region\":\"Stmk\",\"postal_code\":\"8010\","
		 "\"phone\":\"+43316123456\"}",
		 NULL,
		 "{" HOME ",\"line2\":\"2\",\"region\":\"Stmk\",\"postal_code\":\"8010\","
		 "\"phone\":\"+43316123456\"}",
		 NULL},
		{AN_ADDRESS, FIELD_CREATE, "{}", NULL, NULL,
		 "name required, line1 required, city required, country required"},
		{A_DELIVERY_ADDRESS, FIELD_CREATE, "{\"country\":\"at\",\"id\":1,\"x\":1}", NULL,
		 NULL,
		 "address.country invalid-country, address.id read-only, "
		 "address.x unknown-field, address.name required, address.line1 required, "
		 "address.city required"},
		{A_DELIVERY_ADDRESS, FIELD_CREATE, "\"Graz\"", NULL, NULL, "address wrong-type"},
		{AN_ADDRESS, FIELD_CREATE,
		 "{" HOME ",\"postal_code\":\"123456789012345678901\",\"line2\":\"\","
		 "\"phone\":\"0316\",\"region\":\"a\\nb\"}",
		 NULL, NULL,
		 "postal_code too-long, line2 too-short, phone invalid-phone, region invalid-text"},
		{AN_ADDRESS, FIELD_PATCH, "{\"line2\":null,\"city\":\"Wien\"}",
		 "{\"line2\":\"x\"," HOME "}",
		 "{\"name\":\"Jo\",\"line1\":\"Weg 1\",\"city\":\"Wien\",\"country\":\"AT\"}",
		 NULL},
		{AN_ADDRESS, FIELD_PATCH, "{\"city\":null}", "{" HOME "}", NULL, "city required"},
	};

	CK_ASSERT_ROWS(rows);
}
END_TEST

START_TEST(preferences_fit_their_channel)
{
	static const struct row rows[] = {
		{A_PREFERENCE, FIELD_CREATE, "{\"channel\":\"none\"}", NULL,
		 "{\"channel\":\"none\",\"events\":[]}", NULL},
		{A_PREFERENCE, FIELD_CREATE,
		 "{\"channel\":\"topic\",\"phone\":null,\"events\":[\"order.placed\","
		 "\"stock.back\"]}",
		 NULL, "{\"channel\":\"topic\",\"events\":[\"order.placed\",\"stock.back\"]}",
		 NULL},
		{A_PREFERENCE, FIELD_CREATE,
		 "{\"channel\":\"sms\",\"phone\":\"+4930123456\",\"events\":[]}", NULL,
		 "{\"channel\":\"sms\",\"phone\":\"+4930123456\",\"events\":[]}", NULL},
		{A_PREFERENCE, FIELD_CREATE,
		 "{\"channel\":\"endpoint\",\"target_arn\":\"arn:aws:sns:eu-west-1:123456789012:endpoint/GCM/shop/1\"}",
		 NULL,
		 "{\"channel\":\"endpoint\",\"target_arn\":\"arn:aws:sns:eu-west-1:123456789012:endpoint/GCM/shop/1\",\"events\":[]}",
		 NULL},
		{A_PREFERENCE, FIELD_CREATE, "{}", NULL, NULL, "channel required"},
		{A_PREFERENCE, FIELD_CREATE, "{\"channel\":\"fax\"}", NULL, NULL,
		 "channel not-one-of"},
		{A_PREFERENCE, FIELD_CREATE, "{\"channel\":1}", NULL, NULL, "channel wrong-type"},
		{A_PREFERENCE, FIELD_CREATE, "{\"channel\":\"sms\"}", NULL, NULL, "phone required"},
		{A_PREFERENCE, FIELD_CREATE, "{\"channel\":\"sms\",\"phone\":\"1\"}", NULL, NULL,
		 "phone invalid-phone"},
		{A_PREFERENCE, FIELD_CREATE, "{\"channel\":\"endpoint\",\"phone\":\"+4930123456\"}",
		 NULL, NULL, "target_arn required"},
		{A_PREFERENCE, FIELD_CREATE,
		 "{\"channel\":\"endpoint\",\"target_arn\":\"http://x\"}", NULL, NULL,
		 "target_arn invalid-text"},
		{A_PREFERENCE, FIELD_CREATE,
		 "{\"channel\":\"endpoint\",\"target_arn\":\"arn:aws:sns:eu-west-1:123456789012:shop\"}",
		 NULL, NULL, "target_arn invalid-text"},
		{A_PREFERENCE, FIELD_CREATE, "{\"channel\":\"endpoint\",\"target_arn\":1}", NULL,
		 NULL, "target_arn wrong-type"},
		{A_PREFERENCE, FIELD_CREATE,
		 "{\"channel\":\"none\",\"events\":[\"order.placed\",\"order.placed\",\"stock.low\","
		 "\"x\",1,null]}",
		 NULL, NULL,
		 "events[1] duplicate, events[2] not-one-of, events[3] not-one-of, "
		 "events[4] wrong-type, events[5] wrong-type"},
		{A_PREFERENCE, FIELD_CREATE, "{\"channel\":\"none\",\"events\":\"order.placed\"}",
		 NULL, NULL, "events wrong-type"},
		{A_PREFERENCE, FIELD_CREATE, "{\"channel\":\"none\",\"version\":1,\"id\":1}", NULL,
		 NULL, "version read-only, id unknown-field"},
		{A_PREFERENCE, FIELD_CREATE, "null", NULL, NULL, " wrong-type"},
	};

	CK_ASSERT_ROWS(rows);
}
END_TEST

START_TEST(a_list_of_events_is_bounded)
{
	struct validation validation;
	json_t *body = tree_of("{\"channel\":\"none\",\"events\":[]}");
	json_t *events = json_object_get(body, "events");

	for (int i = 0; i < 101; i++)
		json_array_append_new(events, json_string("x"));
	validation_init(&validation, &arena);
	ck_assert_ptr_null(notification_apply(body, NULL, &validation));
	ck_assert_uint_eq(validation.count, 1);
	ck_assert_int_eq(validation.first->code, MISTAKE_TOO_MANY);
	json_decref(body);
}
END_TEST

#define ENDPOINT(place) "arn:" place ":endpoint/GCM/shop/1"

START_TEST(an_endpoint_is_where_the_topic_is_if_there_is_one)
{
	static const struct {
		const char *target;
		const char *topic;
		const char *faults;
	} places[] = {
		{ENDPOINT("aws:sns:eu-west-1:123456789012"), "arn:aws:sns:eu-west-1:123456789012:a",
		 ""},
		{ENDPOINT("aws:sns:eu-west-1:123456789012"), NULL, ""},
		{ENDPOINT("aws:sns:eu-west-1:123456789013"), "arn:aws:sns:eu-west-1:123456789012:a",
		 "target_arn invalid-text"},
		{ENDPOINT("aws:sns:eu-west-2:123456789012"), "arn:aws:sns:eu-west-1:123456789012:a",
		 "target_arn invalid-text"},
		{ENDPOINT("aws-cn:sns:eu-west-1:123456789012"),
		 "arn:aws:sns:eu-west-1:123456789012:a", "target_arn invalid-text"},
		{"x", "arn:aws:sns:eu-west-1:123456789012:a", "target_arn invalid-text"},
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		json_t *body = json_pack("{s:s, s:s}", "channel", "endpoint", "target_arn",
					 places[i].target);
		struct validation validation;
		json_t *made;
		char faults[200];

		validation_init(&validation, &arena);
		made = notification_apply(body, places[i].topic, &validation);
		list_faults(&validation, faults, sizeof(faults));
		ck_assert_str_eq(faults, places[i].faults);
		ck_assert_int_eq(made != NULL, faults[0] == '\0');
		json_decref(body);
		json_decref(made);
	}
}
END_TEST

START_TEST(without_preferences_there_is_no_channel)
{
	ck_assert_tree(notification_none(), "{\"channel\":\"none\",\"events\":[]}");
}
END_TEST

static void prefer_once(void *context)
{
	struct arena memory = {0};
	struct validation validation;
	json_t *body = tree_of("{\"channel\":\"none\"}");
	json_t *made = NULL;

	(void)context;
	validation_init(&validation, &memory);
	if (body)
		made = notification_apply(body, NULL, &validation);
	ck_assert(made || alloc_has_failed());
	json_decref(body);
	json_decref(made);
	made = notification_none();
	ck_assert(made || alloc_has_failed());
	json_decref(made);
	arena_clear(&memory);
}

START_TEST(short_memory_makes_nothing)
{
	alloc_fail_each(prefer_once, NULL);
}
END_TEST

Suite *user_suite(void)
{
	Suite *suite = suite_create("user");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, NULL, tear_down);
	tcase_add_test(tests, a_user_has_a_name_and_an_e_mail_address);
	tcase_add_test(tests, an_id_can_be_given_once_and_is_no_part_of_the_user);
	tcase_add_test(tests, a_user_is_changed_field_by_field);
	tcase_add_test(tests, an_address_can_be_part_of_a_body);
	tcase_add_test(tests, preferences_fit_their_channel);
	tcase_add_test(tests, a_list_of_events_is_bounded);
	tcase_add_test(tests, an_endpoint_is_where_the_topic_is_if_there_is_one);
	tcase_add_test(tests, without_preferences_there_is_no_channel);
	tcase_add_test(tests, short_memory_makes_nothing);
	suite_add_tcase(suite, tests);
	return suite;
}
