#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

namespace snapgate::net {

// OpenSSL's objects, each freed by its own function.
template <auto free>
struct FreeWith {
    template <class T>
    void operator()(T* pointer) const {
        free(pointer);
    }
};
using Certificate = std::unique_ptr<X509, FreeWith<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using Session = std::unique_ptr<SSL_SESSION, FreeWith<SSL_SESSION_free>>;
using Bio = std::unique_ptr<BIO, FreeWith<BIO_free>>;

// What was written into a memory BIO so far.
inline std::string text_in(BIO* bio) {
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(bio, &bytes);
    return std::string(bytes, static_cast<size_t>(size));
}

}  // namespace snapgate::net
