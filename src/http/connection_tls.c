#include "http/connection_tls.h"

#include <gnutls/gnutls.h>

void connection_tls_begin(struct connection_tls *tls, struct MHD_Connection *mhd,
			  struct tls_identity *identity)
{
	const union MHD_ConnectionInfo *info;

	if (!identity)
		return;
	info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	if (!info || !info->tls_session)
		return; /* then it shows none, and fails */
	tls->session = info->tls_session;
	tls->identity = tls_identity_hold(identity);
	tls_identity_show(identity, tls->session);
}

void connection_tls_end(struct connection_tls *tls)
{
	tls_identity_release(tls->identity);
	*tls = (struct connection_tls){0};
}

/* GnuTLS does not tell that, but there is a channel binding only when a handshake is over. */
bool connection_tls_is_new(struct connection_tls *tls)
{
	gnutls_datum_t binding = {0};

	if (!tls->session || tls->is_established ||
	    gnutls_session_channel_binding(tls->session, GNUTLS_CB_TLS_EXPORTER, &binding) !=
		    GNUTLS_E_SUCCESS)
		return false;
	gnutls_free(binding.data);
	tls->is_established = true;
	return true;
}

bool connection_tls_has_unread(const struct connection_tls *tls)
{
	return tls->session && gnutls_record_check_pending(tls->session) > 0;
}
