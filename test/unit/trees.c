#include "trees.h"

#include <check.h>

#include "base/json_exact.h"

json_t *tree_of(const char *text)
{
	struct json_mistake mistake = {0};
	json_t *tree = json_exact_parse(span_of(text), &mistake);

	ck_assert_msg(tree || mistake.line == 0, "%s: %s", text, mistake.text);
	return tree;
}

void ck_assert_tree(json_t *tree, const char *expected)
{
	struct buf text = {0};

	ck_assert_ptr_nonnull(tree);
	buf_init(&text, 1024 * 1024);
	json_exact_write(tree, &text);
	ck_assert_str_eq(buf_text(&text), expected);
	buf_clear(&text);
	json_decref(tree);
}
