#include <check.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "certificate.h"
#include "http/connection.h"
#include "peer.h"
#include "serving.h"
#include "written.h"

#define GET "GET /hello HTTP/1.1\r\nHost: test\r\n\r\n"

enum { DAY_S = 86400, PATIENCE_MS = 3000, SECOND_US = 1000 * 1000 };

static struct authority authority;
static struct tls_identity *identities[2];
static SSL_CTX *context;

/* A visitor who speaks TLS. */
struct guest {
	struct visitor visitor;
	SSL *tls;
};

static struct tls_identity *make_identity(void)
{
	const struct identity_paths paths = {written_path("cert"), written_path("key"), DAY_S, 0};
	EVP_PKEY *key = EVP_EC_gen("P-256");
	char why[TLS_IDENTITY_WHY_SIZE];
	struct tls_identity *identity;

	authority_write(&authority, key, NULL, &paths);
	EVP_PKEY_free(key);
	identity = tls_identity_read(paths.certificate, paths.key, why);
	ck_assert_msg(identity != NULL, "%s", why);
	return identity;
}

static void set_up(void)
{
	written_set_up();
	authority_init(&authority);
	context = SSL_CTX_new(TLS_client_method());
	for (size_t i = 0; i < 2; i++)
		identities[i] = make_identity();
	serving_init();
	serving.identity = identities[0];
	serving_start(serving_routes);
}

static void tear_down(void)
{
	serving_stop();
	for (size_t i = 0; i < 2; i++)
		tls_identity_release(identities[i]);
	SSL_CTX_free(context);
	authority_clear(&authority);
	written_tear_down();
}

static void arrive(struct guest *guest)
{
	visitor_connect(&guest->visitor);
	fcntl(guest->visitor.fd, F_SETFL, O_NONBLOCK);
	setsockopt(guest->visitor.fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	guest->tls = SSL_new(context);
	SSL_set_fd(guest->tls, guest->visitor.fd);
}

static void shake_hands(struct guest *guest)
{
	arrive(guest);
	for (int i = 0; SSL_connect(guest->tls) != 1; i++) {
		ck_assert_msg(i < paced(PATIENCE_MS), "no handshake");
		loop_turn(serving.loop, 1000);
	}
	for (int i = 0; i < 4; i++)
		loop_turn(serving.loop, 1000);
}

static void leave(struct guest *guest)
{
	SSL_free(guest->tls);
	visitor_leave(&guest->visitor);
}

/* Sends bytes, and waits for so many answers, whose heads each are in one record. */
static void ask(struct guest *guest, const char *text, size_t len, size_t count)
{
	char bytes[16 * 1024];

	ck_assert_int_eq(SSL_write(guest->tls, text, (int)len), (int)len);
	for (int i = 0; count > 0; i++) {
		int got = SSL_read(guest->tls, bytes, sizeof(bytes) - 1);

		ck_assert_msg(i < paced(PATIENCE_MS), "no answer");
		loop_turn(serving.loop, 1000);
		bytes[got > 0 ? got : 0] = '\0';
		for (char *at = bytes; (at = strstr(at, "HTTP/1.1 200")) != NULL; at++)
			count--;
	}
}

/* The number of the certificate that was shown. */
static long serial_of(struct guest *guest)
{
	X509 *certificate = SSL_get1_peer_certificate(guest->tls);
	long serial = ASN1_INTEGER_get(X509_get0_serialNumber(certificate));

	X509_free(certificate);
	return serial;
}

static struct connection *only_connection(void)
{
	ck_assert_uint_eq(server_connections(serving.server), 1);
	return serving.server->connections;
}

START_TEST(requests_are_served_and_their_connection_is_parked)
{
	struct guest guest;

	shake_hands(&guest);
	for (int i = 0; i < 5; i++)
		ask(&guest, GET, strlen(GET), 1);
	for (int i = 0; serving.server->parked_count == 0; i++) {
		ck_assert_int_lt(i, paced(PATIENCE_MS));
		loop_turn(serving.loop, 1000);
	}
	ask(&guest, GET, strlen(GET), 1);
	ck_assert_uint_eq(serving.hello, 6);
	leave(&guest);
}
END_TEST

/* What libmicrohttpd has no room for stays with GnuTLS, and no socket tells of it. */
START_TEST(more_in_a_record_than_is_taken_at_once_is_answered)
{
	static char text[16 * 1024];
	struct guest guest;
	size_t len = 0;

	while (len + strlen(GET) < sizeof(text))
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s", GET);
	shake_hands(&guest);
	ask(&guest, text, len, len / strlen(GET));
	leave(&guest);
}
END_TEST

START_TEST(a_new_identity_is_for_new_connections)
{
	struct guest before;
	struct guest after;

	shake_hands(&before);
	server_set_identity(serving.server, identities[1]);
	shake_hands(&after);
	ck_assert_int_eq(serial_of(&after), serial_of(&before) + 1);
	tls_identity_release(identities[0]);
	identities[0] = NULL;
	ask(&before, GET, strlen(GET), 1);
	ask(&after, GET, strlen(GET), 1);
	leave(&before);
	leave(&after);
}
END_TEST

START_TEST(what_is_no_tls_is_closed)
{
	struct guest guest;

	arrive(&guest);
	visitor_send(&guest.visitor, GET);
	ck_assert(visitor_is_sent_away(&guest.visitor));
	ck_assert_uint_eq(serving.hello, 0);
	leave(&guest);
}
END_TEST

START_TEST(a_handshake_has_as_long_as_a_request)
{
	struct guest guest;

	arrive(&guest);
	visitor_send_bytes(&guest.visitor, "\x16\x03\x01", 3);
	serving_wait_for_connections(1);
	serving_jump(2 * SECOND_US);
	serving_jump(SERVING_READ_DEADLINE_US - SECOND_US);
	ck_assert_uint_eq(server_connections(serving.server), 1);
	visitor_send_bytes(&guest.visitor, "\x02", 1);
	serving_jump(2 * SECOND_US);
	ck_assert(visitor_is_sent_away(&guest.visitor));
	leave(&guest);
}
END_TEST

START_TEST(behind_a_handshake_a_connection_may_be_idle)
{
	struct guest guest;

	shake_hands(&guest);
	for (int i = 0; i < 4; i++)
		serving_jump(SERVING_READ_DEADLINE_US);
	ck_assert(only_connection()->tls.is_established);
	ck_assert(visitor_is_left_alone(&guest.visitor) || server_connections(serving.server) == 1);
	ask(&guest, GET, strlen(GET), 1);
	leave(&guest);
}
END_TEST

START_TEST(behind_a_handshake_half_a_line_is_not_idle)
{
	struct guest guest;

	shake_hands(&guest);
	serving_jump(2 * SECOND_US);
	ck_assert(only_connection()->tls.is_established);
	ck_assert_int_eq(SSL_write(guest.tls, GET, 5), 5);
	serving_pass(20);
	serving_jump(2 * SECOND_US);
	serving_jump(SERVING_READ_DEADLINE_US + SECOND_US);
	serving_wait_for_connections(0);
	leave(&guest);
}
END_TEST

Suite *connection_tls_suite(void)
{
	Suite *suite = suite_create("connection_tls");
	TCase *tests = tcase_create("connection_tls");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, requests_are_served_and_their_connection_is_parked);
	tcase_add_test(tests, more_in_a_record_than_is_taken_at_once_is_answered);
	tcase_add_test(tests, a_new_identity_is_for_new_connections);
	tcase_add_test(tests, what_is_no_tls_is_closed);
	tcase_add_test(tests, a_handshake_has_as_long_as_a_request);
	tcase_add_test(tests, behind_a_handshake_a_connection_may_be_idle);
	tcase_add_test(tests, behind_a_handshake_half_a_line_is_not_idle);
	suite_add_tcase(suite, tests);
	return suite;
}
