#include <check.h>

#include "http/answer_owner.h"

#define ID "01900000-0000-7000-8000-000000000001"
#define OTHER "01900000-0000-7000-8000-000000000002"

static const struct {
	const char *path_user;
	const char *headers;
	const char *body;
	const char *owner;
} answers[] = {
	{NULL, "", "", ""},
	{NULL, "ETag: \"1\"\n", "{\"id\":\"" ID "\"}", ""},
	{ID, "", "", ID},
	{ID, "Location: /user/" OTHER "\n", "{\"user_id\":\"" OTHER "\"}", ID},
	{"nobody", "", "", ""},
	{NULL, "ETag: \"1\"\nLocation: /user/" ID "\n", "{}", ID},
	{NULL, "Location: /user/" ID "/address/" OTHER "\n", "{}", ID},
	{NULL, "Location: /user/" ID, "", ID},
	{NULL, "Location: /cart/" OTHER "\n", "{\"id\":\"" OTHER "\",\"user_id\":\"" ID "\"}", ID},
	{NULL, "Location: /user/x\n", "", ""},
	{NULL, "Location: /user/01900000-0000-7000-8000-00000000000X\n", "", ""},
	{NULL, "", "{\"user_id\":7}", ""},
	{NULL, "", "{\"data\":{\"user_id\":\"" ID "\"}}", ""},
	{NULL, "", "{\"user_id\":\"" ID "\"", ""},
	{NULL, "", "user_id " ID, ""},
};

START_TEST(an_answer_is_of_who_is_in_its_path_its_location_or_its_body)
{
	char id[ID_SIZE] = "untouched";
	const struct kept_answer answer = {
		.status = 200,
		.headers = span_of(answers[_i].headers),
		.body = span_of(answers[_i].body),
	};

	answer_owner_find(answers[_i].path_user, &answer, id);
	ck_assert_str_eq(id, answers[_i].owner);
}
END_TEST

Suite *answer_owner_suite(void)
{
	Suite *suite = suite_create("answer_owner");
	TCase *tests = tcase_create("all");

	tcase_add_loop_test(tests, an_answer_is_of_who_is_in_its_path_its_location_or_its_body, 0,
			    sizeof(answers) / sizeof(answers[0]));
	suite_add_tcase(suite, tests);
	return suite;
}
