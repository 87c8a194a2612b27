/*
 * Files that systemd hands over (LoadCredential=, systemd.exec(5)): each is found by its name in
 * the folder that $CREDENTIALS_DIRECTORY names, unless its setting names another file.
 *
 * Checklist for one more: a row in config_credentials.c, and docs/security.md.
 */
#ifndef SHOPD_BASE_CONFIG_CREDENTIALS_H
#define SHOPD_BASE_CONFIG_CREDENTIALS_H

#include "base/config.h"

/* False when out of memory. */
MUST_CHECK bool config_credentials_find(struct config *config);

#endif
