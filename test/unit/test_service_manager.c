#include <check.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "io/service_manager.h"

static int manager; /* systemd's end */

/* `path` begins with "@" for a name that is no file. */
static void listen_at(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t len = strlen(path);

	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	memcpy(address.sun_path, path, len);
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	ck_assert_int_eq(bind(manager, (struct sockaddr *)&address,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
			 0);
	setenv("NOTIFY_SOCKET", path, 1);
}

static void expect_datagram(const char *text)
{
	char bytes[64] = "";

	ck_assert_int_eq(recv(manager, bytes, sizeof(bytes) - 1, 0), (ssize_t)strlen(text));
	ck_assert_str_eq(bytes, text);
}

START_TEST(each_state_is_one_datagram)
{
	char path[64];

	snprintf(path, sizeof(path), "/tmp/shopd-test-notify-%d", (int)getpid());
	unlink(path);
	listen_at(path);
	service_manager_notify("READY=1");
	service_manager_notify("STATUS=all is well\nWATCHDOG=1");
	expect_datagram("READY=1");
	expect_datagram("STATUS=all is well\nWATCHDOG=1");
	service_manager_notify_reloading(12345);
	expect_datagram("RELOADING=1\nMONOTONIC_USEC=12345");
	close(manager);
	unlink(path);
}
END_TEST

START_TEST(the_socket_may_have_no_file)
{
	char path[64];

	snprintf(path, sizeof(path), "@shopd-test-notify-%d", (int)getpid());
	listen_at(path);
	service_manager_notify("STOPPING=1");
	expect_datagram("STOPPING=1");
	close(manager);
}
END_TEST

START_TEST(where_nobody_listens_nothing_happens)
{
	char path[200];
	int before = dup(0);
	int after;

	close(before);
	unsetenv("NOTIFY_SOCKET");
	service_manager_notify("READY=1");
	setenv("NOTIFY_SOCKET", "", 1);
	service_manager_notify("READY=1");
	setenv("NOTIFY_SOCKET", "/nowhere/at/all", 1);
	service_manager_notify("READY=1");
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	setenv("NOTIFY_SOCKET", path, 1);
	service_manager_notify("READY=1");
	after = dup(0);
	ck_assert_int_eq(before, after); /* no descriptor was left open */
	close(after);
}
END_TEST

START_TEST(the_watchdog_interval_is_systemds_if_it_is_for_us)
{
	char pid[24];

	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	ck_assert_uint_eq(service_manager_watchdog_us(), 0);
	setenv("WATCHDOG_USEC", "30000000", 1);
	ck_assert_uint_eq(service_manager_watchdog_us(), 30000000);
	setenv("WATCHDOG_PID", pid, 1);
	ck_assert_uint_eq(service_manager_watchdog_us(), 30000000);
	setenv("WATCHDOG_PID", "1", 1);
	ck_assert_uint_eq(service_manager_watchdog_us(), 0);
	setenv("WATCHDOG_PID", "x", 1);
	ck_assert_uint_eq(service_manager_watchdog_us(), 0);
	setenv("WATCHDOG_PID", pid, 1);
	setenv("WATCHDOG_USEC", "soon", 1);
	ck_assert_uint_eq(service_manager_watchdog_us(), 0);
	setenv("WATCHDOG_USEC", "0", 1);
	ck_assert_uint_eq(service_manager_watchdog_us(), 0);
}
END_TEST

Suite *service_manager_suite(void)
{
	Suite *suite = suite_create("service_manager");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, each_state_is_one_datagram);
	tcase_add_test(tcase, the_socket_may_have_no_file);
	tcase_add_test(tcase, where_nobody_listens_nothing_happens);
	tcase_add_test(tcase, the_watchdog_interval_is_systemds_if_it_is_for_us);
	suite_add_tcase(suite, tcase);
	return suite;
}
