#include <check.h>
#include <string.h>

#include "api/route_list.h"
#include "api/routes.h"

START_TEST(each_route_has_a_line_that_says_who)
{
	struct buf out = {0};
	size_t lines = 0;
	size_t routes = 0;
	size_t for_operators = 0;

	buf_init(&out, 64 * 1024);
	route_list_write(&out);
	ck_assert(buf_ok(&out));
	ck_assert_ptr_nonnull(
		strstr(buf_text(&out), "\n| PUT | `/product/{id}/stock` | `stock:write` |\n"));
	for (const char *at = buf_text(&out); *at != '\0'; at++)
		lines += *at == '\n';
	while (api_routes[routes].path != NULL)
		routes++;
	while (admin_routes[for_operators].path != NULL)
		for_operators++;
	ck_assert_ptr_nonnull(
		strstr(buf_text(&out), "\n| POST | `/event/{id}/retry` | `admin` |\n"));
	ck_assert_uint_eq(lines, routes + for_operators + 7);
	buf_clear(&out);
}
END_TEST

START_TEST(no_route_has_been_forgotten)
{
	for (const struct route *route = api_routes; route->path != NULL; route++)
		ck_assert_msg(route->who.owned == OWNED_ANYONE || route->who.scope != SCOPE_ADMIN,
			      "%s does not say who may call it", route->path);
}
END_TEST

START_TEST(ids_that_open_something_to_guests_are_not_for_the_log)
{
	for (const struct route *route = api_routes; route->path != NULL; route++) {
		switch (route->who.owned) {
		case OWNED_CART:
		case OWNED_CHECKOUT:
		case OWNED_ORDER:
			ck_assert_msg(route->endpoint->is_secret, "%s", route->path);
			break;
		case OWNED_NOT:
		case OWNED_ANYONE:
		case OWNED_USER:
		case OWNED_SELF:
		case OWNED_BY_QUERY:
			break;
		}
	}
}
END_TEST

Suite *route_list_suite(void)
{
	Suite *suite = suite_create("route_list");
	TCase *tests = tcase_create("all");

	tcase_add_test(tests, each_route_has_a_line_that_says_who);
	tcase_add_test(tests, no_route_has_been_forgotten);
	tcase_add_test(tests, ids_that_open_something_to_guests_are_not_for_the_log);
	suite_add_tcase(suite, tests);
	return suite;
}
