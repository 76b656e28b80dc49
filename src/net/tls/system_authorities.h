#pragma once

#include <openssl/ssl.h>

#include <memory>

#include "base/result.h"
#include "net/tls/openssl_handles.h"

namespace snapgate::net {

using Authorities = std::unique_ptr<X509_STORE, FreeWith<X509_STORE_free>>;

// The certificate authorities of the system (SSL_CERT_FILE and SSL_CERT_DIR, or OpenSSL's own
// places). They are read once and shared: read, they take 70 ms and almost a megabyte. When their
// file or folder changes, they are read again; who has the earlier ones keeps them. Any thread.
// kUnavailable if they cannot be read.
base::Result<Authorities> system_authorities();

}  // namespace snapgate::net
