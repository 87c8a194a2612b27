#include "aws/aws_protocol.h"

#include <string.h>

#include "base/xml_scan.h"

/* "prefix#Name", "Name" or "Name:address" */
static struct span find_json_error(struct span body)
{
	struct span type = json_scan_raw_string(json_scan_member(body, "__type"));
	const char *mark = type.len ? memchr(type.data, '#', type.len) : NULL;
	const char *end;

	if (mark)
		type = (struct span){mark + 1, type.len - (size_t)(mark + 1 - type.data)};
	end = type.len ? memchr(type.data, ':', type.len) : NULL;
	if (end)
		type.len = (size_t)(end - type.data);
	return type;
}

static bool check_xml(struct span body, struct json_index *index)
{
	index->count = 0;
	index->row_count = 0;
	return xml_scan_check(body);
}

static struct span find_xml_error(struct span body)
{
	struct span response = xml_scan_child(body, "ErrorResponse");

	return xml_scan_child(xml_scan_child(response, "Error"), "Code");
}

const struct aws_protocol aws_protocol_json = {
	.content_type = "application/x-amz-json-1.0",
	.has_target = true,
	.check = json_scan_check_object,
	.find_error = find_json_error,
};

const struct aws_protocol aws_protocol_query = {
	.content_type = "application/x-www-form-urlencoded; charset=utf-8",
	.check = check_xml,
	.find_error = find_xml_error,
};
