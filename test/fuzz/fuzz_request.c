/*
 * The whole path of a request: bytes on a connection, through libmicrohttpd, framing, router,
 * access control, body, steps and repositories to a scripted DynamoDB, and back. All of it is the
 * daemon's own code; only the network and the clocks are others.
 *
 * The first byte of an input chooses the server, "0" to "3": nobody is asked who he is; callers are
 * asked; they are, and If-Match is required; the operators' listener. With "4" to "7" it is the
 * same, but the client leaves without waiting. Then comes what the client sends, in which GS (0x1d)
 * ends what is sent at once, and US (0x1f) with a count and a byte stands for 64 times as many of
 * that byte; and behind an RS (0x1e) what DynamoDB says (request_backend.h).
 *
 * What is demanded of the answers and the log is in request_judge.h. Besides, every connection
 * comes to its end, and every request with it. FUZZ_REQUEST_SHOW=1 in the environment prints both.
 */
#include <errno.h>
#include <sanitizer/common_interface_defs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "api/app.h"
#include "api/routes.h"
#include "base/log.h"
#include "http/access.h"
#include "http/idempotency.h"
#include "http/server.h"
#include "repo/idempotency_repo.h"
#include "repo/owner_repo.h"
#include "request_backend.h"
#include "request_judge.h"

enum {
	TURN_ENDS = 0x1d,
	SCRIPT_BEGINS = 0x1e,
	REPEATED = 0x1f,
	REPEATED_BYTES = 64,
	SENT_MAX = 128 * 1024,
	RECEIVED_MAX = 4 * 1024 * 1024,
	LOG_MAX = 1024 * 1024,
	SERVERS = 4,
	QUIET_TURNS = 3,
	ROUNDS_MAX = 2000,
	ROUND_US = 100 * 1000,
	CALL_US = 100 * 1000,
	START_WALL_S = 1440938160, /* 2015-08-30T12:36:00Z */
};

#define SECRET "a-secret-access-key"
#define PAYMENT_SECRET "a-secret-of-the-shop"
#define KEY_SECRET "5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e"

const char *const request_judge_secrets[] = {SECRET, PAYMENT_SECRET, KEY_SECRET, NULL};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
	uint64_t now_us;
	uint64_t began_us; /* this input */
	struct clock clock;
	struct loop *loop;
	struct request_backend backend;
	struct digest *digest;
	struct credentials *credentials;
	struct aws_client_options client_options;
	struct repo repo;
	struct app_status status;
	struct app app;
	struct idempotency_store idempotency;
	struct access access;
	struct config config[SERVERS];
	int listen_fd[SERVERS];
	struct server *server[SERVERS];
	int stderr_fd; /* the true one */
	int log_fd;
	bool is_shown; /* what the server says is printed */
} world;

static struct visit {
	struct server *server;
	int listen_fd;
	int fd;
	bool leaves;
	bool is_closed; /* by the server */
	char sent[SENT_MAX];
	size_t sent_len;
	size_t known_len; /* with what DynamoDB says behind it */
	char received[RECEIVED_MAX + 1];
	size_t received_len;
} visit;

static void demand(bool is_true, const char *what)
{
	if (!is_true)
		dup2(world.stderr_fd, STDERR_FILENO);
	request_judge_demand(is_true, what);
}

/* ---- what is there all the time ---- */

static uint64_t monotonic_us(void *context)
{
	(void)context;
	return world.now_us;
}

static int64_t wall_ms(void *context)
{
	(void)context;
	return START_WALL_S * INT64_C(1000) + (int64_t)((world.now_us - world.began_us) / 1000);
}

static uint32_t not_random(void *context)
{
	(void)context;
	return UINT32_MAX / 2;
}

/* A token is its user's id. */
static enum jwt_result read_token(void *context, struct request *rq,
				  const struct shown_token *token, struct caller *caller)
{
	const char *id = arena_copy(&rq->arena, token->text, strlen(token->text));

	(void)context;
	if (id == NULL || strlen(id) + 1 != ID_SIZE)
		return JWT_MALFORMED;
	*caller = (struct caller){CALLER_SHOPPER, id, 0, "shopper"};
	return JWT_OK;
}

static void write_metrics(struct app *app, struct buf *out)
{
	(void)app;
	buf_add_str(out, "shopd_requests_total 1\n");
}

static bool is_cut_off(const struct app *app)
{
	(void)app;
	return false;
}

static int make_file(const char *text)
{
	int fd = memfd_create("fuzz", 0);

	demand(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), "a file");
	return fd;
}

static struct api_keys *make_keys(void)
{
	char why[API_KEY_WHY_SIZE];
	char path[64];
	struct api_keys *keys;
	int fd = make_file("0123456789ab boss admin a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1 "
			   "07054ae288e18a493c21e187e32b5609a301f6c10dc4c138e46a8076e4ea9494\n");

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	keys = api_keys_read(path, NULL, why);
	demand(keys != NULL, why);
	close(fd);
	return keys;
}

static void read_config(struct config *config, bool is_match_required)
{
	static char *environment[] = {"AWS_REGION=eu-west-1",
				      "AWS_ACCESS_KEY_ID=AKID",
				      "AWS_SECRET_ACCESS_KEY=" SECRET,
				      "AWS_EC2_METADATA_DISABLED=true",
				      "SHOPD_CURRENCY=EUR",
				      "SHOPD_MAX_BODY=16KiB",
				      "SHOPD_PAYMENT_SECRET=" PAYMENT_SECRET,
				      NULL};
	struct buf mistakes = {0};

	buf_init(&mistakes, 10000);
	demand(config_read(config, environment, &mistakes), buf_text(&mistakes));
	buf_clear(&mistakes);
	config->is_match_required = is_match_required;
}

static void on_credentials(void *context)
{
	(void)context;
}

static void make_repo(void)
{
	static const struct origin origin = {.url = "http://db:1", .authority = "db:1"};

	world.digest = digest_new();
	world.credentials = credentials_new(&(struct credentials_options){
		.config = &world.config[0],
		.loop = world.loop,
		.transport = &world.backend.transport,
		.digest = world.digest,
		.random = not_random,
	});
	credentials_start(world.credentials, on_credentials, NULL);
	loop_turn(world.loop, 0);
	world.client_options = (struct aws_client_options){
		.service = "dynamodb",
		.region = "eu-west-1",
		.protocol = &aws_protocol_json,
		.origin = &origin,
		.transport = &world.backend.transport,
		.loop = world.loop,
		.credentials = world.credentials,
		.digest = world.digest,
		.policy = &retry_policy_dynamodb,
		.attempt_timeout_us = 1500000,
		.answer_max = 1 << 20,
		.random = not_random,
	};
	world.repo = (struct repo){
		.db = {.loop = world.loop, .table = "shop", .partition_key = "pk"},
		.clock = &world.clock,
		.digest = world.digest,
		.write_shards = 2,
		.writer = "70000000-0000-4000-8000-000000000001",
		.cursor_key = "any key",
	};
}

static int listen_on_nothing(void)
{
	/* The kernel gives it a name of its own. */
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	demand(bind(fd, (struct sockaddr *)&address, sizeof(address.sun_family)) == 0, "bind");
	demand(listen(fd, 10) == 0, "listen");
	return fd;
}

static void make_server(size_t index)
{
	const struct server_options options = {
		.loop = world.loop,
		.config = &world.config[index],
		.routes = index == 3 ? admin_routes : api_routes,
		.listen_fd = world.listen_fd[index] = listen_on_nothing(),
		.max_connections = world.config[index].max_connections,
		.repo = &world.repo,
		.app = &world.app,
		.idempotency = &world.idempotency,
		.access = index == 1 || index == 2 ? &world.access : NULL,
	};

	world.server[index] = server_new(&options);
	demand(world.server[index] != NULL && server_open(world.server[index]), "a server");
	server_set_ready(world.server[index]);
}

static void begin(void)
{
	log_configure(LOG_INFO, LOG_JSON);
	world.is_shown = getenv("FUZZ_REQUEST_SHOW") != NULL;
	world.stderr_fd = dup(STDERR_FILENO);
	world.log_fd = memfd_create("log", 0);
	__sanitizer_set_report_fd((void *)(intptr_t)world.stderr_fd);
	world.now_us = UINT64_C(1000) * 1000 * 1000;
	world.clock = (struct clock){monotonic_us, wall_ms, NULL};
	world.loop = loop_new(&world.clock);
	request_backend_init(&world.backend, world.loop);
	for (size_t i = 0; i < SERVERS; i++)
		read_config(&world.config[i], i == 2);
	make_repo();
	world.app = (struct app){&world.status, write_metrics, is_cut_off, NULL};
	world.idempotency = (struct idempotency_store){idempotency_repo_find, idempotency_repo_keep,
						       world.digest};
	world.access = (struct access){.keys = make_keys(),
				       .digest = world.digest,
				       .find_owner = owner_repo_find,
				       .read_token = read_token,
				       .has_balancers = true};
	for (size_t i = 0; i < SERVERS; i++)
		make_server(i);
}

/* ---- one visit ---- */

static bool receive(void)
{
	ssize_t got = recv(visit.fd, visit.received + visit.received_len,
			   RECEIVED_MAX - visit.received_len, MSG_DONTWAIT);

	if (got == 0 || (got < 0 && errno == ECONNRESET))
		visit.is_closed = true;
	if (got > 0)
		visit.received_len += (size_t)got;
	demand(visit.received_len < RECEIVED_MAX, "answers have an end");
	return got > 0;
}

/* Until nothing happens any more; only calls take time. */
static void settle(void)
{
	for (int quiet = 0; quiet < QUIET_TURNS; quiet++) {
		bool was_busy = world.backend.waiting != NULL;

		if (was_busy)
			world.now_us += CALL_US;
		loop_turn(world.loop, 0);
		if (was_busy || (!visit.leaves && receive()))
			quiet = -1;
	}
}

static void connect_visit(void)
{
	struct sockaddr_un address;
	socklen_t len = sizeof(address);

	getsockname(visit.listen_fd, (struct sockaddr *)&address, &len);
	visit.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	demand(connect(visit.fd, (struct sockaddr *)&address, len) == 0, "connect");
}

/* What the server has no room for while it does not read is not sent. */
static void send_piece(const char *data, size_t len)
{
	for (size_t done = 0; done < len && !visit.is_closed;) {
		ssize_t now = send(visit.fd, data + done, len - done, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (now > 0)
			done += (size_t)now;
		settle();
		if (now <= 0)
			return;
	}
}

/* Takes the client's part off the front of the input. */
static void unpack(struct span *input)
{
	const uint8_t *at = (const uint8_t *)input->data;
	const uint8_t *end = at + input->len;

	for (visit.sent_len = 0; at < end && *at != SCRIPT_BEGINS; at++) {
		size_t count = 1;

		if (*at == REPEATED && end - at > 2) {
			count = (size_t)at[1] * REPEATED_BYTES;
			at += 2;
		}
		if (count > SENT_MAX - visit.sent_len)
			count = SENT_MAX - visit.sent_len;
		memset(visit.sent + visit.sent_len, *at, count);
		visit.sent_len += count;
	}
	at += at < end;
	*input = (struct span){(const char *)at, (size_t)(end - at)};
	visit.known_len = visit.sent_len;
	if (input->len > 0 && input->len <= SENT_MAX - visit.sent_len) {
		memcpy(visit.sent + visit.sent_len, input->data, input->len);
		visit.known_len += input->len;
	}
}

static void send_all(void)
{
	struct span rest = {visit.sent, visit.sent_len};

	while (rest.len > 0) {
		const char *end = memchr(rest.data, TURN_ENDS, rest.len);
		size_t len = end != NULL ? (size_t)(end - rest.data) : rest.len;

		send_piece(rest.data, len);
		rest.data += len + (end != NULL);
		rest.len -= len + (end != NULL);
	}
}

/* Time passes until the server has no more to say, and nothing is left of the visit. */
static void end_visit(void)
{
	int round = 0;

	if (visit.leaves)
		close(visit.fd);
	else
		shutdown(visit.fd, SHUT_WR);
	for (; round < ROUNDS_MAX; round++) {
		settle();
		if (visit.leaves || visit.is_closed)
			break;
		world.now_us += ROUND_US;
	}
	demand(round < ROUNDS_MAX, "the server closes the connection");
	if (!visit.leaves)
		close(visit.fd);
	for (round = 0; round < ROUNDS_MAX &&
			server_connections(visit.server) + server_requests(visit.server) > 0;
	     round++) {
		world.now_us += ROUND_US;
		settle();
	}
	demand(round < ROUNDS_MAX, "requests end with their connection");
}

static void judge(void)
{
	static char log[LOG_MAX];
	struct span known = {visit.sent, visit.known_len};
	ssize_t logged;

	log_flush();
	dup2(world.stderr_fd, STDERR_FILENO);
	logged = pread(world.log_fd, log, sizeof(log), 0);
	demand(logged >= 0 && logged < LOG_MAX, "a short log");
	demand(ftruncate(world.log_fd, 0) == 0 && lseek(world.log_fd, 0, SEEK_SET) == 0, "a log");
	request_judge_log((struct span){log, (size_t)logged}, known);
	visit.received[visit.received_len] = '\0';
	if (world.is_shown)
		fprintf(stderr, "%.*s%s\n", (int)logged, log, visit.received);
	request_judge_answers((struct span){visit.received, visit.received_len}, known,
			      visit.is_closed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = {(const char *)data + 1, size - 1};
	unsigned mode;

	if (size == 0)
		return 0;
	if (world.loop == NULL)
		begin();
	mode = (unsigned)(data[0] - '0');
	visit.server = world.server[mode % SERVERS];
	visit.listen_fd = world.listen_fd[mode % SERVERS];
	visit.leaves = (mode & SERVERS) != 0;
	visit.is_closed = false;
	visit.received_len = 0;
	unpack(&input);
	dup2(world.log_fd, STDERR_FILENO);
	world.began_us = world.now_us;
	world.repo.db.client = aws_client_new(&world.client_options);
	demand(world.repo.db.client != NULL, "a client");
	request_backend_play(&world.backend, input);
	connect_visit();
	send_all();
	end_visit();
	aws_client_free(world.repo.db.client);
	judge();
	return 0;
}
