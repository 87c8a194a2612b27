/*
 * shopd --new-api-key NAME --scope SCOPE …: makes a key, shows it once, and adds its line to the
 * file that SHOPD_API_KEYS names.
 */
#ifndef SHOPD_DAEMON_KEY_COMMAND_H
#define SHOPD_DAEMON_KEY_COMMAND_H

/*
 * `arguments` are those behind the option. Returns the exit status: 2 when they make no sense. The
 * key goes to standard output, all else to standard error.
 *
 * When there is no room for the line, shopd would not take the file with it, or the key cannot be
 * shown, the file is as it was before.
 */
int command_new_api_key(char *const arguments[]);

#endif
