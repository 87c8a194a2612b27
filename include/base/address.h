/*
 * Where to listen and where to connect, as people write it: "127.0.0.1:8080", "[::1]:8080",
 * "https://dynamodb.eu-west-1.amazonaws.com".
 *
 * Nothing here asks the network: a name is a name, and only "localhost" is known without asking.
 */
#ifndef SHOPD_BASE_ADDRESS_H
#define SHOPD_BASE_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct address {
	struct span host; /* an IPv6 address has no brackets here */
	uint16_t port;    /* 0: none was given */
};

/* "host", "host:port", "[ipv6]" or "[ipv6]:port"; ports are 1 to 65535. False for anything else. */
bool address_parse(struct span text, struct address *address);

/*
 * "https://" or "http://" in lower case and an address, at most one "/" behind it: no path, query
 * or user name. `is_tls` is true for https.
 */
bool address_parse_url(struct span text, struct address *address, bool *is_tls);

/* An IPv4 or IPv6 address in numbers. */
bool address_is_numeric(struct span host);

/* This machine: "localhost", 127.0.0.0/8, ::1. */
bool address_is_loopback(struct span host);

/*
 * Never beyond the next router: 169.254.0.0/16 and fe80::/10, and fd00:ec2::/32, where EC2 and EKS
 * keep their metadata (Amazon EC2 User Guide, "Instance metadata").
 */
bool address_is_link_local(struct span host);

#endif
