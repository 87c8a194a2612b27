#include <arpa/inet.h>
#include <check.h>
#include <string.h>

#include "base/ip.h"

static struct ip parsed(const char *text)
{
	struct ip ip;

	ck_assert_msg(ip_parse(span_of(text), &ip), "%s", text);
	return ip;
}

static const char *formatted(struct ip ip)
{
	static char text[IP_TEXT_SIZE];

	ip_format(&ip, text);
	return text;
}

static const struct {
	const char *text;
	const char *shown;      /* NULL: as it is */
	const char *subscriber; /* NULL: the same */
	bool is_private;
} addresses[] = {
	{"127.0.0.1", NULL, NULL, true},
	{"10.255.0.1", NULL, NULL, true},
	{"172.16.0.1", NULL, NULL, true},
	{"172.31.255.255", NULL, NULL, true},
	{"192.168.7.1", NULL, NULL, true},
	{"169.254.1.1", NULL, NULL, true},
	{"100.64.0.1", NULL, NULL, true},
	{"100.127.255.255", NULL, NULL, true},
	{"::1", NULL, "::", true},
	{"fd00:ec2::254", NULL, "fd00:ec2::", true},
	{"fe80::1", NULL, "fe80::", true},
	{"febf::1", NULL, "febf::", true},
	{"::ffff:10.0.0.1", "10.0.0.1", "10.0.0.1", true},
	{"0.0.0.0", NULL, NULL, false},
	{"11.0.0.1", NULL, NULL, false},
	{"126.0.0.1", NULL, NULL, false},
	{"172.15.0.1", NULL, NULL, false},
	{"172.32.0.1", NULL, NULL, false},
	{"192.169.0.1", NULL, NULL, false},
	{"100.63.0.1", NULL, NULL, false},
	{"100.128.0.1", NULL, NULL, false},
	{"255.255.255.255", NULL, NULL, false},
	{"::", NULL, NULL, false},
	{"::2", NULL, "::", false},
	{"fec0::1", NULL, "fec0::", false},
	{"fbff::1", NULL, "fbff::", false},
	{"2001:db8:1:2:3:4:5:6", NULL, "2001:db8:1:2::", false},
	{"::ffff:203.0.113.9", "203.0.113.9", "203.0.113.9", false},
};

START_TEST(addresses_are_read_shown_and_told_apart)
{
	const char *text = addresses[_i].text;
	const char *shown = addresses[_i].shown ? addresses[_i].shown : text;
	const char *subscriber = addresses[_i].subscriber ? addresses[_i].subscriber : text;
	struct ip ip = parsed(text);

	ck_assert_str_eq(formatted(ip), shown);
	ck_assert_str_eq(formatted(ip_subscriber(&ip)), subscriber);
	ck_assert_msg(ip_is_private(&ip) == addresses[_i].is_private, "%s", text);
}
END_TEST

static const char *const broken[] = {
	"",
	"x",
	"1.2.3",
	"1.2.3.4.5",
	"256.1.1.1",
	"1.2.3.4:80",
	"[::1]",
	"1.2.3.4 ",
	":::",
	"::1%1",
	"01.2.3.4",
	"0x7f.1",
	"2001:db8:1:2:3:4:5:6:7:8:9:10:11:12:13:14",
};

START_TEST(anything_else_is_refused)
{
	struct ip ip;

	ck_assert_msg(!ip_parse(span_of(broken[_i]), &ip), "%s", broken[_i]);
}
END_TEST

START_TEST(a_nul_within_is_no_end)
{
	struct ip ip;

	ck_assert(!ip_parse((struct span){"1.2.3.4\0x", 9}, &ip));
}
END_TEST

START_TEST(sockets_have_addresses)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	struct sockaddr other = {.sa_family = AF_UNIX};

	inet_pton(AF_INET, "203.0.113.9", &v4.sin_addr);
	inet_pton(AF_INET6, "2001:db8::9", &v6.sin6_addr);
	ck_assert_str_eq(formatted(ip_of_socket((struct sockaddr *)&v4)), "203.0.113.9");
	ck_assert_str_eq(formatted(ip_of_socket((struct sockaddr *)&v6)), "2001:db8::9");
	inet_pton(AF_INET6, "::ffff:203.0.113.9", &v6.sin6_addr);
	ck_assert_str_eq(formatted(ip_of_socket((struct sockaddr *)&v6)), "203.0.113.9");
	ck_assert_str_eq(formatted(ip_of_socket(&other)), "::");
	ck_assert_str_eq(formatted(ip_of_socket(NULL)), "::");
}
END_TEST

Suite *ip_suite(void)
{
	Suite *suite = suite_create("ip");
	TCase *tests = tcase_create("all");

	tcase_add_loop_test(tests, addresses_are_read_shown_and_told_apart, 0,
			    sizeof(addresses) / sizeof(addresses[0]));
	tcase_add_loop_test(tests, anything_else_is_refused, 0, sizeof(broken) / sizeof(broken[0]));
	tcase_add_test(tests, a_nul_within_is_no_end);
	tcase_add_test(tests, sockets_have_addresses);
	suite_add_tcase(suite, tests);
	return suite;
}
