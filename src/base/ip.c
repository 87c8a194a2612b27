#include "base/ip.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

/* ::ffff:0:0/96 */
static const uint8_t ipv4_prefix[12] = {[10] = 0xff, [11] = 0xff};

static bool is_ipv4(const struct ip *ip)
{
	return memcmp(ip->bytes, ipv4_prefix, sizeof(ipv4_prefix)) == 0;
}

static struct ip of_ipv4(const void *bytes)
{
	struct ip ip;

	memcpy(ip.bytes, ipv4_prefix, sizeof(ipv4_prefix));
	memcpy(ip.bytes + sizeof(ipv4_prefix), bytes, 4);
	return ip;
}

bool ip_parse(struct span text, struct ip *ip)
{
	char copy[IP_TEXT_SIZE];
	uint8_t bytes[4];

	if (text.len >= sizeof(copy) || memchr(text.data, '\0', text.len))
		return false;
	memcpy(copy, text.data, text.len);
	copy[text.len] = '\0';
	if (inet_pton(AF_INET, copy, bytes) != 1)
		return inet_pton(AF_INET6, copy, ip->bytes) == 1;
	*ip = of_ipv4(bytes);
	return true;
}

struct ip ip_of_socket(const struct sockaddr *address)
{
	struct ip ip = {{0}};

	if (address && address->sa_family == AF_INET)
		return of_ipv4(&((const struct sockaddr_in *)(const void *)address)->sin_addr);
	if (address && address->sa_family == AF_INET6)
		memcpy(ip.bytes, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr,
		       sizeof(ip.bytes));
	return ip;
}

void ip_format(const struct ip *ip, char text[static IP_TEXT_SIZE])
{
	if (is_ipv4(ip))
		inet_ntop(AF_INET, ip->bytes + sizeof(ipv4_prefix), text, IP_TEXT_SIZE);
	else
		inet_ntop(AF_INET6, ip->bytes, text, IP_TEXT_SIZE);
}

struct ip ip_subscriber(const struct ip *ip)
{
	struct ip subscriber = *ip;

	if (!is_ipv4(ip))
		memset(subscriber.bytes + 8, 0, 8);
	return subscriber;
}

bool ip_is_private(const struct ip *ip)
{
	static const struct {
		uint8_t bytes[16];
		unsigned bits;
	} blocks[] = {
		{{[10] = 0xff, 0xff, 127}, 96 + 8},       /* loopback */
		{{[10] = 0xff, 0xff, 10}, 96 + 8},        /* RFC 1918 */
		{{[10] = 0xff, 0xff, 172, 16}, 96 + 12},  /* likewise */
		{{[10] = 0xff, 0xff, 192, 168}, 96 + 16}, /* likewise */
		{{[10] = 0xff, 0xff, 169, 254}, 96 + 16}, /* link-local */
		{{[10] = 0xff, 0xff, 100, 64}, 96 + 10},  /* RFC 6598 */
		{{[15] = 1}, 128},                        /* loopback */
		{{0xfc}, 7},                              /* RFC 4193 */
		{{0xfe, 0x80}, 10},                       /* link-local */
	};

	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		size_t whole = blocks[i].bits / 8;
		uint8_t mask = (uint8_t)(0xff00 >> blocks[i].bits % 8);

		if (memcmp(ip->bytes, blocks[i].bytes, whole) == 0 &&
		    (mask == 0 || (ip->bytes[whole] & mask) == blocks[i].bytes[whole]))
			return true;
	}
	return false;
}
