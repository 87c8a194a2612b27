#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "api/payment.h"
#include "asking.h"
#include "ending_texts.h"

#define PLACED ORDER_ALL(ORDER_HEAD("placed", "none", "unfulfilled", "0", "1"), "")
#define REFUNDABLE ORDER_ALL(ORDER_HEAD("confirmed", "paid", "unfulfilled", "32", "2"), PAID_ONE)
#define PAID_ONE "," ORDER_PAYMENT_ITEM("r", "paid", "32")
#define PAY "{\"reference\":\"r\",\"status\":\"paid\",\"amount\":32}"
#define CALL "{\"order_id\":\"" ORDER "\",\"reference\":\"r\",\"status\":\"paid\",\"amount\":32}"

static struct asking asking;
static struct endpoint trusted; /* the callback behind its signature */

static void set_up(void)
{
	asking_init(&asking);
	trusted = post_payment_callback;
	trusted.steps++;
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

START_TEST(a_payment_is_answered_with_the_order)
{
	SCRIPT_PLAY(&asking.on.aws.script, PLACED, ORDER_DONE);
	ck_assert_int_eq(asking_send(&asking, &put_payment, ORDER, PAY), 200);
	ck_assert_says("\"status\":\"confirmed\",\"payment_status\":\"paid\"");
	ck_assert_says("\"paid\":32,\"refunded\":0");
	ck_assert_str_eq(asking_header(&asking, "ETag"), "\"2\"");
	ck_assert_sent(&asking.on, 1, "\"by\":{\"S\":\"staff\"}");
}
END_TEST

START_TEST(what_cannot_be_is_refused_with_its_code)
{
	static const struct {
		const char *body;
		int status;
		const char *code;
		const char *says;
	} table[] = {
		{"{\"reference\":\"b\",\"status\":\"refunded\",\"amount\":33}", 422, "wrong-amount",
		 "\"expected\":32"},
		{"{\"reference\":\"r\",\"status\":\"refunded\",\"amount\":32}", 409,
		 "payment-reference-reused", "\"detail\""},
		{"{\"reference\":\"b\",\"status\":\"authorized\",\"amount\":32}", 409,
		 "invalid-transition",
		 "\"field\":\"payment_status\",\"current\":\"paid\","
		 "\"allowed\":[\"partially_refunded\",\"refunded\"]"},
		{"{}", 422, "validation-failed", "\"field\":\"reference\""},
	};

	SCRIPT_PLAY(&asking.on.aws.script, REFUNDABLE);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		ck_assert_int_eq(asking_send(&asking, &put_payment, ORDER, table[i].body),
				 table[i].status);
		ck_assert_problem(table[i].code);
		ck_assert_says(table[i].says);
		asking_renew(&asking);
		asking.on.aws.script.next_step = 0;
	}
}
END_TEST

START_TEST(an_order_that_is_not_there_is_404)
{
	SCRIPT_PLAY(&asking.on.aws.script, TEXT("{\"Items\":[]}"));
	ck_assert_int_eq(asking_send(&asking, &put_payment, ORDER, PAY), 404);
	ck_assert_problem("order-not-found");
	asking_renew(&asking);
	ck_assert_int_eq(asking_send(&asking, &put_payment, "no id", PAY), 404);
	asking_renew(&asking);
	asking.on.aws.script.next_step = 0;
	ck_assert_int_eq(asking_send(&asking, &trusted, NULL, CALL), 404);
}
END_TEST

START_TEST(a_match_may_be_required)
{
	asking.config.is_match_required = true;
	ck_assert_int_eq(asking_send(&asking, &put_payment, ORDER, PAY), 428);
	ck_assert_uint_eq(asking.on.aws.script.request_count, 0);
}
END_TEST

START_TEST(a_callback_is_by_the_provider_and_needs_no_order_in_the_answer)
{
	SCRIPT_PLAY(&asking.on.aws.script, PLACED, ORDER_DONE);
	ck_assert_int_eq(asking_send(&asking, &trusted, NULL, CALL), 200);
	ck_assert_str_eq(asking_body(&asking), "{\"status\":\"ok\"}\n");
	ck_assert_sent(&asking.on, 1, "\"by\":{\"S\":\"provider\"}");
	asking_renew(&asking);
	ck_assert_int_eq(asking_send(&asking, &trusted, NULL, PAY), 422);
	ck_assert_says("\"field\":\"order_id\",\"code\":\"required\"");
	asking_renew(&asking);
	SCRIPT_PLAY(&asking.on.aws.script, REFUNDABLE);
	ck_assert_int_eq(asking_send(&asking, &trusted, NULL, CALL), 200);
	ck_assert_uint_eq(asking.on.aws.script.request_count, 1);
}
END_TEST

START_TEST(a_callback_is_there_only_with_a_secret_and_a_signature)
{
	ck_assert_int_eq(asking_run(&asking, &post_payment_callback, NULL), 404);
	ck_assert_problem("not-found");
	asking_renew(&asking);
	asking.config.payment_secret = "secret";
	ck_assert_int_eq(asking_run(&asking, &post_payment_callback, NULL), 401);
	ck_assert_problem("invalid-signature");
	ck_assert_str_eq(asking_header(&asking, "WWW-Authenticate"), "X-Signature");
	ck_assert(post_payment_callback.takes_no_key);
	ck_assert_uint_eq(asking.on.aws.script.request_count, 0);
}
END_TEST

static void ask_once(void *context)
{
	const char *body = context;

	asking.on.repo.db.client = aws_client_new(&asking.on.aws.options);
	asking.on.aws.script.next_step = 0;
	asking_renew(&asking);
	if (asking.on.repo.db.client) {
		int status = asking_send(&asking, &put_payment, ORDER, body);

		ck_assert(status == 200 || status == 422 || (status == 503 && alloc_has_failed()));
	}
	asking_renew(&asking);
	aws_client_free(asking.on.repo.db.client);
	asking.on.repo.db.client = asking.on.aws.client;
}

START_TEST(short_memory_is_503)
{
	static char good[] = PAY;
	static char much[] = "{\"reference\":\"r\",\"status\":\"paid\",\"amount\":33}";

	SCRIPT_PLAY(&asking.on.aws.script, PLACED, ORDER_DONE);
	alloc_fail_each(ask_once, good);
	alloc_fail_each(ask_once, much);
}
END_TEST

Suite *api_payment_suite(void)
{
	Suite *suite = suite_create("api_payment");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_payment_is_answered_with_the_order);
	tcase_add_test(tests, what_cannot_be_is_refused_with_its_code);
	tcase_add_test(tests, an_order_that_is_not_there_is_404);
	tcase_add_test(tests, a_match_may_be_required);
	tcase_add_test(tests, a_callback_is_by_the_provider_and_needs_no_order_in_the_answer);
	tcase_add_test(tests, a_callback_is_there_only_with_a_secret_and_a_signature);
	tcase_add_test(tests, short_memory_is_503);
	suite_add_tcase(suite, tests);
	return suite;
}
