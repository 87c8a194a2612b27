/*
 * The order in which providers of credentials are looked at: the first that is configured is the
 * one (docs/aws.md says why the others are not asked in its place).
 */
#ifndef SHOPD_AWS_CREDENTIALS_CHAIN_H
#define SHOPD_AWS_CREDENTIALS_CHAIN_H

#include "aws/provider.h"

/*
 * The provider to ask; NULL when none is configured, or when the first that is cannot work so.
 * Appends to `looked_at` what speaks against those that are not it: "environment: AWS_ACCESS_KEY_ID
 * is not set; web identity: …".
 */
const struct provider_kind *credentials_chain_choose(const struct config *config,
						     struct buf *looked_at);

/* Whether that provider may call somebody by https. */
bool credentials_chain_needs_trust(const struct config *config);

/*
 * Appends a line for each provider: whether it is used, and what it would use or lacks. False when
 * the one to be used cannot work as it is configured. Nobody is asked.
 */
MUST_CHECK bool credentials_chain_describe(const struct config *config, struct buf *out);

#endif
