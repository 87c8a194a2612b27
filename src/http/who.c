#include "http/who.h"

void who_write(struct who who, struct buf *out)
{
	static const char *const owners[] = {
		[OWNED_NOT] = "",
		[OWNED_ANYONE] = "anyone",
		[OWNED_USER] = "the user, or ",
		[OWNED_SELF] = "the user, or ",
		[OWNED_BY_QUERY] = "the user, or ",
		[OWNED_CART] = "its owner, or ",
		[OWNED_CHECKOUT] = "its owner, or ",
		[OWNED_ORDER] = "its owner, or ",
	};

	buf_add_str(out, owners[who.owned]);
	if (who.owned != OWNED_ANYONE)
		buf_add_format(out, "`%s`", scope_names[who.scope]);
}
