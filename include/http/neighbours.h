/*
 * How many connections each subscriber (ip.h) has to a server: so that one of them cannot take all
 * there are.
 *
 * Connections hang in chains by a hash of their address under a secret key. To count somebody's,
 * his chain is walked, once for each connection that is accepted.
 */
#ifndef SHOPD_HTTP_NEIGHBOURS_H
#define SHOPD_HTTP_NEIGHBOURS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/ip.h"
#include "base/result.h"
#include "base/siphash.h"

enum { NEIGHBOURS_CHAINS = 1024 };

/* Embedded in a connection, zeroed at birth. Private. */
struct neighbour {
	struct ip subscriber;
	struct neighbour *next;
	struct neighbour **at; /* what points here; NULL: in no chain */
};

/* Embedded in a server, zeroed at birth. Private. */
struct neighbours {
	struct siphash_key key;
	struct neighbour *chains[NEIGHBOURS_CHAINS];
};

/* False when the system has no randomness. */
MUST_CHECK bool neighbours_init(struct neighbours *neighbours);

/* How many there are from where this address is from, but no more than `max`. */
size_t neighbours_count(const struct neighbours *neighbours, const struct ip *ip, size_t max);

void neighbours_add(struct neighbours *neighbours, struct neighbour *one, const struct ip *ip);
/* Does nothing for one that was never added. */
void neighbours_remove(struct neighbour *one);

#endif
