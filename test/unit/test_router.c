#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "http/router.h"

static const struct endpoint nothing = {0};

#define ROUTE(verb, text)                                                     \
	{                                                                     \
		.method = METHOD_##verb, .path = (text), .endpoint = &nothing \
	}

enum { LIVE, LIST, CREATE, BESIDE, READ, REPLACE, CHANGE, DROP, STOCK, STEP, POST_ONLY };

static const struct route routes[] = {
	[LIVE] = ROUTE(GET, "/live"),
	[LIST] = ROUTE(GET, "/product"),
	[CREATE] = ROUTE(POST, "/product"),
	[BESIDE] = ROUTE(POST, "/product/beside"),
	[READ] = ROUTE(GET, "/product/{id}"),
	[REPLACE] = ROUTE(PUT, "/product/{id}"),
	[CHANGE] = ROUTE(PATCH, "/product/{id}"),
	[DROP] = ROUTE(DELETE, "/product/{id}"),
	[STOCK] = ROUTE(GET, "/product/{id}/stock/{place}"),
	[STEP] = ROUTE(GET, "/a/b/c/d/e/f/g/{h}"),
	[POST_ONLY] = ROUTE(POST, "/only"),
	{0},
};

static struct request rq;

static enum router_outcome find(enum method method, const char *path)
{
	memset(&rq, 0, sizeof(rq));
	rq.method = method;
	rq.path = path;
	return router_find(routes, &rq);
}

static void tear_down(void)
{
	arena_clear(&rq.arena);
}

/* ---- routes that are found ---- */

static const struct {
	const char *path;
	enum method method;
	size_t route;
	const char *param[2];
} found[] = {
	{"/live", METHOD_GET, LIVE, {NULL}},
	{"/live", METHOD_HEAD, LIVE, {NULL}},
	{"/product", METHOD_GET, LIST, {NULL}},
	{"/product", METHOD_POST, CREATE, {NULL}},
	{"/product/x", METHOD_GET, READ, {"x"}},
	{"/product/x", METHOD_HEAD, READ, {"x"}},
	{"/product/x", METHOD_PUT, REPLACE, {"x"}},
	{"/product/x", METHOD_PATCH, CHANGE, {"x"}},
	{"/product/x", METHOD_DELETE, DROP, {"x"}},
	{"/product/x/stock/y", METHOD_GET, STOCK, {"x", "y"}},
	{"/%70roduct", METHOD_GET, LIST, {NULL}},
	{"/product/a%20b%3F", METHOD_GET, READ, {"a b?"}},
	{"/product/a+b", METHOD_GET, READ, {"a+b"}},
	{"/product/100%25", METHOD_GET, READ, {"100%"}},
	{"/product/%252F", METHOD_GET, READ, {"%2F"}}, /* decoded once, not twice */
	{"/product/%C3%BC", METHOD_GET, READ, {"\xc3\xbc"}},
	{"/product/{id}", METHOD_GET, READ, {"{id}"}},
	{"/product/..", METHOD_GET, READ, {".."}},
	{"/product/a;b=c", METHOD_GET, READ, {"a;b=c"}},
	{"/a/b/c/d/e/f/g/h", METHOD_GET, STEP, {"h"}},
};

START_TEST(a_route_is_found_with_its_parameters_decoded)
{
	for (size_t i = 0; i < sizeof(found) / sizeof(found[0]); i++) {
		const char *path = found[i].path;

		ck_assert_msg(find(found[i].method, path) == ROUTER_FOUND, "%s", path);
		ck_assert_msg(rq.route == &routes[found[i].route], "%s", path);
		for (size_t at = 0; at < 2 && found[i].param[at] != NULL; at++)
			ck_assert_str_eq(rq.param[at], found[i].param[at]);
		arena_clear(&rq.arena);
	}
}
END_TEST

/* ---- and those that are not ---- */

static const struct {
	const char *path;
	enum method method;
	enum router_outcome outcome;
} missed[] = {
	{"/", METHOD_GET, ROUTER_NOT_FOUND},
	{"//", METHOD_GET, ROUTER_NOT_FOUND},
	{"/products", METHOD_GET, ROUTER_NOT_FOUND},
	{"/produc", METHOD_GET, ROUTER_NOT_FOUND},
	{"/Product", METHOD_GET, ROUTER_NOT_FOUND},
	{"/product/", METHOD_GET, ROUTER_NOT_FOUND}, /* an id is never empty */
	{"//product", METHOD_GET, ROUTER_NOT_FOUND},
	{"/product//stock/y", METHOD_GET, ROUTER_NOT_FOUND},
	{"/product/x/", METHOD_GET, ROUTER_NOT_FOUND},
	{"/product/x/stock", METHOD_GET, ROUTER_NOT_FOUND},
	{"/product/x/stock/y/z", METHOD_GET, ROUTER_NOT_FOUND},
	{"/live/../product", METHOD_GET, ROUTER_NOT_FOUND}, /* dots mean nothing */
	{"/a/b/c/d/e/f/g/h/i", METHOD_GET, ROUTER_NOT_FOUND},
	{"/a/b/c/d/e/f/g/h/%", METHOD_GET, ROUTER_NOT_FOUND}, /* deeper than any route */
	{"/nothing", METHOD_OPTIONS, ROUTER_NOT_FOUND},
	{"/product", METHOD_DELETE, ROUTER_NOT_ALLOWED},
	{"/product/x", METHOD_POST, ROUTER_NOT_ALLOWED},
	{"/product/x", METHOD_OTHER, ROUTER_NOT_ALLOWED},
	{"/only", METHOD_HEAD, ROUTER_NOT_ALLOWED},
	{"/product", METHOD_OPTIONS, ROUTER_OPTIONS},
	{"/product/x", METHOD_OPTIONS, ROUTER_OPTIONS},
	{"/product/%", METHOD_GET, ROUTER_BAD_PATH},
	{"/product/%4", METHOD_GET, ROUTER_BAD_PATH},
	{"/product/%zz", METHOD_GET, ROUTER_BAD_PATH},
	{"/product/a%00b", METHOD_GET, ROUTER_BAD_PATH},
	{"/product/a%2Fb", METHOD_GET, ROUTER_BAD_PATH},
	{"/product/a%2fb", METHOD_GET, ROUTER_BAD_PATH},
	{"/product%2Fx", METHOD_GET, ROUTER_BAD_PATH},
	{"/product/a%0Ab", METHOD_GET, ROUTER_BAD_PATH},
	{"/product/a%7Fb", METHOD_GET, ROUTER_BAD_PATH},
	{"/product/%C2%85", METHOD_GET, ROUTER_BAD_PATH}, /* a control character as well */
	{"/product/%FF", METHOD_GET, ROUTER_BAD_PATH},
	{"/product/%C0%AF", METHOD_GET, ROUTER_BAD_PATH},    /* a slash, overlong */
	{"/product/%ED%A0%80", METHOD_GET, ROUTER_BAD_PATH}, /* half a surrogate pair */
	{"/%", METHOD_OPTIONS, ROUTER_BAD_PATH},
};

START_TEST(what_is_not_found_is_told_apart)
{
	for (size_t i = 0; i < sizeof(missed) / sizeof(missed[0]); i++) {
		enum router_outcome outcome = find(missed[i].method, missed[i].path);

		ck_assert_msg(outcome == missed[i].outcome, "%s: %d, not %d", missed[i].path,
			      (int)outcome, (int)missed[i].outcome);
		ck_assert_msg((rq.route != NULL) ==
				      (outcome == ROUTER_NOT_ALLOWED || outcome == ROUTER_OPTIONS),
			      "%s: route", missed[i].path);
		arena_clear(&rq.arena);
	}
}
END_TEST

static void check_allow(const char *path, const char *expected)
{
	char allow[ROUTER_ALLOW_SIZE];

	ck_assert_int_eq(find(METHOD_OPTIONS, path), ROUTER_OPTIONS);
	router_allow(routes, &rq, allow);
	ck_assert_str_eq(allow, expected);
	arena_clear(&rq.arena);
}

START_TEST(what_a_path_allows_is_all_of_its_rows)
{
	check_allow("/live", "GET, HEAD, OPTIONS");
	check_allow("/product", "GET, HEAD, POST, OPTIONS");
	check_allow("/product/x", "GET, HEAD, PUT, PATCH, DELETE, OPTIONS");
	check_allow("/only", "POST, OPTIONS");
}
END_TEST

START_TEST(methods_are_known_by_their_exact_names)
{
	for (enum method method = METHOD_GET; method < METHOD_OTHER; method++)
		ck_assert_int_eq(router_method(router_method_name(method)), method);
	ck_assert_int_eq(router_method("get"), METHOD_OTHER);
	ck_assert_int_eq(router_method("GETX"), METHOD_OTHER);
	ck_assert_int_eq(router_method(""), METHOD_OTHER);
	ck_assert_int_eq(router_method("OTHER"), METHOD_OTHER);
	ck_assert_str_eq(router_method_name(METHOD_OTHER), "OTHER");
}
END_TEST

START_TEST(the_first_path_that_fits_counts_for_all_methods)
{
	static const struct {
		enum method method;
		const char *path;
		enum router_outcome outcome;
		size_t route;
	} table[] = {
		{METHOD_POST, "/product/beside", ROUTER_FOUND, BESIDE},
		{METHOD_GET, "/product/beside", ROUTER_NOT_ALLOWED, BESIDE},
		{METHOD_OPTIONS, "/product/beside", ROUTER_OPTIONS, BESIDE},
		{METHOD_GET, "/product/besides", ROUTER_FOUND, READ},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		ck_assert_int_eq(find(table[i].method, table[i].path), table[i].outcome);
		ck_assert(rq.route->path == routes[table[i].route].path);
		arena_clear(&rq.arena);
	}
}
END_TEST

static void find_a_long_one(void *context)
{
	static char path[5000] = "/product/";
	enum router_outcome outcome;

	(void)context;
	memset(path + strlen("/product/"), 'x', sizeof(path) - 1 - strlen("/product/"));
	outcome = find(METHOD_GET, path);
	ck_assert_int_eq(outcome, alloc_has_failed() ? ROUTER_NO_MEMORY : ROUTER_FOUND);
	arena_clear(&rq.arena);
}

START_TEST(without_memory_nothing_is_taken_for_missing)
{
	alloc_fail_each(find_a_long_one, NULL);
}
END_TEST

/* ---- for the log ---- */

static const struct endpoint secret = {.is_secret = true};

static const struct route secret_routes[] = {
	ROUTE(GET, "/product/{id}"),
	{.method = METHOD_POST, .path = "/cart", .endpoint = &nothing},
	{.method = METHOD_GET, .path = "/cart/{id}", .endpoint = &secret},
	{.method = METHOD_PUT, .path = "/cart/{id}/item/{product}", .endpoint = &secret},
	{0},
};

#define ID "01936b1f-7a2e-7000-8000-00000000000f"
#define A50 "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

START_TEST(the_log_has_no_ids_that_are_keys)
{
	static const struct {
		enum method method;
		const char *path;
		const char *shown;
	} table[] = {
		{METHOD_GET, "/product/x", "/product/x"},
		{METHOD_POST, "/cart", "/cart"},
		{METHOD_GET, "/cart/KEY", "/cart/{id}"},
		{METHOD_PATCH, "/cart/KEY", "/cart/{id}"},
		{METHOD_PUT, "/cart/KEY/item/b", "/cart/{id}/item/{product}"},
		{METHOD_GET, "/%63art/KEY", "/cart/{id}"},
		{METHOD_GET, "/cart/KEY/b", "/cart/..."},
		{METHOD_GET, "/cart/KEY/", "/cart/..."},
		{METHOD_GET, "/%63a%72t/KEY/b", "/cart/..."},
		{METHOD_GET, "//cart//KEY", "/cart/..."},
		{METHOD_GET, "/Cart/KEY", "/cart/..."},
		{METHOD_GET, "/cart/KEY%00", "/cart/..."},
		{METHOD_GET, "/cart/%zz", "/cart/..."},
		{METHOD_GET, "/cartoon/x", "/cartoon/x"},
		{METHOD_GET, "/carts/" ID, "/carts/..."},
		{METHOD_GET, "/v1/cart/" ID "/item/b", "/v1/cart/..."},
		{METHOD_GET, "/v1/cart;" ID, "/v1/cart;..."},
		{METHOD_GET, "/a/01936B1F-7A2E-7000-8000-00000000000F", "/a/..."},
		{METHOD_GET, "/a/%301936b1f%2D7a2e-7000-8000-00000000000f", "/a/..."},
		{METHOD_GET, "/a/1936b1f-7a2e-7000-8000-00000000000f",
		 "/a/1936b1f-7a2e-7000-8000-00000000000f"},
		{METHOD_GET, A50 A50 A50 ID, A50 A50 "/aaaaaaaaaaaaaaaaaaaaaaa..."},
		{METHOD_GET, "/%", "/%"},
		{METHOD_GET, "/ca", "/ca"},
		{METHOD_GET, "", ""},
	};
	char shown[ROUTER_SHOWN_SIZE];

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		memset(&rq, 0, sizeof(rq));
		rq.method = table[i].method;
		rq.path = table[i].path;
		(void)router_find(secret_routes, &rq);
		ck_assert_str_eq(router_loggable_path(secret_routes, &rq, shown), table[i].shown);
		arena_clear(&rq.arena);
	}
	memset(&rq, 0, sizeof(rq));
	ck_assert_ptr_null(router_loggable_path(secret_routes, &rq, shown));
	rq.path = "/cart/KEY"; /* its head was never whole */
	ck_assert_str_eq(router_loggable_path(secret_routes, &rq, shown), "/cart/...");
}
END_TEST

Suite *router_suite(void)
{
	Suite *suite = suite_create("router");
	TCase *tcase = tcase_create("all");

	tcase_add_checked_fixture(tcase, NULL, tear_down);
	tcase_add_test(tcase, a_route_is_found_with_its_parameters_decoded);
	tcase_add_test(tcase, what_is_not_found_is_told_apart);
	tcase_add_test(tcase, what_a_path_allows_is_all_of_its_rows);
	tcase_add_test(tcase, the_first_path_that_fits_counts_for_all_methods);
	tcase_add_test(tcase, methods_are_known_by_their_exact_names);
	tcase_add_test(tcase, without_memory_nothing_is_taken_for_missing);
	tcase_add_test(tcase, the_log_has_no_ids_that_are_keys);
	suite_add_tcase(suite, tcase);
	return suite;
}
