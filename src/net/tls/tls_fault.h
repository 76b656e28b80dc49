#pragma once

#include <openssl/ssl.h>

#include <string>

namespace snapgate::net {

// What is wrong where a client and a server cannot agree on TLS.
enum class TlsFault {
    kWrongName,      // the certificate is for other names
    kExpired,        // the certificate, or one that it was signed with
    kNotYetValid,    // as before
    kNotTrusted,     // signed by nobody we know
    kPlainText,      // the server speaks no TLS
    kClientUnknown,  // the server wants a certificate of ours, or another one
    kEnded,          // the server ended the connection without a word
    kOther,
};

// Reads it from a session that failed. `error` is OpenSSL's number for what happened, 0 where the
// connection just ended. The session's thread.
TlsFault tls_fault(const SSL* ssl, unsigned long error);

// OpenSSL's own words for it, for messages.
std::string tls_fault_text(const SSL* ssl, unsigned long error);

}  // namespace snapgate::net
