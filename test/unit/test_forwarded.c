#include <check.h>
#include <string.h>

#include "http/forwarded.h"

struct list {
	uint64_t proxies;
	const char *lines[4];
	const char *client; /* NULL: there is none to be had */
};

static const struct list lists[] = {
	{1, {"203.0.113.9"}, "203.0.113.9"},
	{1, {"203.0.113.9:4711"}, "203.0.113.9"},
	{1, {"2001:db8::9"}, "2001:db8::9"},
	{1, {"[2001:db8::9]"}, "2001:db8::9"},
	{1, {"[2001:db8::9]:4711"}, "2001:db8::9"},
	{1, {"::ffff:203.0.113.9"}, "203.0.113.9"},
	{1, {" \t203.0.113.9 \t"}, "203.0.113.9"},
	/* What the client has written itself stands on the left. */
	{1, {"198.51.100.1, 203.0.113.9"}, "203.0.113.9"},
	{1, {"198.51.100.1,203.0.113.9"}, "203.0.113.9"},
	{1, {"anything, at;all, 203.0.113.9"}, "203.0.113.9"},
	{2, {"198.51.100.1, 203.0.113.9, 192.0.2.1"}, "203.0.113.9"},
	{3, {"198.51.100.1, 203.0.113.9, 192.0.2.1"}, "198.51.100.1"},
	{2, {"203.0.113.9, not an address"}, "203.0.113.9"},
	/* Several lines are one list. */
	{1, {"198.51.100.1", "203.0.113.9"}, "203.0.113.9"},
	{2, {"198.51.100.1, 203.0.113.9", "192.0.2.1"}, "203.0.113.9"},
	{3, {"203.0.113.9", "192.0.2.2", "192.0.2.1"}, "203.0.113.9"},
	{3, {"203.0.113.9, 192.0.2.2", "192.0.2.1"}, "203.0.113.9"},
	{1, {NULL}, NULL},
	{1, {""}, NULL},
	{1, {","}, NULL},
	{1, {"203.0.113.9,"}, NULL},
	{1, {"203.0.113.9", ""}, NULL},
	{2, {"203.0.113.9"}, NULL},
	{16, {"203.0.113.9", "192.0.2.2", "192.0.2.1"}, NULL},
	{1, {"203.0.113"}, NULL},
	{1, {"203.0.113.9 192.0.2.1"}, NULL},
	{1, {"203.0.113.9:"}, NULL},
	{1, {"203.0.113.9:0"}, NULL},
	{1, {"203.0.113.9:65536"}, NULL},
	{1, {"[203.0.113.9]"}, NULL},
	{1, {"[2001:db8::9"}, NULL},
	{1, {"2001:db8::9]"}, NULL},
	{1, {"fe80::1%eth0"}, NULL},
	{1, {"\"[2001:db8::9]\""}, NULL},
	{1, {"unknown"}, NULL},
	{1, {"localhost"}, NULL},
	{1, {"for=203.0.113.9"}, NULL},
};

static const struct list elements[] = {
	{1, {"for=203.0.113.9"}, "203.0.113.9"},
	/* As an API Gateway HTTP API writes it. */
	{1, {"by=192.0.2.1;for=203.0.113.9;host=abc.example.com;proto=https"}, "203.0.113.9"},
	{1, {"for=198.51.100.1,for=203.0.113.9;by=192.0.2.1;proto=https"}, "203.0.113.9"},
	{1, {"FOR=203.0.113.9"}, "203.0.113.9"},
	{1, {"proto=https; for=203.0.113.9 ;by=192.0.2.1"}, "203.0.113.9"},
	{1, {"for=\"203.0.113.9:4711\""}, "203.0.113.9"},
	{1, {"for=\"[2001:db8::9]\""}, "2001:db8::9"},
	{1, {"for=\"[2001:db8::9]:4711\";proto=https"}, "2001:db8::9"},
	{1, {"for=2001:db8::9"}, "2001:db8::9"},
	{1, {";;for=203.0.113.9;"}, "203.0.113.9"},
	{2, {"for=203.0.113.9, for=192.0.2.1"}, "203.0.113.9"},
	{2, {"for=203.0.113.9", "for=192.0.2.1;proto=http"}, "203.0.113.9"},
	/* What the client has written cannot hide what stands behind it. */
	{1, {"for=\"198.51.100.1, for=203.0.113.9"}, "203.0.113.9"},
	{1, {"for=198.51.100.1;x=\"", "for=203.0.113.9;proto=https"}, "203.0.113.9"},
	{1, {"198.51.100.1, for=203.0.113.9"}, "203.0.113.9"},
	{1, {NULL}, NULL},
	{1, {""}, NULL},
	{1, {";"}, NULL},
	{1, {"for="}, NULL},
	{1, {"for"}, NULL},
	{1, {"203.0.113.9"}, NULL},
	{1, {"by=203.0.113.9"}, NULL},
	{1, {"x-for=203.0.113.9"}, NULL},
	{1, {"for =203.0.113.9"}, NULL},
	{1, {"for=unknown"}, NULL},
	{1, {"for=_hidden"}, NULL},
	{1, {"for=\""}, NULL},
	{1, {"for=\"203.0.113.9"}, NULL},
	{1, {"for=203.0.113.9,proto=https"}, NULL},
	{2, {"for=203.0.113.9"}, NULL},
};

static void check_list(enum proxy_header header, const struct list *list, int row)
{
	char text[IP_TEXT_SIZE];
	size_t count = 0;
	struct ip ip;
	bool is_read;

	while (list->lines[count])
		count++;
	is_read = forwarded_read(header, list->lines, count, list->proxies, &ip);
	ck_assert_msg(is_read == (list->client != NULL), "row %d", row);
	if (!is_read)
		return;
	ip_format(&ip, text);
	ck_assert_str_eq(text, list->client);
}

START_TEST(the_list_is_read_from_the_right)
{
	check_list(PROXY_X_FORWARDED_FOR, &lists[_i], _i);
}
END_TEST

START_TEST(an_element_has_its_address_behind_for)
{
	check_list(PROXY_FORWARDED, &elements[_i], _i);
}
END_TEST

Suite *forwarded_suite(void)
{
	Suite *suite = suite_create("forwarded");
	TCase *tests = tcase_create("all");

	tcase_add_loop_test(tests, the_list_is_read_from_the_right, 0,
			    sizeof(lists) / sizeof(lists[0]));
	tcase_add_loop_test(tests, an_element_has_its_address_behind_for, 0,
			    sizeof(elements) / sizeof(elements[0]));
	suite_add_tcase(suite, tests);
	return suite;
}
