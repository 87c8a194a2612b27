#include <check.h>

#include "base/log.h"
#include "daemon/place.h"

START_TEST(a_region_that_is_known_is_not_asked_for)
{
	struct config config = {.region = "eu-west-1", .metadata_endpoint = "http://127.0.0.1:1"};

	ck_assert(place_find(&config));
	ck_assert_str_eq(config.region, "eu-west-1");
}
END_TEST

START_TEST(a_service_that_is_not_there_is_given_up)
{
	struct config config = {.metadata_endpoint = "http://127.0.0.1:1"};

	log_set_level((enum log_level)(LOG_ERROR + 1));
	ck_assert(!place_find(&config));
	ck_assert_ptr_null(config.region);
	config_clear(&config);
}
END_TEST

Suite *place_suite(void)
{
	Suite *all = suite_create("place");
	TCase *cases = tcase_create("all");

	tcase_add_test(cases, a_region_that_is_known_is_not_asked_for);
	tcase_add_test(cases, a_service_that_is_not_there_is_given_up);
	suite_add_tcase(all, cases);
	return all;
}
