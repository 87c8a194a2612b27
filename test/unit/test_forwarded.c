#include <check.h>
#include <string.h>

#include "http/forwarded.h"

static const struct {
	uint64_t proxies;
	const char *lines[4];
	const char *client; /* NULL: there is none to be had */
} headers[] = {
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

START_TEST(the_list_is_read_from_the_right)
{
	const char *client = headers[_i].client;
	char text[IP_TEXT_SIZE];
	size_t count = 0;
	struct ip ip;

	while (headers[_i].lines[count])
		count++;
	if (!client) {
		ck_assert_msg(!forwarded_read(headers[_i].lines, count, headers[_i].proxies, &ip),
			      "row %d", _i);
		return;
	}
	ck_assert_msg(forwarded_read(headers[_i].lines, count, headers[_i].proxies, &ip), "row %d",
		      _i);
	ip_format(&ip, text);
	ck_assert_str_eq(text, client);
}
END_TEST

Suite *forwarded_suite(void)
{
	Suite *suite = suite_create("forwarded");
	TCase *tests = tcase_create("all");

	tcase_add_loop_test(tests, the_list_is_read_from_the_right, 0,
			    sizeof(headers) / sizeof(headers[0]));
	suite_add_tcase(suite, tests);
	return suite;
}
