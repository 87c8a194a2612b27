/*
 * X-Forwarded-For and Forwarded, which anybody may write: the first byte is the number of proxies
 * and which of the two it is, the rest the header's lines. What is taken is an address, and nothing
 * that is written further left changes it.
 */
#include <stdlib.h>
#include <string.h>

#include "http/forwarded.h"

enum { TEXT_MAX = 1024, LINES_MAX = 8, PROXIES_MAX = 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool is_true)
{
	if (!is_true)
		abort();
}

static size_t split(char *text, const char *lines[LINES_MAX])
{
	size_t count = 0;

	for (char *at = text; at && count < LINES_MAX; count++)
		lines[count] = strsep(&at, "\n");
	return count;
}

static void try_address(const struct ip *ip)
{
	char text[IP_TEXT_SIZE];
	struct ip again;

	ip_format(ip, text);
	demand(ip_parse(span_of(text), &again));
	demand(memcmp(&again, ip, sizeof(again)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[TEXT_MAX];
	const char *lines[LINES_MAX + 1] = {"198.51.100.1, anything"};
	enum proxy_header header;
	uint64_t proxies;
	size_t count;
	struct ip ip;
	struct ip same;

	if (size == 0 || size > sizeof(text))
		return 0;
	proxies = data[0] % PROXIES_MAX + 1;
	header = data[0] / PROXIES_MAX % 2 ? PROXY_FORWARDED : PROXY_X_FORWARDED_FOR;
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	count = split(text, lines + 1);
	if (!forwarded_read(header, lines + 1, count, proxies, &ip))
		return 0;
	try_address(&ip);
	demand(forwarded_read(header, lines, count + 1, proxies, &same));
	demand(memcmp(&same, &ip, sizeof(ip)) == 0);
	return 0;
}
