#include <check.h>
#include <string.h>

#include "api/product_list.h"
#include "api/routes.h"
#include "asking.h"
#include "scripted_dynamodb.h"

#define ID "00000000-0000-4000-8000-000000000001"
#define OTHER "00000000-0000-4000-8000-000000000002"
#define ENTRY(id, name)                                                       \
	"{\"pk\":{\"S\":\"P#" id "\"},\"g1s\":{\"S\":\"" name "\\t" id "\"}," \
	"\"name\":{\"S\":\"" name "\"},\"price\":{\"N\":\"1.5\"}}"

static struct asking asking;

static void set_up(void)
{
	asking_init(&asking);
}

static void tear_down(void)
{
	asking_clear(&asking);
}

START_TEST(a_page_has_data_next_and_a_link)
{
	const char *next;

	SCRIPT_PLAY(&asking.on.aws.script,
		    TEXT("{\"Items\":[" ENTRY(ID, "a") "," ENTRY(OTHER, "b") "]}"));
	asking_query(&asking, "category", "k");
	asking_query(&asking, "limit", "1");
	ck_assert_int_eq(asking_run(&asking, &get_products, NULL), 200);
	next = strstr(asking_body(&asking), ",\"next\":\"");
	ck_assert_ptr_nonnull(next);
	ck_assert_mem_eq(asking_body(&asking),
			 "{\"data\":[{\"id\":\"" ID "\",\"name\":\"a\",\"price\":1.5}],",
			 (size_t)(next - asking_body(&asking)) + 1);
	ck_assert_mem_eq(asking_header(&asking, "Link"),
			 "</product?category=k&limit=1&cursor=", 36);
}
END_TEST

START_TEST(the_last_page_has_neither)
{
	SCRIPT_PLAY(&asking.on.aws.script, TEXT("{\"Items\":[" ENTRY(ID, "a") "]}"));
	asking_query(&asking, "category", "k");
	asking_query(&asking, "fields", "price,id");
	ck_assert_int_eq(asking_run(&asking, &get_products, NULL), 200);
	ck_assert_str_eq(asking_body(&asking), "{\"data\":[{\"id\":\"" ID "\",\"price\":1.5}]}\n");
	ck_assert_ptr_null(asking_header(&asking, "Link"));
	ck_assert_sent(&asking.on, 0, "\"Limit\":21,");
}
END_TEST

START_TEST(in_stock_is_a_filter_when_it_is_true)
{
	SCRIPT_PLAY(&asking.on.aws.script, TEXT("{\"Items\":[" ENTRY(ID, "a") "]}"),
		    TEXT("{\"Responses\":{\"shop\":[]}}"));
	asking_query(&asking, "category", "k");
	asking_query(&asking, "in_stock", "false");
	ck_assert_int_eq(asking_run(&asking, &get_products, NULL), 200);
	ck_assert_ptr_nonnull(strstr(asking_body(&asking), ID));
	asking_renew(&asking);
	SCRIPT_PLAY(&asking.on.aws.script, TEXT("{\"Items\":[" ENTRY(ID, "a") "]}"),
		    TEXT("{\"Responses\":{\"shop\":[]}}"));
	asking_query(&asking, "category", "k");
	asking_query(&asking, "in_stock", "true");
	ck_assert_int_eq(asking_run(&asking, &get_products, NULL), 200);
	ck_assert_str_eq(asking_body(&asking), "{\"data\":[]}\n");
	asking_renew(&asking);
	asking_query(&asking, "in_stock", "yes");
	ck_assert_int_eq(asking_run(&asking, &get_products, NULL), 400);
}
END_TEST

START_TEST(an_empty_list_is_a_list)
{
	SCRIPT_PLAY(&asking.on.aws.script, TEXT("{\"Items\":[]}"));
	ck_assert_int_eq(asking_run(&asking, &get_products, NULL), 200);
	ck_assert_str_eq(asking_body(&asking), "{\"data\":[]}\n");
	ck_assert_uint_eq(asking.on.aws.script.request_count, 4);
}
END_TEST

START_TEST(a_sort_names_its_order)
{
	static const struct {
		const char *sort, *category, *index;
		size_t requests;
	} table[] = {
		{"name", "k", "gsi1", 1},  {"price", "k", "gsi1", 1},  {"created", "k", "gsi1", 1},
		{"name", NULL, "gsi2", 4}, {"price", NULL, "gsi2", 4}, {"created", NULL, "gsi2", 4},
	};

	SCRIPT_PLAY(&asking.on.aws.script, TEXT("{\"Items\":[]}"));
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		asking_query(&asking, "sort", table[i].sort);
		if (table[i].category)
			asking_query(&asking, "category", table[i].category);
		ck_assert_int_eq(asking_run(&asking, &get_products, NULL), 200);
		ck_assert_sent(&asking.on, 0, table[i].index);
		ck_assert_uint_eq(asking.on.aws.script.request_count, table[i].requests);
		asking_renew(&asking);
	}
}
END_TEST

static char long_text[1300];

START_TEST(parameters_that_cannot_be_are_refused_without_a_call)
{
	static const struct {
		const char *name, *value, *code;
	} table[] = {
		{"sort", "", "invalid-parameter"},
		{"sort", "Name", "invalid-parameter"},
		{"sort", "name,price", "invalid-parameter"},
		{"limit", "0", "invalid-parameter"},
		{"limit", "101", "invalid-parameter"},
		{"limit", "", "invalid-parameter"},
		{"category", "", "invalid-parameter"},
		{"category", long_text, "invalid-parameter"},
		{"q", long_text, "invalid-parameter"},
		{"fields", "", "invalid-parameter"},
		{"fields", ",", "invalid-parameter"},
		{"fields", "name,", "invalid-parameter"},
		{"fields", "name,,price", "invalid-parameter"},
		{"fields", " name", "invalid-parameter"},
		{"fields", "stock", "invalid-parameter"},
		{"fields", long_text, "invalid-parameter"},
		{"cursor", "", "invalid-cursor"},
		{"cursor", "AAAA", "invalid-cursor"},
		{"cursor", long_text, "invalid-cursor"},
	};

	for (size_t i = 0; i + 4 < sizeof(long_text); i += 4)
		memcpy(long_text + i, "\xf0\x9f\x98\x80", 4); /* NOLINT: no string ends here */
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		asking_query(&asking, table[i].name, table[i].value);
		ck_assert_int_eq(asking_run(&asking, &get_products, NULL), 400);
		ck_assert_str_eq(asking.rq.reply.code, table[i].code);
		ck_assert(text_is_utf8(span_of(asking_body(&asking))));
		ck_assert_uint_eq(asking.on.aws.script.request_count, 0);
		asking_renew(&asking);
	}
}
END_TEST

START_TEST(an_unknown_field_is_named_with_the_known_ones)
{
	asking_query(&asking, "fields", "name,se\"cret");
	ck_assert_int_eq(asking_run(&asking, &get_products, NULL), 400);
	ck_assert_ptr_nonnull(strstr(asking_body(&asking), "cret"));
	ck_assert_ptr_nonnull(strstr(asking_body(&asking),
				     "id, name, price, currency, category, image_url, version, "
				     "created_at, updated_at"));
}
END_TEST

START_TEST(too_much_to_sort_says_what_to_do)
{
	static const struct {
		const char *category, *sort, *advice;
	} table[] = {
		{NULL, "price", "Leave `sort` out for the newest first, or name a `category`."},
		{"k", "created", "Leave `sort` out for the order by name, or narrow it with `q`."},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		SCRIPT_PLAY(&asking.on.aws.script,
			    TEXT("{\"Items\":[],\"LastEvaluatedKey\":{\"k\":{\"S\":\"1\"}},"
				 "\"ConsumedCapacity\":{\"CapacityUnits\":2000}}"));
		asking_query(&asking, "sort", table[i].sort);
		if (table[i].category)
			asking_query(&asking, "category", table[i].category);
		ck_assert_int_eq(asking_run(&asking, &get_products, NULL), 400);
		ck_assert_str_eq(asking.rq.reply.code, "too-broad");
		ck_assert_ptr_nonnull(strstr(asking_body(&asking), table[i].sort));
		ck_assert_ptr_nonnull(strstr(asking_body(&asking), table[i].advice));
		asking_renew(&asking);
	}
}
END_TEST

START_TEST(the_table_of_routes_is_sound)
{
	for (const struct route *route = api_routes; route->path; route++) {
		ck_assert_ptr_nonnull(route->endpoint);
		ck_assert(route->endpoint->steps[0] != NULL);
		ck_assert(route->method != METHOD_HEAD && route->method != METHOD_OPTIONS);
	}
	/* What needs no table is there from the start. */
	for (const struct route *route = admin_routes; route->path; route++)
		ck_assert(route->is_always_on == (strncmp(route->path, "/event", 6) != 0));
}
END_TEST

Suite *api_product_list_suite(void)
{
	Suite *suite = suite_create("api_product_list");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_page_has_data_next_and_a_link);
	tcase_add_test(tests, the_last_page_has_neither);
	tcase_add_test(tests, in_stock_is_a_filter_when_it_is_true);
	tcase_add_test(tests, an_empty_list_is_a_list);
	tcase_add_test(tests, a_sort_names_its_order);
	tcase_add_test(tests, parameters_that_cannot_be_are_refused_without_a_call);
	tcase_add_test(tests, an_unknown_field_is_named_with_the_known_ones);
	tcase_add_test(tests, too_much_to_sort_says_what_to_do);
	tcase_add_test(tests, the_table_of_routes_is_sound);
	suite_add_tcase(suite, tests);
	return suite;
}
