#include <arpa/inet.h>
#include <check.h>
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "alloc_fail.h"
#include "certificate.h"
#include "io/http_link.h"
#include "names.h"
#include "peer.h"

/* Connecting, TLS, proxies, and bytes in and out. */

static struct {
	struct loop *loop;
	struct http_link_context context;
	struct authority authority;
	struct peer peer;
	struct origin origin;
	struct http_link *link;
	unsigned connected;
	unsigned failed;
	unsigned readable;
	unsigned writable;
	char error[256];
	const char *hint;
} net;

static void on_connected(void *owner)
{
	ck_assert_ptr_eq(owner, &net);
	net.connected++;
}

static void on_failed(void *owner, const char *error)
{
	ck_assert_ptr_eq(owner, &net);
	net.failed++;
	snprintf(net.error, sizeof(net.error), "%s", error);
	net.hint = http_link_hint(net.link);
	http_link_close(net.link); /* as the manual says */
	net.link = NULL;
}

static void on_readable(void *owner)
{
	ck_assert_ptr_eq(owner, &net);
	net.readable++;
}

static void on_writable(void *owner)
{
	ck_assert_ptr_eq(owner, &net);
	net.writable++;
}

static const struct http_link_owner callbacks = {on_connected, on_failed, on_readable, on_writable};

static void set_up(void)
{
	memset(&net, 0, sizeof(net));
	signal(SIGPIPE, SIG_IGN); /* as the daemon does: OpenSSL writes with write(2) */
	unsetenv("http_proxy");
	unsetenv("https_proxy");
	unsetenv("HTTPS_PROXY");
	unsetenv("no_proxy");
	net.loop = loop_new(clock_system());
	net.context.loop = net.loop;
	net.context.connect_timeout_us = (uint64_t)paced(1000) * 1000;
	ck_assert(http_link_context_init(&net.context));
	authority_init(&net.authority);
	net.context.trust = authority_trust(&net.authority);
}

static void tear_down(void)
{
	http_link_close(net.link);
	http_link_context_clear(&net.context);
	trust_free(net.context.trust);
	authority_clear(&net.authority);
	loop_free(net.loop);
}

static void turn_until(const unsigned *count, unsigned value)
{
	for (int i = 0; *count < value; i++) {
		ck_assert_msg(i < paced(PEER_PATIENCE_MS), "what was waited for does not come");
		loop_turn(net.loop, 2000);
	}
}

static void open_to(const char *url)
{
	net.origin = (struct origin){.url = url, .authority = ""};
	net.link = http_link_open(&net.context, &net.origin, &callbacks, &net);
	ck_assert_ptr_nonnull(net.link);
	ck_assert_uint_eq(net.connected + net.failed, 0); /* never from within open */
	for (int i = 0; net.connected + net.failed == 0; i++) {
		ck_assert_msg(i < paced(PEER_PATIENCE_MS), "neither connected nor failed");
		loop_turn(net.loop, 2000);
	}
	ck_assert_uint_eq(net.connected + net.failed, 1);
}

static void expect_failure(const char *url, const char *error)
{
	open_to(url);
	ck_assert_uint_eq(net.failed, 1);
	ck_assert_msg(strstr(net.error, error) != NULL, "\"%s\"", net.error);
}

/* ---- bytes ---- */

static void send_all(const char *text)
{
	size_t moved;

	ck_assert_int_eq(http_link_send(net.link, text, strlen(text), &moved), HTTP_LINK_DONE);
	ck_assert_uint_eq(moved, strlen(text));
}

/* Receives until `len` bytes are there, being told of them as they come. */
static void receive_all(char *bytes, size_t len)
{
	for (size_t at = 0; at < len;) {
		size_t moved;
		unsigned before = net.readable;
		enum http_link_io io = http_link_receive(net.link, bytes + at, len - at, &moved);

		ck_assert_int_ne(io, HTTP_LINK_CLOSED);
		ck_assert(io == HTTP_LINK_DONE ? moved > 0 : moved == 0);
		at += moved;
		if (io == HTTP_LINK_LATER)
			turn_until(&net.readable, before + 1);
	}
}

static void expect_closed(void)
{
	char byte;
	size_t moved;
	enum http_link_io io;

	while ((io = http_link_receive(net.link, &byte, 1, &moved)) == HTTP_LINK_LATER)
		turn_until(&net.readable, net.readable + 1);
	ck_assert_int_eq(io, HTTP_LINK_CLOSED);
}

static void echo(struct peer *peer)
{
	struct peer_link link;
	char bytes[5];

	peer_accept(peer, &link);
	peer_read_bytes(&link, bytes, 5);
	peer_send_bytes(&link, bytes, 5);
	peer_close(&link);
}

static void expect_echo(void)
{
	char bytes[6] = "";

	send_all("hello");
	receive_all(bytes, 5);
	ck_assert_str_eq(bytes, "hello");
	expect_closed();
}

static void check_echo(SSL_CTX *tls)
{
	peer_start(&net.peer, echo, tls);
	open_to(net.peer.url);
	ck_assert_str_eq(net.error, "");
	ck_assert_uint_eq(net.connected, 1);
	expect_echo();
	peer_finish(&net.peer);
}

START_TEST(bytes_go_out_and_come_in)
{
	check_echo(NULL);
	ck_assert(http_link_is_quiet(net.link));
}
END_TEST

START_TEST(bytes_go_out_and_come_in_over_tls)
{
	check_echo(authority_serve(&net.authority, "IP:127.0.0.1", 3600));
}
END_TEST

/* More than one record, and more than TLS reads ahead: all of it is told of. */
enum { MUCH = 300 * 1000 };

static void send_much(struct peer *peer)
{
	static char bytes[MUCH];
	struct peer_link link;

	for (size_t i = 0; i < MUCH; i++)
		bytes[i] = (char)(i % 251);
	peer_accept(peer, &link);
	peer_send_bytes(&link, bytes, MUCH);
	peer_read_rest(&link);
	peer_close(&link);
}

START_TEST(much_comes_in_over_tls_and_nothing_is_left_behind)
{
	static char bytes[MUCH];
	size_t moved;
	char byte;

	peer_start(&net.peer, send_much, authority_serve(&net.authority, "IP:127.0.0.1", 3600));
	open_to(net.peer.url);
	receive_all(bytes, MUCH);
	for (size_t i = 0; i < MUCH; i++)
		if (bytes[i] != (char)(i % 251))
			ck_abort_msg("byte %zu is wrong", i);
	ck_assert(http_link_is_quiet(net.link));
	ck_assert_int_eq(http_link_receive(net.link, &byte, 1, &moved), HTTP_LINK_LATER);
	http_link_close(net.link);
	net.link = NULL;
	peer_finish(&net.peer);
}
END_TEST

static void send_two_records(struct peer *peer)
{
	struct peer_link link;

	peer_accept(peer, &link);
	peer_send(&link, "one");
	peer_send(&link, "two");
	peer_read_rest(&link);
	peer_close(&link);
}

START_TEST(bytes_that_tls_holds_back_are_not_quiet)
{
	char bytes[3];

	peer_start(&net.peer, send_two_records,
		   authority_serve(&net.authority, "IP:127.0.0.1", 3600));
	open_to(net.peer.url);
	turn_until(&net.readable, 1);
	peer_sleep(20); /* both are here now */
	receive_all(bytes, 3);
	ck_assert(memcmp(bytes, "one", 3) == 0);
	ck_assert(!http_link_is_quiet(net.link));
	http_link_close(net.link);
	net.link = NULL;
	peer_finish(&net.peer);
}
END_TEST

static void read_late(struct peer *peer)
{
	struct peer_link link;

	peer_accept(peer, &link);
	peer_sleep(50);
	peer_read_rest(&link);
	peer_close(&link);
}

START_TEST(room_is_told_of_when_it_was_waited_for)
{
	static char bytes[1024 * 1024];
	size_t moved;
	enum http_link_io io;

	peer_start(&net.peer, read_late, NULL);
	open_to(net.peer.url);
	while ((io = http_link_send(net.link, bytes, sizeof(bytes), &moved)) == HTTP_LINK_DONE)
		;
	ck_assert_int_eq(io, HTTP_LINK_LATER);
	ck_assert(http_link_await_room(net.link, true));
	turn_until(&net.writable, 1);
	ck_assert_int_eq(http_link_send(net.link, bytes, sizeof(bytes), &moved), HTTP_LINK_DONE);
	ck_assert_uint_eq(net.readable, 0);
	http_link_close(net.link);
	net.link = NULL;
	peer_finish(&net.peer);
}
END_TEST

/* ---- who is trusted ---- */

static void accept_one(struct peer *peer)
{
	struct peer_link link;

	peer_accept(peer, &link);
	peer_read_rest(&link);
	peer_close(&link);
}

static void expect_distrust(SSL_CTX *tls, const char *error, const char *hint)
{
	peer_start(&net.peer, accept_one, tls);
	expect_failure(net.peer.url, error);
	ck_assert_msg(net.hint && strstr(net.hint, hint), "%s", net.hint);
	peer_finish(&net.peer);
}

START_TEST(a_certificate_for_another_host_is_refused)
{
	expect_distrust(
		authority_serve(&net.authority, "IP:127.0.0.2,DNS:localhost", 3600),
		"no alternative certificate subject name matches target host name '127.0.0.1'",
		"endpoint URL");
}
END_TEST

START_TEST(a_certificate_by_another_authority_is_refused)
{
	struct authority other;
	SSL_CTX *tls;

	authority_init(&other);
	tls = authority_serve(&other, "IP:127.0.0.1", 3600);
	authority_clear(&other);
	expect_distrust(tls, "unable to get local issuer certificate", "AWS_CA_BUNDLE");
}
END_TEST

START_TEST(a_certificate_that_has_expired_is_refused)
{
	expect_distrust(authority_serve(&net.authority, "IP:127.0.0.1", -60),
			"certificate has expired", "clock");
}
END_TEST

START_TEST(a_protocol_older_than_tls_1_2_is_refused)
{
	SSL_CTX *tls = authority_serve(&net.authority, "IP:127.0.0.1", 3600);

	SSL_CTX_set_security_level(tls, 0);
	SSL_CTX_set_min_proto_version(tls, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(tls, TLS1_1_VERSION);
	expect_distrust(tls, "protocol version", "TLS 1.2");
}
END_TEST

START_TEST(without_trust_tls_is_refused_before_anything_is_sent)
{
	trust_free(net.context.trust);
	net.context.trust = NULL;
	expect_failure("https://127.0.0.1:1", "https");
	ck_assert_ptr_null(strstr(net.error, "onnect"));
}
END_TEST

START_TEST(what_speaks_no_tls_is_refused)
{
	char url[80];

	peer_start(&net.peer, send_two_records, NULL);
	snprintf(url, sizeof(url), "https://%s", net.peer.authority);
	expect_failure(url, "SSL");
	peer_finish(&net.peer);
}
END_TEST

/* ---- connecting ---- */

START_TEST(where_nobody_listens_it_fails)
{
	char authority[64];
	char url[80] = "http://";

	peer_dead_authority(authority);
	strcat(url, authority);
	expect_failure(url, "Couldn't connect");
}
END_TEST

START_TEST(a_name_that_does_not_exist_fails)
{
	expect_failure("http://nobody.test", "nobody.test");
}
END_TEST

START_TEST(a_scheme_that_is_neither_http_nor_https_fails)
{
	expect_failure("file:///etc/passwd", "file");
}
END_TEST

static void say_nothing(struct peer *peer)
{
	struct peer_link link;

	peer_accept(peer, &link);
	peer_read_rest(&link);
	peer_close(&link);
}

START_TEST(a_handshake_that_never_comes_fails_in_time)
{
	char url[80];

	net.context.connect_timeout_us = (uint64_t)paced(50) * 1000;
	peer_start(&net.peer, say_nothing, NULL);
	snprintf(url, sizeof(url), "https://%s", net.peer.authority);
	expect_failure(url, "time");
	peer_finish(&net.peer);
}
END_TEST

START_TEST(a_link_may_be_closed_while_it_connects)
{
	for (int turns = 0; turns < 5; turns++) {
		unsigned failed;

		net.failed = 0;
		net.origin = (struct origin){.url = "http://127.0.0.1:1", .authority = ""};
		net.link = http_link_open(&net.context, &net.origin, &callbacks, &net);
		for (int turn = 0; turn < turns && net.failed == 0; turn++)
			loop_turn(net.loop, 0);
		failed = net.failed;
		http_link_close(net.link);
		net.link = NULL;
		for (int turn = 0; turn < 5; turn++)
			loop_turn(net.loop, 0);
		ck_assert_uint_eq(net.failed, failed);
		ck_assert_uint_eq(net.connected + net.readable + net.writable, 0);
	}
	http_link_close(NULL);
}
END_TEST

/* ---- names ---- */

static void wait_for_slow_answers(int count)
{
	while (names_slow_answered() < count)
		peer_sleep(5);
}

START_TEST(closing_does_not_wait_for_a_name)
{
	uint64_t start_us;

	net.origin = (struct origin){.url = "http://slow.test", .authority = ""};
	net.link = http_link_open(&net.context, &net.origin, &callbacks, &net);
	for (int i = 0; i < 10; i++)
		loop_turn(net.loop, 1000);
	start_us = clock_monotonic_us(clock_system());
	http_link_close(net.link);
	net.link = NULL;
	ck_assert_uint_lt(clock_monotonic_us(clock_system()) - start_us,
			  (uint64_t)paced(NAMES_SLOW_MS) * 1000 / 3);
	wait_for_slow_answers(1);
}
END_TEST

START_TEST(a_name_that_takes_too_long_fails_in_time_and_holds_nobody_up)
{
	uint64_t start_us = clock_monotonic_us(clock_system());

	net.context.connect_timeout_us = (uint64_t)paced(50) * 1000;
	expect_failure("http://slow.test", "time");
	ck_assert_uint_lt(clock_monotonic_us(clock_system()) - start_us,
			  (uint64_t)paced(NAMES_SLOW_MS) * 1000 * 2 / 3);
	wait_for_slow_answers(1);
}
END_TEST

/* ---- proxies ---- */

static void carry_bytes(struct peer *peer)
{
	struct peer_link link;

	peer_accept(peer, &link);
	peer_read_head(&link);
	ck_assert_ptr_eq(strstr(link.request, "CONNECT shop.test:80 HTTP/1.1\r\n"), link.request);
	peer_send(&link, "HTTP/1.1 200 OK\r\n\r\n");
	peer_answer(&link, "hi");
	ck_assert_ptr_eq(strstr(link.request, "GET / HTTP/1.1\r\n"), link.request);
	peer_close(&link);
}

START_TEST(a_proxy_of_the_environment_carries_bytes)
{
	char answer[41];

	peer_start(&net.peer, carry_bytes, NULL);
	setenv("http_proxy", net.peer.url, 1);
	open_to("http://shop.test");
	ck_assert_str_eq(net.error, "");
	send_all("GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n");
	receive_all(answer, 40);
	ck_assert(memcmp(answer, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 40) == 0);
	expect_closed();
	peer_finish(&net.peer);
}
END_TEST

START_TEST(a_proxy_that_refuses_is_named_in_the_error)
{
	char authority[64];

	peer_dead_authority(authority);
	setenv("http_proxy", authority, 1);
	expect_failure("http://shop.test", "127.0.0.1");
}
END_TEST

START_TEST(an_origin_may_bypass_the_proxy)
{
	char authority[64];

	peer_dead_authority(authority);
	setenv("http_proxy", authority, 1);
	peer_start(&net.peer, echo, NULL);
	net.origin = (struct origin){net.peer.url, net.peer.authority, true};
	net.link = http_link_open(&net.context, &net.origin, &callbacks, &net);
	turn_until(&net.connected, 1);
	expect_echo();
	peer_finish(&net.peer);
}
END_TEST

/* ---- out of memory ---- */

static void open_and_close(void *context)
{
	struct http_link *link;

	net.failed = net.connected = 0;
	net.origin = (struct origin){context, "", true};
	link = net.link = http_link_open(&net.context, &net.origin, &callbacks, &net);
	for (int i = 0; link != NULL && net.connected + net.failed == 0; i++) {
		ck_assert_msg(i < paced(PEER_PATIENCE_MS), "neither connected nor failed");
		loop_turn(net.loop, 2000);
	}
	ck_assert(net.connected == 1 || alloc_has_failed());
	http_link_close(net.link);
	net.link = NULL;
}

static void accept_many(struct peer *peer)
{
	do {
		struct peer_link link;

		peer_accept(peer, &link);
		peer_close(&link);
	} while (!peer_is_left_alone(peer, 200));
}

START_TEST(without_memory_a_link_fails_at_once)
{
	peer_start(&net.peer, accept_many, NULL);
	alloc_fail_each(open_and_close, net.peer.url);
	peer_finish(&net.peer);
}
END_TEST

/* The n-th request to watch a descriptor from now is refused; 0: none is. */
static size_t watch_refused;

int epoll_ctl(int epoll_fd, int operation, int fd, struct epoll_event *event)
{
	__typeof__(&epoll_ctl) real;

	if (operation != EPOLL_CTL_DEL && watch_refused > 0 && --watch_refused == 0) {
		errno = ENOSPC;
		return -1;
	}
	*(void **)&real = dlsym(RTLD_NEXT, "epoll_ctl");
	return real(epoll_fd, operation, fd, event);
}

/* Of the socket when it connects, when it waits for the handshake, and when it is ours. */
START_TEST(what_the_kernel_does_not_watch_fails_at_once)
{
	size_t n = 1;

	peer_start(&net.peer, accept_many, authority_serve(&net.authority, "IP:127.0.0.1", 3600));
	for (;; n++) {
		watch_refused = n;
		net.failed = net.connected = 0;
		open_to(net.peer.url);
		if (net.connected > 0)
			break;
	}
	ck_assert_uint_gt(n, 2);
	watch_refused = 0;
	http_link_close(net.link);
	net.link = NULL;
	peer_finish(&net.peer);
}
END_TEST

Suite *http_link_suite(void)
{
	Suite *suite = suite_create("http_link");
	TCase *tcase = tcase_create("all");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_set_timeout(tcase, 20);
	tcase_add_test(tcase, bytes_go_out_and_come_in);
	tcase_add_test(tcase, bytes_go_out_and_come_in_over_tls);
	tcase_add_test(tcase, much_comes_in_over_tls_and_nothing_is_left_behind);
	tcase_add_test(tcase, bytes_that_tls_holds_back_are_not_quiet);
	tcase_add_test(tcase, room_is_told_of_when_it_was_waited_for);
	tcase_add_test(tcase, a_certificate_for_another_host_is_refused);
	tcase_add_test(tcase, a_certificate_by_another_authority_is_refused);
	tcase_add_test(tcase, a_certificate_that_has_expired_is_refused);
	tcase_add_test(tcase, a_protocol_older_than_tls_1_2_is_refused);
	tcase_add_test(tcase, without_trust_tls_is_refused_before_anything_is_sent);
	tcase_add_test(tcase, what_speaks_no_tls_is_refused);
	tcase_add_test(tcase, where_nobody_listens_it_fails);
	tcase_add_test(tcase, a_name_that_does_not_exist_fails);
	tcase_add_test(tcase, a_scheme_that_is_neither_http_nor_https_fails);
	tcase_add_test(tcase, a_handshake_that_never_comes_fails_in_time);
	tcase_add_test(tcase, a_link_may_be_closed_while_it_connects);
	tcase_add_test(tcase, closing_does_not_wait_for_a_name);
	tcase_add_test(tcase, a_name_that_takes_too_long_fails_in_time_and_holds_nobody_up);
	tcase_add_test(tcase, a_proxy_of_the_environment_carries_bytes);
	tcase_add_test(tcase, a_proxy_that_refuses_is_named_in_the_error);
	tcase_add_test(tcase, an_origin_may_bypass_the_proxy);
	tcase_add_test(tcase, without_memory_a_link_fails_at_once);
	tcase_add_test(tcase, what_the_kernel_does_not_watch_fails_at_once);
	suite_add_tcase(suite, tcase);
	return suite;
}
