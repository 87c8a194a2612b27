/*
 * Exact JSON trees in tests: from a text, and compared with one.
 */
#ifndef SHOPD_TEST_TREES_H
#define SHOPD_TEST_TREES_H

#include <jansson.h>

/* New; the text must be sound. NULL only when an allocation was made to fail. */
json_t *tree_of(const char *text);

/* Asserts that the tree is written as this text, order and all; takes the tree over. */
void ck_assert_tree(json_t *tree, const char *expected);

#endif
