/*
 * How a payment provider proves that a call is his, by a header with a time and signatures:
 *
 *	X-Signature: t=1732500000,v1=5257a869…,v1=…
 *
 * Each v1 is the HMAC-SHA256, in hexadecimal, of the time as it is written, a dot, and the body.
 * There may be several, while a secret is replaced by another; what else is in the header is for
 * others. The scheme is that of Stripe (docs.stripe.com/webhooks, "Verify webhook signatures
 * manually").
 */
#ifndef SHOPD_DOMAIN_PAYMENT_SIGNATURE_H
#define SHOPD_DOMAIN_PAYMENT_SIGNATURE_H

#include <stdint.h>

#include "base/digest.h"
#include "base/text.h"

enum { PAYMENT_SIGNATURE_TOLERANCE_S = 300 };

/*
 * RESULT_OK when the header (NULL: none) signs this body with this secret, at most five minutes
 * before or after `now_s`, in seconds since 1970; else RESULT_INVALID. RESULT_NO_MEMORY. How long
 * the comparison takes does not depend on the signature.
 */
MUST_CHECK enum result payment_signature_check(struct digest *digest, const char *secret,
					       const char *header, struct span body, int64_t now_s);

#endif
