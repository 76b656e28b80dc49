#pragma once

#include <string>

#include "net/tls/openssl_handles.h"

namespace snapgate::net {

// For tests: a certificate and its key, as PEM.
struct TestCertificate {
    std::string certificate;
    std::string key;
};

// For tests: an authority that signs whatever it is asked to.
class TestAuthority {
  public:
    explicit TestAuthority(const std::string& name = "test authority") : key_(make_key()) {
        ca_ = make(name, key_.get(), nullptr, "", -1, 1);
    }
    std::string pem() const { return text_of(ca_.get()); }

    // `names` as OpenSSL writes them: "DNS:localhost,IP:127.0.0.1". Days from today.
    TestCertificate sign(const std::string& names, int from_day = -1, int to_day = 1) const {
        const Key key = make_key();
        const Certificate made = make("test", key.get(), ca_.get(), names, from_day, to_day);
        return {text_of(made.get()), text_of(key.get())};
    }

  private:
    static Key make_key() { return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")); }

    static void extend(X509* certificate, X509* issuer, int nid, const char* value) {
        X509V3_CTX context;
        X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
        X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
        X509_add_ext(certificate, extension, -1);
        X509_EXTENSION_free(extension);
    }

    // Signed by itself where there is no issuer.
    Certificate make(const std::string& name, EVP_PKEY* key, X509* issuer, const std::string& names,
                     int from_day, int to_day) const {
        Certificate made(X509_new());
        X509* x = made.get();
        X509_set_version(x, X509_VERSION_3);
        ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial_);
        X509_time_adj_ex(X509_getm_notBefore(x), from_day, 0, nullptr);
        X509_time_adj_ex(X509_getm_notAfter(x), to_day, 0, nullptr);
        X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(name.data()),
                                   static_cast<int>(name.size()), -1, 0);
        X509_set_pubkey(x, key);
        X509* signer = issuer == nullptr ? x : issuer;
        X509_set_issuer_name(x, X509_get_subject_name(signer));
        extend(x, signer, NID_basic_constraints,
               issuer == nullptr ? "critical,CA:TRUE" : "CA:FALSE");
        extend(x, signer, NID_subject_key_identifier, "hash");
        if (!names.empty()) extend(x, signer, NID_subject_alt_name, names.c_str());
        X509_sign(x, key_.get(), EVP_sha256());
        return made;
    }

    static std::string text_of(X509* certificate) {
        const Bio bio(BIO_new(BIO_s_mem()));
        PEM_write_bio_X509(bio.get(), certificate);
        return text_in(bio.get());
    }
    static std::string text_of(EVP_PKEY* key) {
        const Bio bio(BIO_new(BIO_s_mem()));
        PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
        return text_in(bio.get());
    }

    mutable long serial_ = 0;
    Key key_;
    Certificate ca_;
};

}  // namespace snapgate::net
