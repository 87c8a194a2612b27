/* The version, named in --version, the User-Agent and /metrics. */
#ifndef SHOPD_VERSION_H
#define SHOPD_VERSION_H

#define SHOPD_VERSION "0.1.0"

#endif
