#include "api/route_list.h"

#include "api/routes.h"
#include "http/router.h"

void route_list_write(struct buf *out)
{
	buf_add_str(out, "| method | route | who |\n|---|---|---|\n");
	for (const struct route *route = api_routes; route->path != NULL; route++) {
		buf_add_format(out, "| %s | `%s` | ", router_method_name(route->method),
			       route->path);
		who_write(route->who, out);
		buf_add_str(out, " |\n");
	}
}
