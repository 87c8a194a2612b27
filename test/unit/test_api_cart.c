#include <check.h>
#include <string.h>

#include "api/cart.h"
#include "api/cart_item.h"
#include "api/cart_reply.h"
#include "asking.h"
#include "cart_texts.h"
#include "http/problem.h"

#define TEAS BATCH(PRODUCT(TEA, "1.5", "EUR"))
#define WITH_TEA(version, quantity) OPEN_CART(version, LINE(TEA, quantity, "100"))
#define USER_ITEM "{\"pk\":{\"S\":\"U#" USER "\"},\"sk\":{\"S\":\"#\"}}"
#define POINTER "{\"sk\":{\"S\":\"CART\"},\"cart_id\":{\"S\":\"" CART "\"}}"

static struct asking asking;

static void set_up(void)
{
	asking_init(&asking);
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

/* A line of the cart: its product is the path's second parameter. */
static int ask_line(const struct endpoint *endpoint, const char *body)
{
	asking.rq.param[1] = TEA;
	return body ? asking_send(&asking, endpoint, CART, body)
		    : asking_run(&asking, endpoint, CART);
}

START_TEST(a_guests_cart_is_201_with_its_place)
{
	SCRIPT_PLAY(&asking.on.aws.script, DONE);
	ck_assert_int_eq(asking_send(&asking, &post_cart, NULL, "{}"), 201);
	ck_assert_says("\"status\":\"open\",\"lines\":[],\"version\":1,");
	ck_assert_int_eq(strncmp(asking_header(&asking, "Location"), "/cart/", 6), 0);
	ck_assert_uint_eq(strlen(asking_header(&asking, "Location")), 6 + ID_LEN);
	ck_assert_int_eq(strncmp(asking_header(&asking, "ETag"), "\"1.", 3), 0);
}
END_TEST

START_TEST(a_users_cart_is_201_once_and_200_later)
{
	SCRIPT_PLAY(&asking.on.aws.script, BATCH(USER_ITEM), DONE);
	ck_assert_int_eq(asking_send(&asking, &post_cart, NULL, "{\"user_id\":\"" USER "\"}"), 201);
	ck_assert_says("\"user_id\":\"" USER "\"");
	asking_renew(&asking);
	SCRIPT_PLAY(&asking.on.aws.script, BATCH(USER_ITEM "," POINTER), GOT(OPEN_CART("3", "")));
	ck_assert_int_eq(asking_send(&asking, &post_cart, NULL, "{\"user_id\":\"" USER "\"}"), 200);
	ck_assert_ptr_null(asking_header(&asking, "Location"));
	ck_assert_says("\"id\":\"" CART "\"");
}
END_TEST

START_TEST(a_cart_for_nobody_is_refused)
{
	SCRIPT_PLAY(&asking.on.aws.script, BATCH(""));
	ck_assert_int_eq(asking_send(&asking, &post_cart, NULL, "{\"user_id\":\"" USER "\"}"), 404);
	ck_assert_problem("user-not-found");
	asking_renew(&asking);
	ck_assert_int_eq(asking_send(&asking, &post_cart, NULL, "{\"user_id\":\"me\"}"), 422);
	ck_assert_says("{\"field\":\"user_id\",\"code\":\"invalid-id\"");
	asking_renew(&asking);
	ck_assert_int_eq(asking_send(&asking, &post_cart, NULL, "7"), 422);
}
END_TEST

START_TEST(a_cart_is_shown_with_its_tag)
{
	SCRIPT_PLAY(&asking.on.aws.script, GOT(WITH_TEA("7", "2")), TEAS);
	ck_assert_int_eq(asking_run(&asking, &get_cart, CART), 200);
	ck_assert_says("\"total\":3,\"currency\":\"EUR\",\"version\":7,");
	ck_assert_int_eq(strncmp(asking_header(&asking, "ETag"), "\"7.", 3), 0);
	asking_renew(&asking);
	SCRIPT_PLAY(&asking.on.aws.script, GOT_NOTHING);
	ck_assert_int_eq(asking_run(&asking, &get_cart, CART), 404);
	ck_assert_problem("cart-not-found");
}
END_TEST

START_TEST(a_users_cart_is_found_by_the_user)
{
	SCRIPT_PLAY(&asking.on.aws.script, BATCH(USER_ITEM "," POINTER), GOT(OPEN_CART("3", "")));
	ck_assert_int_eq(asking_run(&asking, &get_user_cart, USER), 200);
	ck_assert_says("\"id\":\"" CART "\"");
	asking_renew(&asking);
	SCRIPT_PLAY(&asking.on.aws.script, BATCH(USER_ITEM));
	ck_assert_int_eq(asking_run(&asking, &get_user_cart, USER), 404);
	ck_assert_problem("cart-not-found");
	asking_renew(&asking);
	ck_assert_int_eq(asking_run(&asking, &get_user_cart, "x"), 404);
	ck_assert_problem("user-not-found");
}
END_TEST

START_TEST(a_removed_cart_is_204)
{
	SCRIPT_PLAY(&asking.on.aws.script, GOT(OPEN_CART("3", "")), DONE);
	ck_assert_int_eq(asking_run(&asking, &delete_cart, CART), 204);
	asking_renew(&asking);
	SCRIPT_PLAY(&asking.on.aws.script, GOT(CART_ITEM(CART, "ordered", ALIVE, "7", "", "")));
	ck_assert_int_eq(asking_run(&asking, &delete_cart, CART), 409);
	ck_assert_problem("cart-closed");
}
END_TEST

START_TEST(a_line_is_set_added_to_and_removed)
{
	SCRIPT_PLAY(&asking.on.aws.script, GOT(OPEN_CART("7", "")), TEAS,
		    UPDATED(WITH_TEA("8", "5")));
	ck_assert_int_eq(ask_line(&put_cart_item, "{\"quantity\":5}"), 200);
	ck_assert_says("\"quantity\":5,\"total\":7.5,");
	asking_renew(&asking);
	SCRIPT_PLAY(&asking.on.aws.script, GOT(WITH_TEA("8", "5")), TEAS, DONE,
		    GOT(WITH_TEA("9", "6")));
	ck_assert_int_eq(ask_line(&post_cart_item, "{}"), 200);
	ck_assert_sent(&asking.on, 2, "\":n\":{\"N\":\"1\"}");
	ck_assert_says("\"quantity\":6,");
	asking_renew(&asking);
	SCRIPT_PLAY(&asking.on.aws.script, GOT(WITH_TEA("9", "6")), UPDATED(OPEN_CART("10", "")));
	ck_assert_int_eq(ask_line(&delete_cart_item, NULL), 204);
}
END_TEST

START_TEST(what_a_line_cannot_be_is_told)
{
	ck_assert_int_eq(ask_line(&put_cart_item, "{}"), 422);
	ck_assert_says("{\"field\":\"quantity\",\"code\":\"required\"");
	asking_renew(&asking);
	ck_assert_int_eq(ask_line(&post_cart_item, "{\"quantity\":0}"), 422);
	ck_assert_says("{\"field\":\"quantity\",\"code\":\"zero\"");
	asking_renew(&asking);
	SCRIPT_PLAY(&asking.on.aws.script, GOT(OPEN_CART("7", "")), BATCH(""));
	ck_assert_int_eq(ask_line(&post_cart_item, "{}"), 404);
	ck_assert_problem("product-not-found");
	asking_renew(&asking);
	SCRIPT_PLAY(&asking.on.aws.script, GOT(OPEN_CART("7", "")));
	ck_assert_int_eq(ask_line(&delete_cart_item, NULL), 404);
	ck_assert_problem("line-not-found");
}
END_TEST

START_TEST(a_merge_answers_with_the_cart_merged_into)
{
	SCRIPT_PLAY(&asking.on.aws.script,
		    BATCH(CART_ITEM(OTHER, "open", ALIVE, "1", "", "") "," WITH_TEA("8", "5")),
		    TEAS, DONE);
	ck_assert_int_eq(asking_send(&asking, &post_cart_merge, CART, "{\"into\":\"" OTHER "\"}"),
			 200);
	ck_assert_says("\"id\":\"" OTHER "\"");
	ck_assert_says("\"total\":7.5");
	asking_renew(&asking);
	ck_assert_int_eq(asking_send(&asking, &post_cart_merge, CART, "{\"into\":\"" CART "\"}"),
			 422);
	ck_assert_says("{\"field\":\"into\",\"code\":\"invalid-id\"");
}
END_TEST

START_TEST(each_refusal_has_a_code_of_its_own)
{
	static const struct {
		enum cart_refusal refusal;
		int status;
		const char *code;
	} table[] = {
		{CART_NOT_FOUND, 404, "cart-not-found"},
		{CART_NO_USER, 404, "user-not-found"},
		{CART_NO_PRODUCT, 404, "product-not-found"},
		{CART_NO_LINE, 404, "line-not-found"},
		{CART_OTHER_VERSION, 412, "precondition-failed"},
		{CART_CLOSED, 409, "cart-closed"},
		{CART_FULL, 409, "cart-full"},
		{CART_TOO_MANY, 409, "quantity-limit"},
		{CART_OTHER_CURRENCY, 409, "currency-mismatch"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct cart_answer answer = {.refusal = table[i].refusal};

		asking.rq.await.result = RESULT_INVALID;
		reply_cart(&asking.rq, 200, &answer);
		ck_assert_int_eq(asking.rq.reply.status, table[i].status);
		ck_assert_problem(table[i].code);
		asking_renew(&asking);
	}
}
END_TEST

START_TEST(ids_of_carts_are_secret)
{
	ck_assert(get_cart.is_secret && delete_cart.is_secret && post_cart_merge.is_secret);
	ck_assert(put_cart_item.is_secret && post_cart_item.is_secret);
	ck_assert(delete_cart_item.is_secret);
	ck_assert(!get_user_cart.is_secret);
}
END_TEST

Suite *api_cart_suite(void)
{
	Suite *suite = suite_create("api_cart");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_guests_cart_is_201_with_its_place);
	tcase_add_test(tests, a_users_cart_is_201_once_and_200_later);
	tcase_add_test(tests, a_cart_for_nobody_is_refused);
	tcase_add_test(tests, a_cart_is_shown_with_its_tag);
	tcase_add_test(tests, a_users_cart_is_found_by_the_user);
	tcase_add_test(tests, a_removed_cart_is_204);
	tcase_add_test(tests, a_line_is_set_added_to_and_removed);
	tcase_add_test(tests, what_a_line_cannot_be_is_told);
	tcase_add_test(tests, a_merge_answers_with_the_cart_merged_into);
	tcase_add_test(tests, each_refusal_has_a_code_of_its_own);
	tcase_add_test(tests, ids_of_carts_are_secret);
	suite_add_tcase(suite, tests);
	return suite;
}
