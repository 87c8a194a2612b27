#include <check.h>
#include <string.h>

#include "api/checkout.h"
#include "asking.h"
#include "order_texts.h"

#define BODY                                                                                      \
	"{\"cart_id\":\"" CART "\",\"address\":{\"name\":\"A\",\"line1\":\"L\",\"city\":\"Ulm\"," \
	"\"country\":\"DE\"}}"
#define FILLED GOT(OPEN_CART("7", LINE(TEA, "3", "100")))
#define THING(available)                                                                          \
	BATCH("{\"pk\":{\"S\":\"P#" TEA "\"},\"sk\":{\"S\":\"#\"},\"name\":{\"S\":\"tea\"},"      \
	      "\"price\":{\"N\":\"2\"},\"currency\":{\"S\":\"EUR\"}}," STOCK(TEA, available, "0", \
									     "1"))

static struct asking asking;

static void set_up(void)
{
	asking_init(&asking);
	asking.config.hold_time_us = UINT64_C(600000000);
}

static void tear_down(void)
{
	asking_clear(&asking);
}

static void ck_assert_problem(const char *code)
{
	ck_assert_msg(asking.rq.reply.code && strcmp(asking.rq.reply.code, code) == 0, "%s",
		      asking_body(&asking));
}

static void ck_assert_says(const char *part)
{
	ck_assert_msg(strstr(asking_body(&asking), part) != NULL, "%s", asking_body(&asking));
}

static void renew(void)
{
	asking_renew(&asking);
	asking.config.hold_time_us = UINT64_C(600000000);
}

START_TEST(a_new_one_is_201_with_its_place)
{
	SCRIPT_PLAY(&asking.on.aws.script, FILLED, THING("20"), DONE);
	ck_assert_int_eq(asking_send(&asking, &post_checkout, NULL, BODY), 201);
	ck_assert_says("\"status\":\"held\"");
	ck_assert_says("\"total\":6,\"currency\":\"EUR\",\"price_changes\":[{");
	ck_assert_says("\"expires_at\":\"2015-08-30T12:46:00.000Z\"");
	ck_assert_int_eq(strncmp(asking_header(&asking, "Location"), "/checkout/", 10), 0);
	ck_assert_str_eq(asking_header(&asking, "ETag"), "\"1\"");
}
END_TEST

START_TEST(with_a_key_its_answer_is_kept_by_its_write)
{
	asking_key(&asking);
	SCRIPT_PLAY(&asking.on.aws.script, FILLED, THING("20"), DONE);
	ck_assert_int_eq(asking_send(&asking, &post_checkout, NULL, BODY), 201);
	ck_assert_as_rehearsed(&asking);
}
END_TEST

START_TEST(refusals_have_their_names_and_items)
{
	SCRIPT_PLAY(&asking.on.aws.script, FILLED, THING("2"));
	ck_assert_int_eq(asking_send(&asking, &post_checkout, NULL, BODY), 409);
	ck_assert_problem("insufficient-stock");
	ck_assert_says("\"items\":[{\"product_id\":\"" TEA "\",\"requested\":3,\"available\":2}]");
	renew();
	SCRIPT_PLAY(&asking.on.aws.script, FILLED, BATCH(""));
	ck_assert_int_eq(asking_send(&asking, &post_checkout, NULL, BODY), 409);
	ck_assert_problem("product-gone");
	ck_assert_says("\"items\":[{\"product_id\":\"" TEA "\"}]");
	renew();
	SCRIPT_PLAY(&asking.on.aws.script,
		    GOT(CART_ITEM(CART, "open", ALIVE, "7", LINE(TEA, "3", "100"),
				  ",\"checkout_id\":{\"S\":\"" ORDER "\"}")),
		    GOT(HELD));
	ck_assert_int_eq(asking_send(&asking, &post_checkout, NULL, BODY), 409);
	ck_assert_problem("checkout-active");
	ck_assert_says("\"checkout_id\":\"" ORDER "\"");
	renew();
	SCRIPT_PLAY(&asking.on.aws.script, GOT_NOTHING);
	ck_assert_int_eq(asking_send(&asking, &post_checkout, NULL, BODY), 404);
	ck_assert_problem("cart-not-found");
	renew();
	ck_assert_int_eq(asking_send(&asking, &post_checkout, NULL, "{}"), 422);
}
END_TEST

START_TEST(one_is_shown_while_it_is_held_or_used)
{
	SCRIPT_PLAY(&asking.on.aws.script, GOT(HELD));
	ck_assert_int_eq(asking_run(&asking, &get_checkout, ORDER), 200);
	ck_assert_says("\"id\":\"" ORDER "\"");
	renew();
	SCRIPT_PLAY(&asking.on.aws.script, GOT(CHECKOUT_ITEM("released", LATER, "2", "")));
	ck_assert_int_eq(asking_run(&asking, &get_checkout, ORDER), 410);
	ck_assert_problem("checkout-ended");
	ck_assert(get_checkout.is_secret && patch_checkout.is_secret && delete_checkout.is_secret);
}
END_TEST

START_TEST(address_email_and_time_can_be_changed)
{
	SCRIPT_PLAY(&asking.on.aws.script, GOT(HELD), DONE);
	ck_assert_int_eq(asking_send(&asking, &patch_checkout, ORDER,
				     "{\"address\":{\"name\":\"A\",\"line1\":\"L\",\"country\":"
				     "\"DE\"},\"email\":\"a@b.cc\",\"extend\":true}"),
			 200);
	ck_assert_says("\"city\":\"Ulm\"");
	ck_assert_says("\"email\":\"a@b.cc\"");
	ck_assert_says("\"extended\":true");
	ck_assert_str_eq(asking_header(&asking, "ETag"), "\"2\"");
	renew();
	SCRIPT_PLAY(&asking.on.aws.script, GOT(HELD));
	ck_assert_int_eq(asking_send(&asking, &patch_checkout, ORDER, "{\"email\":\"no\"}"), 422);
	ck_assert_problem("validation-failed");
}
END_TEST

START_TEST(a_release_is_204)
{
	SCRIPT_PLAY(&asking.on.aws.script, GOT(HELD), BATCH(STOCKS), DONE);
	ck_assert_int_eq(asking_run(&asking, &delete_checkout, ORDER), 204);
	renew();
	SCRIPT_PLAY(&asking.on.aws.script, GOT(CHECKOUT_ITEM("used", LATER, "2", "")));
	ck_assert_int_eq(asking_run(&asking, &delete_checkout, ORDER), 409);
	ck_assert_problem("checkout-used");
}
END_TEST

Suite *api_checkout_suite(void)
{
	Suite *suite = suite_create("api_checkout");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_new_one_is_201_with_its_place);
	tcase_add_test(tests, with_a_key_its_answer_is_kept_by_its_write);
	tcase_add_test(tests, refusals_have_their_names_and_items);
	tcase_add_test(tests, one_is_shown_while_it_is_held_or_used);
	tcase_add_test(tests, address_email_and_time_can_be_changed);
	tcase_add_test(tests, a_release_is_204);
	suite_add_tcase(suite, tests);
	return suite;
}
