#include "net/tls/tls_fault.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

namespace snapgate::net {

TlsFault tls_fault(const SSL* ssl, unsigned long error) {
    // Where nothing is verified, the result is still that of the attempt.
    if ((SSL_get_verify_mode(ssl) & SSL_VERIFY_PEER) != 0) {
        switch (SSL_get_verify_result(ssl)) {
            case X509_V_OK:
                break;
            case X509_V_ERR_HOSTNAME_MISMATCH:
            case X509_V_ERR_IP_ADDRESS_MISMATCH:
                return TlsFault::kWrongName;
            case X509_V_ERR_CERT_HAS_EXPIRED:
                return TlsFault::kExpired;
            case X509_V_ERR_CERT_NOT_YET_VALID:
                return TlsFault::kNotYetValid;
            default:
                return TlsFault::kNotTrusted;
        }
    }
    if (error == 0) return TlsFault::kEnded;
    switch (ERR_GET_REASON(error)) {
        case SSL_R_UNEXPECTED_EOF_WHILE_READING:
            return TlsFault::kEnded;
        // The handshake of a server that answers in plain text fails in one of these ways.
        case SSL_R_WRONG_VERSION_NUMBER:
        case SSL_R_HTTP_REQUEST:
        case SSL_R_PACKET_LENGTH_TOO_LONG:
        case SSL_R_UNKNOWN_PROTOCOL:
        case SSL_R_UNSUPPORTED_PROTOCOL:
            return TlsFault::kPlainText;
        case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
        case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
        case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
        case SSL_R_SSLV3_ALERT_NO_CERTIFICATE:
        case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
        case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
        case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
        case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
        case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
            return TlsFault::kClientUnknown;
        default:
            return TlsFault::kOther;
    }
}

std::string tls_fault_text(const SSL* ssl, unsigned long error) {
    const long verified = SSL_get_verify_result(ssl);
    if ((SSL_get_verify_mode(ssl) & SSL_VERIFY_PEER) != 0 && verified != X509_V_OK) {
        return X509_verify_cert_error_string(verified);
    }
    const char* text = error == 0 ? nullptr : ERR_reason_error_string(error);
    return text == nullptr ? "the connection ended" : text;
}

}  // namespace snapgate::net
