#include "http/problem.h"

#include <assert.h>
#include <string.h>

static const struct problem problems[] = {
	{"invalid-request", 400, "Invalid request",
	 "The request is not well-formed HTTP/1.1; the connection is closed."},
	{"invalid-path", 400, "Invalid path",
	 "The path has malformed percent-encoding, or encodes a slash or a control character."},
	{"unknown-parameter", 400, "Unknown query parameter", "Leave the parameter out."},
	{"invalid-parameter", 400, "Invalid query parameter", "Correct the parameter."},
	{"invalid-cursor", 400, "Invalid cursor",
	 "Take the cursor as it came from `next`, with the same other parameters; or begin again "
	 "without one."},
	{"too-broad", 400, "Too much to sort",
	 "There are too many products for this order. Add `category`, or take another `sort`."},
	{"invalid-header", 400, "Invalid header", "Correct the header."},
	{"invalid-json", 400, "Invalid JSON", "The body is not acceptable JSON."},
	{"invalid-signature", 401, "Invalid signature",
	 "X-Signature must sign this body with the shop's secret, at most 5 minutes ago."},
	{"not-found", 404, "No such path", "There is nothing at this path."},
	{"product-not-found", 404, "No such product", "There is no product with this id."},
	{"user-not-found", 404, "No such user", "There is no user with this id."},
	{"address-not-found", 404, "No such address", "The user has no address with this id."},
	{"cart-not-found", 404, "No such cart",
	 "There is no cart with this id, or it has expired. POST /cart makes one."},
	{"checkout-not-found", 404, "No such checkout",
	 "There is no checkout with this id. POST /checkout makes one."},
	{"order-not-found", 404, "No such order", "There is no order with this id."},
	{"delivery-not-found", 404, "No such delivery", "There is no delivery with this id."},
	{"line-not-found", 404, "No such line", "The cart has no line with this product."},
	{"subscription-not-found", 404, "No such subscription",
	 "The user does not wait for this product, or was told already."},
	{"method-not-allowed", 405, "Method not allowed", "The Allow header names the methods."},
	{"stock-reserved", 409, "Stock is reserved",
	 "Some of the product's stock is reserved. Try again when those checkouts have ended."},
	{"insufficient-stock", 409, "Not enough in stock",
	 "See `items` for what is available of each product."},
	{"below-reserved", 409, "Less than is reserved",
	 "More than that is reserved for checkouts. Try again when those have ended."},
	{"stock-changed", 409, "The stock has changed",
	 "What is on hand is not `change_from`. Read the stock and decide again."},
	{"stock-limit", 409, "Too much in stock", "At most 999,999,999 pieces can be on hand."},
	{"product-in-stock", 409, "In stock",
	 "The product is in stock now, so there is nothing to wait for."},
	{"email-taken", 409, "E-mail address taken",
	 "Another user has this e-mail address. Each belongs to one user, whatever its case."},
	{"too-many-addresses", 409, "Too many addresses",
	 "The user has 50 addresses. Remove one first."},
	{"conflict", 409, "Conflicting changes",
	 "Others keep changing this resource at the same moment. Read it and try again."},
	{"cart-closed", 409, "Cart is closed",
	 "The cart was merged into another one or ordered. Make a new one with POST /cart."},
	{"cart-full", 409, "Cart is full", "A cart has at most 90 lines."},
	{"quantity-limit", 409, "Too many of one product",
	 "A cart has at most 9,999 of one product."},
	{"currency-mismatch", 409, "Another currency",
	 "All lines of a cart are in one currency. Use another cart for this one."},
	{"cart-empty", 409, "Cart is empty", "Put something into the cart first."},
	{"checkout-active", 409, "A checkout is under way",
	 "The cart has a checkout already; see `checkout_id`. Order it, or remove it first."},
	{"product-gone", 409, "Products are gone",
	 "See `items` for the products that can no longer be bought. Remove their lines."},
	{"total-too-large", 409, "Total too large",
	 "The total is more than can be counted. Order less at a time."},
	{"already-extended", 409, "Extended already", "A checkout can be extended once."},
	{"checkout-used", 409, "Checkout is used",
	 "It has been ordered; the order has the same id."},
	{"invalid-transition", 409, "Not possible in this state",
	 "See `current` for what `field` is now, and `allowed` for what it can become."},
	{"payment-reference-reused", 409, "Payment reference reused",
	 "Something else was told of this payment before. Take each reference for one payment."},
	{"too-many-payments", 409, "Too many payments",
	 "An order has at most 40 payments and refunds, and no more money than can be counted."},
	{"too-many-returned", 409, "More than was shipped",
	 "See `items` for how much of each product was shipped and has not come back yet."},
	{"too-many-returns", 409, "Too many returns",
	 "An order has at most 40 returns. Take more lines and pieces into each."},
	{"too-many-shipped", 409, "More than is left",
	 "See `items` for what of each product is neither shipped nor planned yet."},
	{"nothing-to-ship", 409, "Nothing is left to ship",
	 "All that was ordered is shipped, or in deliveries that are pending."},
	{"delivery-too-large", 409, "Too many lines for one delivery",
	 "A delivery has at most 40 lines. Name some in `lines`, and the others in another one."},
	{"too-many-deliveries", 409, "Too many deliveries",
	 "The order has 40 deliveries, cancelled ones included; there cannot be more."},
	{"tracking-number-taken", 409, "Tracking number taken",
	 "Another delivery of this carrier has this tracking number."},
	{"checkout-ended", 410, "Checkout has ended",
	 "It has expired or was released. Make a new one with POST /checkout."},
	{"answer-removed", 410, "The answer is gone",
	 "The request with this Idempotency-Key was carried out. Its answer was about a person who has "
	 "been removed since."},
	{"precondition-failed", 412, "Precondition failed",
	 "The resource has another version now. Read it and decide again."},
	{"body-too-large", 413, "Body too large", "Send a smaller body."},
	{"unsupported-media-type", 415, "Unsupported media type",
	 "Send JSON with `Content-Type: application/json`; `curl --json` does that."},
	{"validation-failed", 422, "Validation failed", "See `errors` for each mistake."},
	{"wrong-amount", 422, "Wrong amount",
	 "See `expected`: a payment is for the order's total, a refund for at most that much."},
	{"idempotency-key-reused", 422, "Idempotency key reused",
	 "This Idempotency-Key came before with another body or another If-Match. Take a new key for a "
	 "new request."},
	{"precondition-required", 428, "Precondition required",
	 "Send If-Match with the version that you have read, or `*` to change any version."},
	{"headers-too-large", 431, "Headers too large", "Send fewer or shorter headers."},
	{"unavailable", 503, "Temporarily unavailable", "Try again after the time in Retry-After."},
	{"outcome-unknown", 503, "Outcome unknown",
	 "The change may or may not have been made. Read the resource before you try again."},
	{"shutting-down", 503, "Shutting down", "This instance is stopping. Try again at once."},
	{"not-ready", 503, "Not ready", "This instance cannot take requests at the moment."},
};

const struct problem *problem_find(const char *code)
{
	for (size_t i = 0; i < sizeof(problems) / sizeof(problems[0]); i++)
		if (strcmp(problems[i].code, code) == 0)
			return &problems[i];
	assert(!"the code is a row of the table");
	return &problems[0];
}

const struct problem *problem_table(size_t *count)
{
	*count = sizeof(problems) / sizeof(problems[0]);
	return problems;
}
