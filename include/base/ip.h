/*
 * An IP address as a value: to tell clients apart.
 */
#ifndef SHOPD_BASE_IP_H
#define SHOPD_BASE_IP_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

enum { IP_TEXT_SIZE = INET6_ADDRSTRLEN };

/* Zeroed: "::", which is nobody's. */
struct ip {
	uint8_t bytes[16]; /* of IPv4 as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2) */
};

/* In numbers, without brackets, port or zone. False for anything else. */
bool ip_parse(struct span text, struct ip *ip);

/* Of a socket; "::" for one that is neither IPv4 nor IPv6. */
struct ip ip_of_socket(const struct sockaddr *address);

/* As people write it; IPv4 with dots. */
void ip_format(const struct ip *ip, char text[static IP_TEXT_SIZE]);

/*
 * What belongs to one subscriber: an IPv4 address as it is, of an IPv6 address the first 64 bits,
 * for the others are the subscriber's to choose (RFC 6177).
 */
struct ip ip_subscriber(const struct ip *ip);

/*
 * Whether an address is never one of the public internet: loopback, private use (RFC 1918, RFC
 * 4193), link-local, and what carriers and clouds share within (RFC 6598). Seen as a peer it is a
 * load balancer, a proxy or a neighbour.
 */
bool ip_is_private(const struct ip *ip);

#endif
