#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "base/idempotency.h"
#include "cart_texts.h"
#include "repo/cart_change.h"
#include "scripted_repo.h"

#define TEAS BATCH(PRODUCT(TEA, "1.5", "EUR"))
#define BOTH BATCH(PRODUCT(TEA, "1.5", "EUR") "," PRODUCT(POT, "9", "EUR"))
#define WITH_TEA(version, quantity) OPEN_CART(version, LINE(TEA, quantity, "100"))
#define STAMP "updated_at = :time, #t = :ttl"

static struct scripted_repo on;
static struct cart_answer answer;

static void start(enum cart_act act, int64_t quantity, uint64_t expected_version)
{
	cart_change_run(&on.repo,
			&(struct cart_line_change){
				.cart_id = CART,
				.change = {act, TEA, quantity},
				.expected_version = expected_version,
			},
			&answer, &on.await);
}

static void set_up(void)
{
	scripted_repo_init(&on);
	memset(&answer, 0, sizeof(answer));
}

static void tear_down(void)
{
	scripted_repo_clear(&on);
}

static void ck_assert_refused(enum cart_refusal refusal)
{
	scripted_repo_expect(&on, RESULT_INVALID);
	ck_assert_int_eq(answer.refusal, refusal);
}

static int64_t quantity_of(const char *id)
{
	const struct cart_line *line = cart_find_line(&answer.cart, id);

	return line ? line->quantity : 0;
}

START_TEST(a_line_that_is_there_is_set_by_its_path_alone)
{
	SCRIPT_PLAY(&on.aws.script, GOT(WITH_TEA("7", "2")), TEAS, DONE, GOT(WITH_TEA("8", "5")));
	start(CART_SET, 5, 0);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_operation(&on, 2, "TransactWriteItems");
	ck_assert_sent(&on, 2, "SET #l.#p.quantity = :n, " STAMP " ADD version :one\"");
	ck_assert_sent(&on, 2, "#s = :open AND #t > :now AND attribute_exists(#l.#p)");
	ck_assert_sent(&on, 2,
		       "{\"#l\":\"lines\",\"#p\":\"" TEA "\",\"#s\":\"status\",\"#t\":\"ttl\"}");
	ck_assert_sent(&on, 2, "\":now\":{\"N\":\"1440938160\"},\":ttl\":{\"N\":\"1441024560\"}");
	ck_assert_sent(&on, 2, "\":n\":{\"N\":\"5\"}");
	ck_assert_not_sent(&on, 2, "version = :v");
	ck_assert_uint_eq(answer.cart.version, 8);
	ck_assert_int_eq(quantity_of(TEA), 5);
}
END_TEST

START_TEST(a_line_that_is_not_there_is_made_if_there_is_room_and_the_currency_fits)
{
	SCRIPT_PLAY(&on.aws.script, GOT(OPEN_CART("7", "")), TEAS, DONE, GOT(WITH_TEA("8", "5")));
	start(CART_SET, 5, 0);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_sent(&on, 2, "SET #l.#p = :line, currency = :c, " STAMP);
	ck_assert_sent(&on, 2,
		       "attribute_not_exists(#l.#p) AND size(#l) < :lines AND "
		       "(attribute_not_exists(currency) OR currency = :c OR "
		       "size(#l) = :zero)");
	ck_assert_sent(&on, 2,
		       "\":line\":{\"M\":{\"quantity\":{\"N\":\"5\"},\"place\":{\"N\":\"800\"},"
		       "\"name\":{\"S\":\"new " TEA "\"},\"price\":{\"N\":\"1.5\"},"
		       "\"currency\":{\"S\":\"EUR\"}}},\":c\":{\"S\":\"EUR\"},"
		       "\":lines\":{\"N\":\"90\"},\":zero\":{\"N\":\"0\"}");
}
END_TEST

START_TEST(what_is_set_already_is_not_written)
{
	SCRIPT_PLAY(&on.aws.script, GOT(WITH_TEA("7", "5")), TEAS);
	start(CART_SET, 5, 7);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_uint_eq(on.aws.script.request_count, 2);
	ck_assert_uint_eq(answer.cart.version, 7);
}
END_TEST

START_TEST(adding_is_a_transaction_and_the_cart_is_read_again)
{
	SCRIPT_PLAY(&on.aws.script, GOT(WITH_TEA("7", "2")), TEAS, DONE,
		    GOT(OPEN_CART("9", LINE(TEA, "6", "100") "," LINE(POT, "1", "800"))), BOTH);
	start(CART_ADD, 3, 0);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_operation(&on, 2, "TransactWriteItems");
	ck_assert_sent(&on, 2, "\"SET #l.#p.quantity = #l.#p.quantity + :n, " STAMP);
	ck_assert_sent(&on, 2, "#s = :open AND #t > :now AND #l.#p.quantity <= :room\"");
	ck_assert_sent(&on, 2, "\":n\":{\"N\":\"3\"},\":room\":{\"N\":\"9996\"}");
	ck_assert_sent(&on, 2, "\"ClientRequestToken\"");
	ck_assert_not_sent(&on, 2, "version = :v");
	ck_assert_operation(&on, 3, "GetItem");
	ck_assert_int_eq(quantity_of(TEA), 6); /* others have added too */
	ck_assert_ptr_nonnull(cart_product_find(&answer.products, POT));
	ck_assert_uint_eq(answer.cart.version, 9);
}
END_TEST

START_TEST(adding_what_is_not_there_makes_a_line)
{
	SCRIPT_PLAY(&on.aws.script, GOT(OPEN_CART("7", "")), TEAS, DONE, GOT(WITH_TEA("8", "3")));
	start(CART_ADD, 3, 0);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_operation(&on, 2, "TransactWriteItems");
	ck_assert_sent(&on, 2, "SET #l.#p = :line");
	ck_assert_uint_eq(on.aws.script.request_count, 4);
}
END_TEST

START_TEST(a_lost_answer_to_an_addition_is_asked_for_with_the_same_token)
{
	SCRIPT_PLAY(&on.aws.script, GOT(WITH_TEA("7", "2")), TEAS, LOST, DONE,
		    GOT(WITH_TEA("8", "5")));
	start(CART_ADD, 3, 0);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_str_eq(script_body(&on.aws.script, 2), script_body(&on.aws.script, 3));
	ck_assert_int_eq(quantity_of(TEA), 5);
}
END_TEST

START_TEST(what_was_written_but_cannot_be_read_again_is_unknown)
{
	SCRIPT_PLAY(&on.aws.script, GOT(WITH_TEA("7", "2")), TEAS, DONE,
		    AWS_ERROR("AccessDeniedException"));
	start(CART_ADD, 3, 0);
	scripted_repo_expect(&on, RESULT_UNKNOWN);
	scripted_repo_renew(&on);
	memset(&answer, 0, sizeof(answer));
	SCRIPT_PLAY(&on.aws.script, GOT(WITH_TEA("7", "2")), TEAS, DONE,
		    GOT(OPEN_CART("9", LINE(TEA, "5", "100") "," LINE(POT, "1", "800"))),
		    AWS_ERROR("AccessDeniedException"));
	start(CART_SET, 5, 0);
	scripted_repo_expect(&on, RESULT_UNKNOWN);
}
END_TEST

START_TEST(a_line_is_taken_out_by_its_path_without_its_product)
{
	SCRIPT_PLAY(&on.aws.script, GOT(WITH_TEA("7", "2")), DONE);
	start(CART_REMOVE, 0, 0);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_operation(&on, 1, "TransactWriteItems");
	ck_assert_sent(&on, 1, "SET " STAMP " REMOVE #l.#p ADD version :one\"");
	ck_assert_sent(&on, 1, "#s = :open AND #t > :now AND attribute_exists(#l.#p)");
	ck_assert_uint_eq(on.aws.script.request_count, 2);
}
END_TEST

START_TEST(a_failed_condition_is_decided_again_from_what_is_there_then)
{
	/* The line has come meanwhile, beside another one. */
	SCRIPT_PLAY(&on.aws.script, GOT(OPEN_CART("7", "")), TEAS,
		    CANCELLED(
			    UNMET(OPEN_CART("9", LINE(TEA, "1", "100") "," LINE(POT, "1", "200")))),
		    BOTH, DONE,
		    GOT(OPEN_CART("10", LINE(TEA, "5", "100") "," LINE(POT, "1", "200"))));
	start(CART_SET, 5, 0);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_sent(&on, 4, "#l.#p.quantity = :n");
	ck_assert_uint_eq(answer.cart.count, 2);
	ck_assert_uint_eq(answer.cart.version, 10);
}
END_TEST

START_TEST(what_has_become_impossible_meanwhile_is_told)
{
	static const struct {
		struct script_step step;
		enum cart_refusal refusal;
	} table[] = {
		{CANCELLED(UNMET(CART_ITEM(CART, "merged", ALIVE, "8", "", ""))), CART_CLOSED},
		{CANCELLED(UNMET(CART_ITEM(CART, "open", EXPIRED, "8", "", ""))), CART_NOT_FOUND},
		{CANCELLED(UNMET_NOTHING), CART_NOT_FOUND},
		{CANCELLED(UNMET(WITH_TEA("8", "9998"))), CART_TOO_MANY},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct script_step steps[] = {GOT(WITH_TEA("7", "2")), TEAS, table[i].step};

		memset(&answer, 0, sizeof(answer));
		script_play(&on.aws.script, steps, 3);
		start(CART_ADD, 3, 0);
		ck_assert_refused(table[i].refusal);
		scripted_repo_renew(&on);
	}
}
END_TEST

START_TEST(what_cannot_be_done_is_told_without_a_write)
{
	static const struct {
		struct script_step cart;
		struct script_step products;
		enum cart_act act;
		enum cart_refusal refusal;
	} table[] = {
		{GOT_NOTHING, TEAS, CART_SET, CART_NOT_FOUND},
		{GOT(WITH_TEA("7", "2")), BATCH(""), CART_SET, CART_NO_PRODUCT},
		{GOT(WITH_TEA("7", "2")), BATCH(PRODUCT(TEA, "1", "USD")), CART_ADD,
		 CART_OTHER_CURRENCY},
		{GOT(WITH_TEA("7", "9999")), TEAS, CART_ADD, CART_TOO_MANY},
		{GOT(OPEN_CART("7", "")), TEAS, CART_REMOVE, CART_NO_LINE},
		{GOT(CART_ITEM(CART, "ordered", ALIVE, "7", "", "")), TEAS, CART_REMOVE,
		 CART_CLOSED},
		{GOT(CART_ITEM(CART, "merged", ALIVE, "7", "", "")), TEAS, CART_ADD, CART_CLOSED},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct script_step steps[] = {table[i].cart, table[i].products};

		memset(&answer, 0, sizeof(answer));
		script_play(&on.aws.script, steps, 2);
		start(table[i].act, 3, 0);
		ck_assert_refused(table[i].refusal);
		ck_assert_uint_le(on.aws.script.request_count, 2);
		scripted_repo_renew(&on);
	}
}
END_TEST

START_TEST(what_are_no_ids_are_not_found)
{
	struct cart_line_change change = {.cart_id = "x", .change = {CART_SET, TEA, 1}};

	cart_change_run(&on.repo, &change, &answer, &on.await);
	ck_assert_refused(CART_NOT_FOUND);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, GOT(OPEN_CART("7", "")));
	change.cart_id = CART;
	change.change.product_id = "x";
	cart_change_run(&on.repo, &change, &answer, &on.await);
	ck_assert_refused(CART_NO_PRODUCT);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, GOT(OPEN_CART("7", "")));
	change.change.act = CART_REMOVE;
	cart_change_run(&on.repo, &change, &answer, &on.await);
	ck_assert_refused(CART_NO_LINE);
}
END_TEST

START_TEST(a_version_that_the_caller_names_is_part_of_the_condition)
{
	SCRIPT_PLAY(&on.aws.script, GOT(WITH_TEA("7", "2")), TEAS, DONE);
	start(CART_SET, 5, 7);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_sent(&on, 2, "attribute_exists(#l.#p) AND version = :v\"");
	ck_assert_sent(&on, 2, "\":v\":{\"N\":\"7\"}");
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, GOT(WITH_TEA("7", "2")));
	start(CART_SET, 5, 6);
	ck_assert_refused(CART_OTHER_VERSION);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, GOT(WITH_TEA("7", "2")), CANCELLED(UNMET(WITH_TEA("8", "2"))));
	start(CART_REMOVE, 0, 7);
	ck_assert_refused(CART_OTHER_VERSION);
}
END_TEST

START_TEST(a_line_that_is_as_asked_needs_no_named_version)
{
	SCRIPT_PLAY(&on.aws.script, GOT(WITH_TEA("7", "2")), TEAS);
	start(CART_SET, 2, 6);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_uint_eq(answer.cart.version, 7);
	ck_assert_uint_eq(on.aws.script.request_count, 2);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, GOT(WITH_TEA("7", "2")));
	start(CART_REMOVE, 0, 6);
	ck_assert_refused(CART_OTHER_VERSION);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, GOT(OPEN_CART("7", "")));
	start(CART_REMOVE, 0, 6);
	ck_assert_refused(CART_NO_LINE);
}
END_TEST

START_TEST(too_many_others_are_a_service_that_is_busy)
{
	struct script_step steps[CART_TRIES + 3] = {GOT(WITH_TEA("7", "2")), TEAS};

	for (size_t i = 2; i < sizeof(steps) / sizeof(steps[0]); i++)
		steps[i] = (struct script_step)CANCELLED(UNMET(WITH_TEA("8", "2")));
	on.aws.script.is_forgetful = true;
	script_play(&on.aws.script, steps, sizeof(steps) / sizeof(steps[0]));
	start(CART_ADD, 1, 0);
	scripted_repo_expect(&on, RESULT_THROTTLED);
}
END_TEST

/* ---- with an Idempotency-Key ---- */

static uint64_t rehearsed_version;
static int64_t rehearsed_quantity;

static bool rehearse(struct idempotency *idempotency, struct kept_answer *kept)
{
	(void)idempotency;
	rehearsed_version = answer.cart.version;
	rehearsed_quantity = quantity_of(TEA);
	kept->status = 200;
	kept->body = span_of("the answer");
	return true;
}

START_TEST(with_a_key_the_answer_is_known_before_the_write)
{
	struct idempotency key = {.id = "k", .fingerprint = "f", .rehearse = rehearse};

	on.await.idempotency = &key;
	SCRIPT_PLAY(&on.aws.script, GOT(WITH_TEA("7", "2")), TEAS,
		    CANCELLED(UNMET(WITH_TEA("8", "4")) "," NONE), DONE);
	start(CART_ADD, 3, 0);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_sent(&on, 2, "AND version = :v");
	ck_assert_sent(&on, 2, "the answer");
	ck_assert_sent(&on, 3, "\":v\":{\"N\":\"8\"}");
	ck_assert_uint_eq(on.aws.script.request_count, 4);
	ck_assert_uint_eq(rehearsed_version, 9);
	ck_assert_int_eq(rehearsed_quantity, 7);
	ck_assert_uint_eq(answer.cart.version, 9);
	ck_assert(key.is_kept);
}
END_TEST

/* ---- memory ---- */

static enum cart_act tried_act;

static void change_once(void *context)
{
	enum result result;

	(void)context;
	if (!scripted_repo_enter(&on))
		return;
	memset(&answer, 0, sizeof(answer));
	start(tried_act, 3, 0);
	result = scripted_repo_run(&on);
	if (result != RESULT_OK)
		ck_assert(alloc_has_failed());
	scripted_repo_leave(&on);
}

/* A call that is made again takes the script's next step, which may seem to be an answer. */
START_TEST(short_memory_ends_it_without_a_trace)
{
	tried_act = CART_ADD;
	SCRIPT_PLAY(&on.aws.script, GOT(OPEN_CART("7", "")), TEAS,
		    CANCELLED(UNMET(WITH_TEA("8", "2"))), DONE, GOT(WITH_TEA("9", "5")));
	alloc_fail_each(change_once, NULL);
	tried_act = CART_SET;
	SCRIPT_PLAY(&on.aws.script, GOT(WITH_TEA("7", "2")), TEAS, DONE,
		    GOT(OPEN_CART("9", LINE(TEA, "3", "100") "," LINE(POT, "1", "800"))), BOTH);
	alloc_fail_each(change_once, NULL);
}
END_TEST

Suite *cart_change_suite(void)
{
	Suite *suite = suite_create("cart_change");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_line_that_is_there_is_set_by_its_path_alone);
	tcase_add_test(tests,
		       a_line_that_is_not_there_is_made_if_there_is_room_and_the_currency_fits);
	tcase_add_test(tests, what_is_set_already_is_not_written);
	tcase_add_test(tests, adding_is_a_transaction_and_the_cart_is_read_again);
	tcase_add_test(tests, adding_what_is_not_there_makes_a_line);
	tcase_add_test(tests, a_lost_answer_to_an_addition_is_asked_for_with_the_same_token);
	tcase_add_test(tests, what_was_written_but_cannot_be_read_again_is_unknown);
	tcase_add_test(tests, a_line_is_taken_out_by_its_path_without_its_product);
	tcase_add_test(tests, a_failed_condition_is_decided_again_from_what_is_there_then);
	tcase_add_test(tests, what_has_become_impossible_meanwhile_is_told);
	tcase_add_test(tests, what_cannot_be_done_is_told_without_a_write);
	tcase_add_test(tests, what_are_no_ids_are_not_found);
	tcase_add_test(tests, a_version_that_the_caller_names_is_part_of_the_condition);
	tcase_add_test(tests, a_line_that_is_as_asked_needs_no_named_version);
	tcase_add_test(tests, too_many_others_are_a_service_that_is_busy);
	tcase_add_test(tests, with_a_key_the_answer_is_known_before_the_write);
	tcase_add_test(tests, short_memory_ends_it_without_a_trace);
	suite_add_tcase(suite, tests);
	return suite;
}
