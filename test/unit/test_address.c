#include <check.h>
#include <string.h>

#include "base/address.h"

static const struct {
	const char *text;
	const char *host; /* NULL: not an address */
	uint16_t port;
} addresses[] = {
	{"127.0.0.1:8080", "127.0.0.1", 8080},
	{"127.0.0.1", "127.0.0.1", 0},
	{"[::1]:8080", "::1", 8080},
	{"[::1]", "::1", 0},
	{"[fd00:ec2::254]:80", "fd00:ec2::254", 80},
	{"localhost:1", "localhost", 1},
	{"a.example.com:65535", "a.example.com", 65535},
	{"xn--caf-dma.example", "xn--caf-dma.example", 0},
	{"", NULL, 0},
	{":8080", NULL, 0},
	{"::1", NULL, 0},
	{"::1:8080", NULL, 0},
	{"[]:8080", NULL, 0},
	{"[::1", NULL, 0},
	{"[::1]8080", NULL, 0},
	{"[::1]:", NULL, 0},
	{"[127.0.0.1]:80", NULL, 0},
	{"[localhost]:80", NULL, 0},
	{"[fe80::1%eth0]:80", NULL, 0},
	{"127.0.0.1:", NULL, 0},
	{"127.0.0.1:0", NULL, 0},
	{"127.0.0.1:65536", NULL, 0},
	{"127.0.0.1:99999999999999999999", NULL, 0},
	{"127.0.0.1:-1", NULL, 0},
	{"127.0.0.1:0x50", NULL, 0},
	{"127.0.0.1:80 ", NULL, 0},
	{" 127.0.0.1:80", NULL, 0},
	{"127.0.0.1:80:81", NULL, 0},
	{"a b:80", NULL, 0},
	{"user@host:80", NULL, 0},
	{"host/path", NULL, 0},
	{"host_name:80", NULL, 0},
	{"-host:80", NULL, 0},
	{".host:80", NULL, 0},
	{"caf\xc3\xa9:80", NULL, 0},
	{"host\n:80", NULL, 0},
};

START_TEST(an_address_is_a_host_and_perhaps_a_port)
{
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		struct address address = {{"untouched", 9}, 7};
		bool is_address = address_parse(span_of(addresses[i].text), &address);

		ck_assert_msg(is_address == (addresses[i].host != NULL), "%s", addresses[i].text);
		ck_assert_msg(span_equals(address.host,
					  is_address ? addresses[i].host : "untouched"),
			      "%s", addresses[i].text);
		ck_assert_uint_eq(address.port, is_address ? addresses[i].port : 7);
	}
	ck_assert(!address_parse((struct span){0}, &(struct address){0}));
}
END_TEST

START_TEST(a_name_has_at_most_253_characters)
{
	char name[300];
	struct address address;

	memset(name, 'x', sizeof(name));
	ck_assert(address_parse((struct span){name, 253}, &address));
	ck_assert(!address_parse((struct span){name, 254}, &address));
}
END_TEST

static const struct {
	const char *text;
	const char *host; /* NULL: not such a URL */
	uint16_t port;
	bool is_tls;
} urls[] = {
	{"https://dynamodb.eu-west-1.amazonaws.com", "dynamodb.eu-west-1.amazonaws.com", 0, true},
	{"https://host:8443/", "host", 8443, true},
	{"http://127.0.0.1:8000", "127.0.0.1", 8000, false},
	{"http://[::1]:8000/", "::1", 8000, false},
	{"http://169.254.169.254", "169.254.169.254", 0, false},
	{"", NULL, 0, false},
	{"https", NULL, 0, false},
	{"https://", NULL, 0, false},
	{"https:///", NULL, 0, false},
	{"http://", NULL, 0, false},
	{"HTTPS://host", NULL, 0, false},
	{"ftp://host", NULL, 0, false},
	{"host", NULL, 0, false},
	{"host:8000", NULL, 0, false},
	{"//host", NULL, 0, false},
	{"https://host//", NULL, 0, false},
	{"https://host/path", NULL, 0, false},
	{"https://host?query", NULL, 0, false},
	{"https://host#part", NULL, 0, false},
	{"https://user@host", NULL, 0, false},
	{"https://user:word@host", NULL, 0, false},
	{"https://host\r\n", NULL, 0, false},
	{"https://host\\path", NULL, 0, false},
};

START_TEST(a_url_has_a_scheme_and_an_address_and_nothing_else)
{
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		struct address address = {0};
		bool is_tls = false;
		bool is_url = address_parse_url(span_of(urls[i].text), &address, &is_tls);

		ck_assert_msg(is_url == (urls[i].host != NULL), "%s", urls[i].text);
		ck_assert(!is_url || span_equals(address.host, urls[i].host));
		ck_assert_uint_eq(address.port, urls[i].port);
		ck_assert(is_tls == urls[i].is_tls);
	}
}
END_TEST

static const struct {
	const char *host;
	bool is_numeric;
	bool is_loopback;
	bool is_link_local;
} hosts[] = {
	{"127.0.0.1", true, true, false},
	{"127.255.255.255", true, true, false},
	{"::1", true, true, false},
	{"0:0:0:0:0:0:0:1", true, true, false},
	{"localhost", false, true, false},
	{"LOCALHOST", false, true, false},
	{"128.0.0.1", true, false, false},
	{"0.0.0.0", true, false, false},
	{"::", true, false, false},
	{"10.0.0.1", true, false, false},
	{"169.254.169.254", true, false, true},
	{"169.254.170.2", true, false, true},
	{"169.255.0.1", true, false, false},
	{"fe80::1", true, false, true},
	{"febf::1", true, false, true},
	{"fec0::1", true, false, false},
	{"fd00:ec2::254", true, false, true},
	{"fd00:ec2::23", true, false, true},
	{"fd00:ec3::1", true, false, false},
	{"::ffff:127.0.0.1", true, false, false},
	{"127.1", false, false, false},
	{"2130706433", false, false, false},
	{"localhost.example.com", false, false, false},
	{"127.0.0.1.example.com", false, false, false},
	{"example.com", false, false, false},
	{"", false, false, false},
	{"an-extremely-long-name-that-does-not-fit-anywhere.example.com", false, false, false},
};

START_TEST(hosts_of_this_machine_and_its_link_are_known)
{
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		struct span host = span_of(hosts[i].host);

		ck_assert_msg(address_is_numeric(host) == hosts[i].is_numeric, "%s", hosts[i].host);
		ck_assert_msg(address_is_loopback(host) == hosts[i].is_loopback, "%s",
			      hosts[i].host);
		ck_assert_msg(address_is_link_local(host) == hosts[i].is_link_local, "%s",
			      hosts[i].host);
	}
}
END_TEST

Suite *address_suite(void)
{
	Suite *all = suite_create("address");
	TCase *cases = tcase_create("all");

	tcase_add_test(cases, an_address_is_a_host_and_perhaps_a_port);
	tcase_add_test(cases, a_name_has_at_most_253_characters);
	tcase_add_test(cases, a_url_has_a_scheme_and_an_address_and_nothing_else);
	tcase_add_test(cases, hosts_of_this_machine_and_its_link_are_known);
	suite_add_tcase(all, cases);
	return all;
}
