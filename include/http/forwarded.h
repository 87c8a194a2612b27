/*
 * Which client's request this is: the connection's peer, or behind trusted proxies the address that
 * they tell in X-Forwarded-For.
 *
 * Each proxy appends the address that it was spoken to from, so the list is read from the right:
 * behind one proxy the last entry is its word, behind two the one before it. What stands further
 * left is whatever the client liked to write. A list that is too short, or has no address there,
 * did not come through these proxies (or not as they say), and the peer counts.
 */
#ifndef SHOPD_HTTP_FORWARDED_H
#define SHOPD_HTTP_FORWARDED_H

#include "base/ip.h"
#include "http/request.h"

/*
 * The entry that `proxies` (at least 1) proxies vouch for, of the header's lines in their order:
 * "203.0.113.9", "203.0.113.9:4711", "2001:db8::9", "[2001:db8::9]", "[2001:db8::9]:4711". False
 * when there is none, or it is no address.
 */
bool forwarded_read(const char *const lines[], size_t count, uint64_t proxies, struct ip *ip);

/* The client of a request that has a connection. */
struct ip forwarded_client(const struct request *rq);

#endif
