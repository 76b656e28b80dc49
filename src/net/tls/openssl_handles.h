#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <ctime>
#include <memory>
#include <string>

#include "base/encoding.h"
#include "base/free_with.h"

namespace snapgate::net {

// OpenSSL's objects, each freed by its own function.
using base::FreeWith;
using Certificate = std::unique_ptr<X509, FreeWith<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using Session = std::unique_ptr<SSL_SESSION, FreeWith<SSL_SESSION_free>>;
using Bio = std::unique_ptr<BIO, FreeWith<BIO_free>>;

// When the certificate expires, in milliseconds since the epoch; 0 if it does not say.
inline int64_t expires_ms_of(const X509* certificate) {
    tm fields{};
    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &fields) != 1) return 0;
    return int64_t{timegm(&fields)} * 1000;
}

// The SHA-256 of the certificate as it is sent, in lower-case hexadecimal digits.
inline std::string digest_of(const X509* certificate) {
    std::string digest(EVP_MAX_MD_SIZE, '\0');
    unsigned size = 0;
    auto* bytes = reinterpret_cast<unsigned char*>(digest.data());
    if (X509_digest(certificate, EVP_sha256(), bytes, &size) != 1) return {};
    digest.resize(size);
    return base::hex(digest);
}

// What was written into a memory BIO so far.
inline std::string text_in(BIO* bio) {
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(bio, &bytes);
    return std::string(bytes, static_cast<size_t>(size));
}

}  // namespace snapgate::net
