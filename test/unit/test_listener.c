#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/listener.h"

static char error[LISTENER_ERROR_SIZE];

static int port_of(int fd)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);

	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	if (address.ss_family == AF_INET6)
		return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
	return ntohs(((struct sockaddr_in *)&address)->sin_port);
}

static int option_of(int fd, int option)
{
	int value = -1;
	socklen_t len = sizeof(value);

	ck_assert_int_eq(getsockopt(fd, SOL_SOCKET, option, &value, &len), 0);
	return value;
}

/* Opens a socket somewhere on 127.0.0.1; `address` gets where. */
static int open_somewhere(bool is_shared, char address[static 32])
{
	int fd = listener_open("127.0.0.1:0", is_shared, error);

	ck_assert_int_ge(fd, 0);
	snprintf(address, 32, "127.0.0.1:%d", port_of(fd));
	return fd;
}

static void check_connect(const char *host, int port, bool works)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	inet_pton(AF_INET, host, &address.sin_addr);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), works ? 0 : -1);
	close(fd);
}

START_TEST(a_socket_listens_and_never_blocks_and_is_not_inherited)
{
	char address[32];
	int fd = open_somewhere(false, address);

	ck_assert_int_eq(option_of(fd, SO_ACCEPTCONN), 1);
	ck_assert_int_eq(accept(fd, NULL, NULL), -1);
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	check_connect("127.0.0.1", port_of(fd), true);
	close(fd);
	check_connect("127.0.0.1", port_of(open_somewhere(false, address)), true);
}
END_TEST

START_TEST(an_address_can_be_used_again_at_once)
{
	char address[32];
	int fd = open_somewhere(false, address);
	int accepted;

	check_connect("127.0.0.1", port_of(fd), true);
	accepted = accept(fd, NULL, NULL);
	close(accepted); /* leaves a connection in TIME_WAIT */
	close(fd);
	fd = listener_open(address, false, error);
	ck_assert_int_ge(fd, 0);
	close(fd);
}
END_TEST

START_TEST(shared_sockets_can_be_opened_on_one_address)
{
	char address[32];
	int first = open_somewhere(true, address);
	int second = listener_open(address, true, error);

	ck_assert_int_ge(second, 0);
	ck_assert_int_eq(port_of(first), port_of(second));
	ck_assert_int_eq(option_of(second, SO_REUSEPORT), 1);
	ck_assert_int_eq(listener_open(address, false, error), -1);
	close(first);
	close(second);
}
END_TEST

START_TEST(an_address_that_is_taken_is_told)
{
	char address[32];
	int fd = open_somewhere(true, address);
	int plain;

	error[0] = '\0';
	ck_assert(!listener_is_free(address, error));
	ck_assert_ptr_nonnull(strstr(error, address));
	ck_assert_ptr_nonnull(strstr(error, strerror(EADDRINUSE)));
	close(fd);
	ck_assert(listener_is_free(address, error));
	ck_assert(listener_is_free(address, error)); /* asking did not take it */
	plain = listener_open(address, false, error);
	ck_assert_int_ge(plain, 0);
	ck_assert(!listener_is_free(address, error));
	close(plain);
}
END_TEST

START_TEST(ipv6_addresses_stand_in_brackets)
{
	int fd = socket(AF_INET6, SOCK_STREAM, 0);
	struct sockaddr_in6 loopback = {.sin6_family = AF_INET6,
					.sin6_addr = IN6ADDR_LOOPBACK_INIT};
	bool has_ipv6 = fd >= 0 && bind(fd, (struct sockaddr *)&loopback, sizeof(loopback)) == 0;

	if (fd >= 0)
		close(fd);
	if (!has_ipv6)
		return; /* a machine without it */
	fd = listener_open("[::1]:0", false, error);
	ck_assert_msg(fd >= 0, "%s", error);
	close(fd);
}
END_TEST

START_TEST(what_is_no_address_is_refused_with_a_reason)
{
	static const char *const wrong[] = {
		"",
		":",
		":8080",
		"8080",
		"127.0.0.1",
		"127.0.0.1:",
		"[]:8080",
		"127.0.0.1:http-nonsense",
		"127.0.0.1:-1",
		"127.0.0.1:65536",
		"127.0.0.1:99999999999",
		"127.0.0.1:80 ",
		"203.0.113.1:0", /* nobody's address, and not this machine's */
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		int fd;

		error[0] = '\0';
		fd = listener_open(wrong[i], false, error);
		ck_assert_msg(fd == -1, "\"%s\" is taken", wrong[i]);
		ck_assert_msg(strlen(error) > strlen(wrong[i]), "\"%s\": \"%s\"", wrong[i], error);
		ck_assert(!listener_is_free(wrong[i], error));
	}
}
END_TEST

START_TEST(an_address_that_is_very_long_is_refused)
{
	char address[1000];

	memset(address, 'x', sizeof(address));
	memcpy(address + sizeof(address) - 4, ":80", 4);
	ck_assert_int_eq(listener_open(address, false, error), -1);
	ck_assert_uint_lt(strlen(error), LISTENER_ERROR_SIZE);
}
END_TEST

/* ---- sockets of systemd ---- */

static void set_environment(const char *pid, const char *count)
{
	if (pid != NULL)
		setenv("LISTEN_PID", pid, 1);
	else
		unsetenv("LISTEN_PID");
	if (count != NULL)
		setenv("LISTEN_FDS", count, 1);
	else
		unsetenv("LISTEN_FDS");
}

START_TEST(sockets_of_systemd_are_taken_over_when_meant_for_us)
{
	char pid[24];
	char count[24];
	int first = -1;
	int fd = socket(AF_INET, SOCK_STREAM, 0); /* blocking, and inherited */

	ck_assert_int_ge(fd, 3);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	snprintf(count, sizeof(count), "%d", fd - 3 + 1);
	set_environment(pid, count);
	ck_assert_int_eq(listener_from_systemd(&first), fd - 3 + 1);
	ck_assert_int_eq(first, 3);
	ck_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	ck_assert(fcntl(fd, F_GETFL) & O_NONBLOCK);
	close(fd);
}
END_TEST

START_TEST(sockets_that_are_not_for_us_are_left_alone)
{
	char pid[24];
	int first = -1;

	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	{
		const char *const environments[][2] = {
			{NULL, NULL}, {pid, NULL}, {NULL, "1"}, {"1", "1"},
			{"", "1"},    {"-1", "1"}, {pid, "0"},  {pid, "-1"},
			{pid, "x"},   {pid, ""},   {pid, "17"}, {pid, "18446744073709551617"},
		};

		for (size_t i = 0; i < sizeof(environments) / sizeof(environments[0]); i++) {
			set_environment(environments[i][0], environments[i][1]);
			ck_assert_int_eq(listener_from_systemd(&first), 0);
			ck_assert_int_eq(first, -1);
		}
	}
}
END_TEST

START_TEST(only_loopback_addresses_are_local)
{
	static const struct {
		const char *address;
		bool is_local;
	} table[] = {
		{"127.0.0.1:0", true},
		{"127.9.9.9:0", true},
		{"0.0.0.0:0", false},
		{"[::]:0", false},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		int fd = listener_open(table[i].address, false, error);

		if (fd < 0 && table[i].address[0] == '[')
			continue; /* a machine without IPv6 */
		ck_assert_int_ge(fd, 0);
		ck_assert(listener_is_local(fd) == table[i].is_local);
		close(fd);
	}
	ck_assert(!listener_is_local(-1));
}
END_TEST

Suite *listener_suite(void)
{
	Suite *suite = suite_create("listener");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, a_socket_listens_and_never_blocks_and_is_not_inherited);
	tcase_add_test(tcase, an_address_can_be_used_again_at_once);
	tcase_add_test(tcase, shared_sockets_can_be_opened_on_one_address);
	tcase_add_test(tcase, an_address_that_is_taken_is_told);
	tcase_add_test(tcase, ipv6_addresses_stand_in_brackets);
	tcase_add_test(tcase, what_is_no_address_is_refused_with_a_reason);
	tcase_add_test(tcase, an_address_that_is_very_long_is_refused);
	tcase_add_test(tcase, sockets_of_systemd_are_taken_over_when_meant_for_us);
	tcase_add_test(tcase, sockets_that_are_not_for_us_are_left_alone);
	tcase_add_test(tcase, only_loopback_addresses_are_local);
	suite_add_tcase(suite, tcase);
	return suite;
}
