#include "base/address.h"

#include <arpa/inet.h>
#include <string.h>

/* RFC 1035: a host's name has at most 253 characters as text. */
enum { HOST_MAX = 253 };

static bool is_host_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '.';
}

static bool is_name(struct span host)
{
	if (host.len == 0 || host.len > HOST_MAX || host.data[0] == '-' || host.data[0] == '.')
		return false;
	for (size_t i = 0; i < host.len; i++) {
		if (!is_host_character(host.data[i]))
			return false;
	}
	return true;
}

/* An address in numbers: 4 bytes, or 16, or 0 when it is a name. */
static size_t numeric(struct span host, uint8_t bytes[static 16])
{
	char text[INET6_ADDRSTRLEN];

	if (host.len >= sizeof(text))
		return 0;
	memcpy(text, host.data, host.len);
	text[host.len] = '\0';
	if (inet_pton(AF_INET, text, bytes) == 1)
		return 4;
	return inet_pton(AF_INET6, text, bytes) == 1 ? 16 : 0;
}

/* Nothing, or ":" and a port. */
static bool parse_port(struct span text, uint16_t *port)
{
	uint64_t number = 0;

	if (text.len > 0 && (text.data[0] != ':' ||
			     !text_parse_u64((struct span){text.data + 1, text.len - 1}, &number) ||
			     number < 1 || number > UINT16_MAX))
		return false;
	*port = (uint16_t)number;
	return true;
}

/*
 * The end of an address's host: the closing bracket (NULL if that is missing), a colon, or the end.
 */
static const char *host_end(struct span text)
{
	const char *colon = memchr(text.data, ':', text.len);

	if (text.data[0] == '[')
		return memchr(text.data, ']', text.len);
	return colon ? colon : span_end(text);
}

bool address_parse(struct span text, struct address *address)
{
	uint8_t bytes[16];
	struct span host, rest;
	const char *end;
	uint16_t port;

	if (text.len == 0)
		return false;
	end = host_end(text);
	if (!end)
		return false;
	host = (struct span){text.data, (size_t)(end - text.data)};
	if (*text.data == '[') {
		host = (struct span){text.data + 1, host.len - 1};
		end++;
	}
	if (*text.data == '[' ? numeric(host, bytes) != 16 : !is_name(host))
		return false;
	rest = (struct span){end, text.len - (size_t)(end - text.data)};
	if (!parse_port(rest, &port))
		return false;
	*address = (struct address){host, port};
	return true;
}

static bool begins_with(struct span text, const char *prefix)
{
	size_t len = strlen(prefix);

	return text.len >= len && memcmp(text.data, prefix, len) == 0;
}

bool address_parse_url(struct span text, struct address *address, bool *is_tls)
{
	bool is_https = begins_with(text, "https://");
	size_t scheme = is_https ? strlen("https://") : strlen("http://");

	if (!is_https && !begins_with(text, "http://"))
		return false;
	text = (struct span){text.data + scheme, text.len - scheme};
	if (text.len > 0 && text.data[text.len - 1] == '/')
		text.len--;
	if (!address_parse(text, address))
		return false;
	*is_tls = is_https;
	return true;
}

bool address_is_numeric(struct span host)
{
	uint8_t bytes[16];

	return numeric(host, bytes) > 0;
}

bool address_is_loopback(struct span host)
{
	static const uint8_t loopback[16] = {[15] = 1};
	uint8_t bytes[16];

	switch (numeric(host, bytes)) {
	case 4:
		return bytes[0] == 127;
	case 16:
		return memcmp(bytes, loopback, sizeof(loopback)) == 0;
	default:
		return span_equals_nocase(host, "localhost");
	}
}

bool address_is_link_local(struct span host)
{
	static const uint8_t metadata[4] = {0xfd, 0x00, 0x0e, 0xc2};
	uint8_t bytes[16];

	switch (numeric(host, bytes)) {
	case 4:
		return bytes[0] == 169 && bytes[1] == 254;
	case 16:
		return (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80) ||
		       memcmp(bytes, metadata, sizeof(metadata)) == 0;
	default:
		return false;
	}
}
