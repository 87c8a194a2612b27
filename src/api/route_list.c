#include "api/route_list.h"

#include "api/routes.h"
#include "http/router.h"

static void write_rows(const struct route *routes, struct buf *out)
{
	buf_add_str(out, "| method | route | who |\n|---|---|---|\n");
	for (const struct route *route = routes; route->path != NULL; route++) {
		buf_add_format(out, "| %s | `%s` | ", router_method_name(route->method),
			       route->path);
		who_write(route->who, out);
		buf_add_str(out, " |\n");
	}
}

void route_list_write(struct buf *out)
{
	write_rows(api_routes, out);
	buf_add_str(out,
		    "\nOn the operators' listener (`SHOPD_ADMIN_LISTEN`), which asks nobody who he "
		    "is:\n\n");
	write_rows(admin_routes, out);
}
