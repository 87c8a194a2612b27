/*
 * Signs what it reads, for comparison with another implementation.
 *
 * Both ways netstrings ("3:abc,"), so that any byte can occur. In, for each case: date, region,
 * service, access key, secret, method, path, query, body, number of headers, and name and value of
 * each. Out: canonical request, string to sign, signature, value of the Authorization header; or,
 * when the request is refused, four empty ones.
 *
 * With --time: the cost of one signature of a usual request to DynamoDB, in nanoseconds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/aws_head.h"
#include "aws/sigv4.h"
#include "base/clock.h"

enum { FIELD_MAX = 1 << 20 };

static char *read_field(size_t *len)
{
	size_t size = 0;
	char *text;
	int c = getchar();

	if (c == EOF)
		return NULL;
	for (; c >= '0' && c <= '9' && size <= FIELD_MAX; c = getchar())
		size = size * 10 + (size_t)(c - '0');
	if (c != ':')
		exit(2);
	if (size > FIELD_MAX || !(text = malloc(size + 1)))
		exit(2);
	if (fread(text, 1, size, stdin) != size || getchar() != ',')
		exit(2);
	text[size] = '\0';
	if (len)
		*len = size;
	return text;
}

static char *must_read(size_t *len)
{
	char *text = read_field(len);

	if (!text)
		exit(2);
	return text;
}

static void write_field(const char *text, size_t len)
{
	printf("%zu:", len);
	fwrite(text, 1, len, stdout);
	putchar(',');
}

static void write_buf(const struct buf *buf)
{
	write_field(buf_text(buf), buf->len);
}

static size_t read_headers(struct sigv4_header *headers)
{
	char *number = must_read(NULL);
	size_t count = strtoul(number, NULL, 10);

	free(number);
	if (count > SIGV4_HEADERS_MAX)
		exit(2);
	for (size_t i = 0; i < count; i++) {
		headers[i].name.data = must_read(&headers[i].name.len);
		headers[i].value.data = must_read(&headers[i].value.len);
	}
	return count;
}

static void sign(struct sigv4 *signer, const struct sigv4_request *request, const char *date,
		 const struct aws_keys *keys)
{
	struct buf authorization;

	buf_init(&authorization, 64 * 1024);
	if (sigv4_sign(signer, request, date, keys, &authorization)) {
		write_buf(&signer->canonical_request);
		write_buf(&signer->string_to_sign);
		write_field(signer->signature, strlen(signer->signature));
		write_buf(&authorization);
	} else {
		for (int i = 0; i < 4; i++)
			write_field("", 0);
	}
	fflush(stdout);
	buf_clear(&authorization);
}

static void free_request(struct sigv4_request *request)
{
	for (size_t i = 0; i < request->header_count; i++) {
		free((char *)(uintptr_t)request->headers[i].name.data);
		free((char *)(uintptr_t)request->headers[i].value.data);
	}
	free((char *)(uintptr_t)request->method);
	free((char *)(uintptr_t)request->path.data);
	free((char *)(uintptr_t)request->query.data);
	free((char *)(uintptr_t)request->body.data);
}

static bool run_case(struct digest *digest)
{
	struct sigv4_header headers[SIGV4_HEADERS_MAX];
	struct sigv4_request request = {.headers = headers};
	struct aws_keys keys = {0};
	char *date = read_field(NULL);
	char *region, *service;
	struct sigv4 signer;

	if (!date)
		return false;
	region = must_read(NULL);
	service = must_read(NULL);
	keys.access_key = must_read(NULL);
	keys.secret = must_read(NULL);
	request.method = must_read(NULL);
	request.path.data = must_read(&request.path.len);
	request.query.data = must_read(&request.query.len);
	request.body.data = must_read(&request.body.len);
	request.header_count = read_headers(headers);
	sigv4_init(&signer, digest, region, service);
	sign(&signer, &request, date, &keys);
	sigv4_clear(&signer);
	aws_keys_clear(&keys);
	free_request(&request);
	free(date);
	free(region);
	free(service);
	return true;
}

static void measure(struct digest *digest)
{
	enum { ROUNDS = 200000 };
	static const char body[] =
		"{\"TableName\":\"shop\",\"Key\":{\"pk\":{\"S\":\"P#2c5ea4c0-4067-11e9-8bad-9b1deb4d3b7d\"},"
		"\"sk\":{\"S\":\"#\"}},\"ReturnConsumedCapacity\":\"TOTAL\"}";
	struct aws_keys keys = {.access_key = (char[]){"AKIDEXAMPLE"},
				.secret = (char[]){"secret"}};
	struct aws_head head = {
		.authority = "dynamodb.eu-west-1.amazonaws.com",
		.content_type = "application/x-amz-json-1.0",
		.target = "DynamoDB_20120810.GetItem",
		.date = "20150830T123600Z",
		.body = {body, sizeof(body) - 1},
	};
	uint64_t start_us = clock_monotonic_us(clock_system());
	struct sigv4 signer;
	struct buf out;

	sigv4_init(&signer, digest, "eu-west-1", "dynamodb");
	buf_init(&out, 8192);
	for (int i = 0; i < ROUNDS; i++) {
		buf_reset(&out);
		if (!aws_head_write(&head, &signer, &keys, &out))
			exit(2);
	}
	printf("%.0f\n", (double)(clock_monotonic_us(clock_system()) - start_us) * 1000.0 / ROUNDS);
	buf_clear(&out);
	sigv4_clear(&signer);
}

int main(int argc, char **argv)
{
	struct digest *digest = digest_new();

	if (!digest)
		return 2;
	if (argc > 1 && strcmp(argv[1], "--time") == 0) {
		measure(digest);
	} else {
		while (run_case(digest))
			;
	}
	digest_free(digest);
	return 0;
}
