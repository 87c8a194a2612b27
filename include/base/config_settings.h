/*
 * The table of all settings: name, kind, field, default, limits, and what it means.
 */
#ifndef SHOPD_BASE_CONFIG_SETTINGS_H
#define SHOPD_BASE_CONFIG_SETTINGS_H

#include <stddef.h>

#include "base/setting.h"

/* In the order of --help. Of those that share a field, the first that is set counts. */
const struct setting *config_settings(size_t *count);

#endif
