/*
 * The table of settings in words: for people, for the README, and with the values in force.
 */
#ifndef SHOPD_BASE_CONFIG_DESCRIBE_H
#define SHOPD_BASE_CONFIG_DESCRIBE_H

#include "base/config.h"

/* The table of settings for --help: name, default, meaning, in at most 100 columns. */
void config_describe(struct buf *out);

/* The same as rows of a Markdown table, for the README. */
void config_describe_markdown(struct buf *out);

/* The configuration in force, one "NAME=value" a line, secrets as "(set)". */
void config_show(const struct config *config, struct buf *out);

#endif
