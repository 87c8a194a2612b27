#include "http/neighbours.h"

#include <string.h>
#include <sys/random.h>

bool neighbours_init(struct neighbours *neighbours)
{
	return getrandom(&neighbours->key, sizeof(neighbours->key), 0) ==
	       (ssize_t)sizeof(neighbours->key);
}

static size_t chain_of(const struct neighbours *neighbours, const struct ip *subscriber)
{
	return siphash(&neighbours->key, subscriber, sizeof(*subscriber)) % NEIGHBOURS_CHAINS;
}

size_t neighbours_count(const struct neighbours *neighbours, const struct ip *ip, size_t max)
{
	struct ip subscriber = ip_subscriber(ip);
	const struct neighbour *at = neighbours->chains[chain_of(neighbours, &subscriber)];
	size_t count = 0;

	for (; at && count < max; at = at->next)
		if (memcmp(&at->subscriber, &subscriber, sizeof(subscriber)) == 0)
			count++;
	return count;
}

void neighbours_add(struct neighbours *neighbours, struct neighbour *one, const struct ip *ip)
{
	one->subscriber = ip_subscriber(ip);
	one->at = &neighbours->chains[chain_of(neighbours, &one->subscriber)];
	one->next = *one->at;
	if (one->next)
		one->next->at = &one->next;
	*one->at = one;
}

void neighbours_remove(struct neighbour *one)
{
	if (!one->at)
		return;
	*one->at = one->next;
	if (one->next)
		one->next->at = one->at;
	one->at = NULL;
}
