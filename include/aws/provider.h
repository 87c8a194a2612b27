/*
 * A provider of credentials: one of the places where keys may come from (docs/aws.md).
 *
 * Each is a row of constants and functions, struct provider_kind, in a file of its own; the chain
 * (credentials_chain.h) puts them in order, and credentials.h decides when one is asked.
 *
 * Checklist for a new provider: provider_<name>.c with its kind, a row in credentials_chain.c, its
 * settings in base/config_settings.c, a line in docs/aws.md.
 */
#ifndef SHOPD_AWS_PROVIDER_H
#define SHOPD_AWS_PROVIDER_H

#include <stdbool.h>

#include "aws/keys.h"
#include "base/buf.h"
#include "base/config.h"
#include "base/digest.h"
#include "io/exchange.h"
#include "io/loop.h"

struct imds;
struct sts;
struct provider;

/* What the providers of one worker share. Zeroed at birth, then what is given is set. */
struct provider_context {
	/* given; borrowed */
	const struct config *config;
	struct loop *loop;
	struct transport *transport;
	struct digest *digest;

	/* private: made when first needed, kept until the end as connections refer to them */
	struct imds *imds;
	struct sts *sts;
};

/* NULL when out of memory. Owned by the context. */
struct imds *provider_context_imds(struct provider_context *context);
struct sts *provider_context_sts(struct provider_context *context);
/* Nothing may be under way. */
void provider_context_clear(struct provider_context *context);

/*
 * The end of a fetch: keys, which are borrowed, or NULL and why, in words for the log, without
 * secrets. It may be called from within the fetch.
 */
typedef void provider_done(void *context, const struct aws_keys *keys, const char *why);

enum { PROVIDER_WHY_SIZE = 512 };

enum provider_state {
	PROVIDER_UNSET, /* the configuration does not name it */
	PROVIDER_SET,
	PROVIDER_WRONG, /* it does, in a way that cannot work */
};

struct provider_kind {
	const char *name;
	/*
	 * Whether the configuration names this provider; nobody is asked but the file system.
	 * Appends to `about` what it would use, or what is missing or wrong.
	 */
	enum provider_state (*look)(const struct config *config, struct buf *about);
	/* Whether it may call somebody by https, and so needs to know whom to trust. */
	bool (*needs_trust)(const struct config *config);
	/* New, or NULL when out of memory. The context is borrowed. */
	struct provider *(*make)(struct provider_context *context);
	void (*free)(struct provider *provider);
	/* One fetch at a time; `done` is called once. */
	void (*fetch)(struct provider *provider, provider_done *done, void *context);
	/* Ends a fetch, unless the transport will. May be NULL. */
	void (*stop)(struct provider *provider);
	bool is_permanent; /* its keys never change while we run */
};

/* The first member of each provider. */
struct provider {
	const struct provider_kind *kind;
};

#endif
