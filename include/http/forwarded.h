/*
 * Which client's request this is: the connection's peer, or behind trusted proxies the address that
 * they tell in X-Forwarded-For, or in Forwarded (RFC 7239).
 *
 * Each proxy appends the address that it was spoken to from, so the list is read from the right:
 * behind one proxy the last entry is its word, behind two the one before it. What stands further
 * left is whatever the client liked to write. A list that is too short, or has no address there,
 * did not come through these proxies (or not as they say), and the peer counts.
 */
#ifndef SHOPD_HTTP_FORWARDED_H
#define SHOPD_HTTP_FORWARDED_H

#include "base/config.h"
#include "base/ip.h"
#include "http/request.h"

/*
 * The entry that `proxies` (at least 1) proxies vouch for, of the header's lines in their order:
 * "203.0.113.9", "203.0.113.9:4711", "2001:db8::9", "[2001:db8::9]", "[2001:db8::9]:4711", in
 * Forwarded as `for`: "by=192.0.2.1;for=\"[2001:db8::9]:4711\";proto=https". False when there is
 * none, or it is no address. A comma ends an entry of Forwarded in quotes, too: else a client's
 * quote that has no end would hide what stands behind it.
 */
bool forwarded_read(enum proxy_header header, const char *const lines[], size_t count,
		    uint64_t proxies, struct ip *ip);

/* The client of a request that has a connection. */
struct ip forwarded_client(const struct request *rq);

#endif
