// ensure_self_signed() of tls.h: a CA of our own and a certificate signed by it.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/ascii.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "base/file_rights.h"
#include "base/log.h"
#include "base/read_file.h"
#include "base/secret_file.h"
#include "base/sync_folder.h"
#include "net/tls/openssl_handles.h"
#include "net/tls/pem.h"
#include "net/tls/tls.h"

namespace snapgate::net {

using base::Code;
using base::Error;
using base::Result;

namespace {

namespace fs = std::filesystem;

constexpr int kCaDays = 3650;
constexpr int kLeafDays = 397;  // Apple's and the CA/Browser Forum's limit is 398
constexpr int kRenewDays = 30;
constexpr long kSecondsPerDay = 24 * 60 * 60;
constexpr long kClockSkewSeconds = 300;
// 2020-01-01. A CA begins long before it is made: were it made while the clock is ahead, clients
// would refuse it once the clock is right.
constexpr time_t kCaBegins = 1'577'836'800;

using Extension = std::unique_ptr<X509_EXTENSION, FreeWith<X509_EXTENSION_free>>;
using Names = std::unique_ptr<GENERAL_NAMES, FreeWith<GENERAL_NAMES_free>>;
using Number = std::unique_ptr<BIGNUM, FreeWith<BN_free>>;

struct Pair {
    Certificate certificate;
    Key key;
};

Error openssl_failed(std::string_view what) {
    const unsigned long number = ERR_get_error();
    std::array<char, 256> text{};
    ERR_error_string_n(number, text.data(), text.size());
    ERR_clear_error();
    return Error(Code::kInternal, fmt::format("TLS: cannot {}: {}", what, text.data()));
}

// What is not in the texts is empty.
Pair parse_pair(std::string_view certificate_text, std::string_view key_text) {
    const Bio certificate_bio(
        BIO_new_mem_buf(certificate_text.data(), static_cast<int>(certificate_text.size())));
    const Bio key_bio(BIO_new_mem_buf(key_text.data(), static_cast<int>(key_text.size())));
    Pair pair{Certificate(PEM_read_bio_X509(certificate_bio.get(), nullptr, nullptr, nullptr)),
              Key(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, nullptr, nullptr))};
    ERR_clear_error();
    return pair;
}

bool belong(const Pair& pair) {
    const bool do_belong = pair.certificate && pair.key &&
                           X509_check_private_key(pair.certificate.get(), pair.key.get()) == 1;
    ERR_clear_error();
    return do_belong;
}

// A stored certificate with its key; both empty unless both are there and belong together.
Pair read_pair(const fs::path& certificate_file, const fs::path& key_file) {
    const auto certificate_text = base::read_file(certificate_file, kMostPemBytes);
    const auto key_text = base::read_file(key_file, kMostPemBytes);
    if (!certificate_text || !key_text) return {};
    Pair pair = parse_pair(*certificate_text, *key_text);
    if (!belong(pair)) return {};
    return pair;
}

// A link that leads nowhere, and a file that cannot be looked at, are there: only what is surely
// missing may be made anew.
bool is_there(const fs::path& file) {
    std::error_code ignored;
    return fs::symlink_status(file, ignored).type() != fs::file_type::not_found;
}

Error unusable_ca(const fs::path& certificate_file, const fs::path& key_file,
                  std::string_view what) {
    return Error(Code::kCorrupt,
                 fmt::format("{}: restore it, or move both {} and {} away to have a new CA made, "
                             "which clients must then be given",
                             what, certificate_file.string(), key_file.string()));
}

// The CA; empty if both files are missing. Whatever else is wrong with them is an error: clients
// trust this CA, and another one in its place would lock them out.
Result<Pair> read_ca(const fs::path& certificate_file, const fs::path& key_file) {
    const auto unusable = [&](const fs::path& file, std::string_view why) {
        return unusable_ca(certificate_file, key_file,
                           fmt::format("cannot use {}: {}", file.string(), why));
    };
    const bool has_certificate = is_there(certificate_file);
    const bool has_key = is_there(key_file);
    if (!has_certificate && !has_key) return Pair();
    if (!has_certificate) return unusable(certificate_file, "it is missing, and its key is there");
    if (!has_key) return unusable(key_file, "it is missing, and its certificate is there");
    const auto certificate_text = base::read_file(certificate_file, kMostPemBytes);
    if (!certificate_text) return unusable(certificate_file, certificate_text.error().message);
    const auto key_text = base::read_file(key_file, kMostPemBytes);
    if (!key_text) return unusable(key_file, key_text.error().message);
    Pair ca = parse_pair(*certificate_text, *key_text);
    if (!ca.certificate) return unusable(certificate_file, "it holds no certificate");
    if (!ca.key) return unusable(key_file, "it holds no private key");
    if (!belong(ca)) {
        return unusable(key_file,
                        fmt::format("it does not belong to {}", certificate_file.string()));
    }
    if (X509_check_ca(ca.certificate.get()) != 1)
        return unusable(certificate_file, "it is no certificate of a CA");
    return ca;
}

// Its beginning does not matter: if it lies ahead, the clock is wrong, or was when it was made.
bool has_ended(const Pair& ca, time_t now) {
    return X509_cmp_time(X509_get0_notAfter(ca.certificate.get()), &now) < 0;
}

// Whether it is valid now, and for a while or as long as its CA.
bool lasts(const X509* certificate, const X509* ca, time_t now) {
    time_t soon = now + kRenewDays * kSecondsPerDay;
    return X509_cmp_time(X509_get0_notBefore(certificate), &now) < 0 &&
           (X509_cmp_time(X509_get0_notAfter(certificate), &soon) > 0 ||
            ASN1_TIME_compare(X509_get0_notAfter(certificate), X509_get0_notAfter(ca)) == 0);
}

bool is_ip(const std::string& host) {
    std::array<unsigned char, 16> bytes;
    return inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ||
           inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

bool names(X509* certificate, const std::string& host) {
    if (is_ip(host)) return X509_check_ip_asc(certificate, host.c_str(), 0) == 1;
    return X509_check_host(certificate, host.data(), host.size(),
                           X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, nullptr) == 1;
}

bool is_good_leaf(const Pair& leaf, const Pair& ca, const std::vector<std::string>& hosts,
                  time_t now) {
    if (!leaf.certificate || !lasts(leaf.certificate.get(), ca.certificate.get(), now))
        return false;
    if (X509_verify(leaf.certificate.get(), ca.key.get()) != 1) {
        ERR_clear_error();
        return false;
    }
    return std::all_of(hosts.begin(), hosts.end(), [&](const std::string& host) {
        return names(leaf.certificate.get(), host);
    });
}

bool is_dns_name(const std::string& host) {
    if (host.empty() || host.size() > 253 || host.front() == '.' || host.front() == '-') {
        return false;
    }
    return std::all_of(host.begin(), host.end(), [](char c) {
        return base::is_letter_or_digit(c) || c == '-' || c == '.' || c == '_';
    });
}

bool add_extension(X509* certificate, X509* issuer, int nid, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
    return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool add_alternative_names(X509* certificate, const std::vector<std::string>& hosts) {
    const Names all(GENERAL_NAMES_new());
    if (!all) return false;
    for (const std::string& host : hosts) {
        const bool ip = is_ip(host);
        GENERAL_NAME* name =
            a2i_GENERAL_NAME(nullptr, nullptr, nullptr, ip ? GEN_IPADD : GEN_DNS, host.c_str(), 0);
        if (name == nullptr || sk_GENERAL_NAME_push(all.get(), name) == 0) {
            GENERAL_NAME_free(name);
            return false;
        }
    }
    return X509_add1_ext_i2d(certificate, NID_subject_alt_name, all.get(), 0, X509V3_ADD_DEFAULT) ==
           1;
}

// Number, time, subject and public key: what every certificate has.
bool fill(X509* certificate, EVP_PKEY* key, const std::string& name, time_t now, int days) {
    // 127 bits: positive, and never the same twice.
    std::string serial = base::random_bytes(16);
    serial[0] = static_cast<char>((serial[0] & 0x3f) | 0x40);
    const Number number(BN_bin2bn(reinterpret_cast<const unsigned char*>(serial.data()),
                                  static_cast<int>(serial.size()), nullptr));
    X509_NAME* subject = X509_get_subject_name(certificate);
    return number && X509_set_version(certificate, X509_VERSION_3) == 1 &&
           BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr &&
           X509_time_adj_ex(X509_getm_notBefore(certificate), 0, -kClockSkewSeconds, &now) !=
               nullptr &&
           X509_time_adj_ex(X509_getm_notAfter(certificate), days, 0, &now) != nullptr &&
           X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                      reinterpret_cast<const unsigned char*>(name.data()),
                                      static_cast<int>(name.size()), -1, 0) == 1 &&
           X509_set_pubkey(certificate, key) == 1;
}

Key make_key() {
    return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
}

Result<Pair> make_ca(time_t now) {
    Pair ca{Certificate(X509_new()), make_key()};
    // Each CA has a name of its own: a client may hold those of several servers.
    const std::string name = "snapgate CA " + base::hex(base::random_bytes(4));
    X509* certificate = ca.certificate.get();
    if (certificate == nullptr || !ca.key || !fill(certificate, ca.key.get(), name, now, kCaDays) ||
        ASN1_TIME_set(X509_getm_notBefore(certificate),
                      std::min<time_t>(kCaBegins, now - kClockSkewSeconds)) == nullptr ||
        X509_set_issuer_name(certificate, X509_get_subject_name(certificate)) != 1 ||
        !add_extension(certificate, certificate, NID_basic_constraints,
                       "critical,CA:TRUE,pathlen:0") ||
        !add_extension(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign") ||
        !add_extension(certificate, certificate, NID_subject_key_identifier, "hash") ||
        X509_sign(certificate, ca.key.get(), EVP_sha256()) == 0) {
        return openssl_failed("make a CA");
    }
    return ca;
}

Result<Pair> make_leaf(const Pair& ca, const std::vector<std::string>& hosts, time_t now) {
    Pair leaf{Certificate(X509_new()), make_key()};
    X509* certificate = leaf.certificate.get();
    X509* issuer = ca.certificate.get();
    if (certificate == nullptr || !leaf.key ||
        !fill(certificate, leaf.key.get(), "snapgate", now, kLeafDays)) {
        return openssl_failed("make a certificate");
    }
    // No certificate outlives its CA.
    if (ASN1_TIME_compare(X509_get0_notAfter(certificate), X509_get0_notAfter(issuer)) > 0 &&
        X509_set1_notAfter(certificate, X509_get0_notAfter(issuer)) != 1) {
        return openssl_failed("make a certificate");
    }
    if (X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) != 1 ||
        !add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE") ||
        !add_extension(certificate, issuer, NID_key_usage, "critical,digitalSignature") ||
        !add_extension(certificate, issuer, NID_ext_key_usage, "serverAuth") ||
        !add_extension(certificate, issuer, NID_subject_key_identifier, "hash") ||
        !add_extension(certificate, issuer, NID_authority_key_identifier, "keyid:always") ||
        !add_alternative_names(certificate, hosts) ||
        X509_sign(certificate, ca.key.get(), EVP_sha256()) == 0) {
        return openssl_failed("make a certificate");
    }
    return leaf;
}

// A pair as PEM.
struct PairTexts {
    std::string certificate;
    std::string key;
};

Result<PairTexts> texts_of(const Pair& pair) {
    const Bio certificate(BIO_new(BIO_s_mem()));
    const Bio key(BIO_new(BIO_s_mem()));
    if (!certificate || !key ||
        PEM_write_bio_X509(certificate.get(), pair.certificate.get()) != 1 ||
        PEM_write_bio_PKCS8PrivateKey(key.get(), pair.key.get(), nullptr, nullptr, 0, nullptr,
                                      nullptr) != 1) {
        return openssl_failed("write a certificate");
    }
    return PairTexts{text_in(certificate.get()), text_in(key.get())};
}

Result<void> write_certificate(const fs::path& certificate_file, const std::string& text) {
    SNAPGATE_TRY(base::write_secret(certificate_file, text));
    std::error_code ec;
    fs::permissions(certificate_file,
                    fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read |
                        fs::perms::others_read,
                    ec);
    if (ec) {
        return Error(Code::kInternal, fmt::format("cannot make {} readable: {}",
                                                  certificate_file.string(), ec.message()));
    }
    return {};
}

// The key first: a crash in between leaves a pair that does not belong together, and is made anew.
Result<void> write_pair(const Pair& pair, const fs::path& certificate_file,
                        const fs::path& key_file) {
    SNAPGATE_ASSIGN(const PairTexts texts, texts_of(pair));
    SNAPGATE_TRY(base::write_secret(key_file, texts.key));
    return write_certificate(certificate_file, texts.certificate);
}

fs::path beside(fs::path file, std::string_view ending) {
    file += ending;
    return file;
}

// The second step of write_ca(), if it is due.
Result<void> take_next_key(const fs::path& certificate_file, const fs::path& key_file) {
    const fs::path next = beside(key_file, ".new");
    if (!is_there(next) || !read_pair(certificate_file, next).certificate) return {};
    std::error_code failed;
    fs::rename(next, key_file, failed);
    if (failed) {
        return Error(Code::kInternal, fmt::format("cannot move {} to {}: {}", next.string(),
                                                  key_file.string(), failed.message()));
    }
    return base::sync_folder(key_file.parent_path());
}

// A CA's pair that does not belong together is refused at the next start, so a crash must leave
// none that take_next_key() cannot put right: the new key waits beside until its certificate is
// there.
Result<void> write_ca(const Pair& ca, const fs::path& certificate_file, const fs::path& key_file) {
    SNAPGATE_ASSIGN(const PairTexts texts, texts_of(ca));
    SNAPGATE_TRY(base::write_secret(beside(key_file, ".new"), texts.key));
    SNAPGATE_TRY(write_certificate(certificate_file, texts.certificate));
    return take_next_key(certificate_file, key_file);
}

// So that the CA can be put back: that it has ended may be an error of the clock. One that was kept
// earlier goes.
Result<void> keep_old(const fs::path& file) {
    const auto text = base::read_file(file, kMostPemBytes);
    if (!text) {
        return Error(Code::kInternal,
                     fmt::format("cannot read {}: {}", file.string(), text.error().message));
    }
    return base::write_secret(beside(file, ".old"), *text);
}

// Puts a new CA in the place of one that has ended.
Result<Pair> replace_ca(const Pair& old, const fs::path& certificate_file, const fs::path& key_file,
                        time_t now) {
    SNAPGATE_TRY(keep_old(key_file));
    SNAPGATE_TRY(keep_old(certificate_file));
    SNAPGATE_ASSIGN(Pair ca, make_ca(now));
    SNAPGATE_TRY(write_ca(ca, certificate_file, key_file));
    base::log::warning(
        "the CA had expired by the system's clock and was replaced: clients must be given the new "
        "file; if the clock is wrong, set it right and put the old files back",
        {{"file", certificate_file.string()},
         {"expired", base::format_rfc3339(expires_ms_of(old.certificate.get()))},
         {"oldFile", beside(certificate_file, ".old").string()},
         {"oldKey", beside(key_file, ".old").string()}});
    return ca;
}

}  // namespace

Result<SelfSigned> ensure_self_signed(const fs::path& directory,
                                      const std::vector<std::string>& hosts,
                                      const base::Clock& clock) {
    std::vector<std::string> all = {"localhost", "127.0.0.1", "::1"};
    for (const std::string& host : hosts) {
        if (!is_ip(host) && !is_dns_name(host)) {
            return Error(Code::kInvalidParameter,
                         fmt::format("a certificate cannot be made for \"{}\": it is neither a DNS "
                                     "name nor an IP address",
                                     host));
        }
        if (std::find(all.begin(), all.end(), host) == all.end()) all.push_back(host);
    }
    SelfSigned files{.ca_certificate = directory / "ca.crt",
                     .certificate = directory / "tls.crt",
                     .key = directory / "tls.key"};
    const fs::path ca_key_file = directory / "ca.key";
    SNAPGATE_TRY(take_next_key(files.ca_certificate, ca_key_file));
    SNAPGATE_TRY(base::check_secret_rights(ca_key_file));
    SNAPGATE_ASSIGN(Pair ca, read_ca(files.ca_certificate, ca_key_file));
    const time_t now = clock.now_ms() / 1000;
    if (!ca.certificate) {
        SNAPGATE_ASSIGN(ca, make_ca(now));
        SNAPGATE_TRY(write_ca(ca, files.ca_certificate, ca_key_file));
        files.made_ca = true;
    } else if (has_ended(ca, now)) {
        SNAPGATE_ASSIGN(ca, replace_ca(ca, files.ca_certificate, ca_key_file, now));
        files.made_ca = true;
    }
    files.ca_expires_ms = expires_ms_of(ca.certificate.get());
    if (!is_good_leaf(read_pair(files.certificate, files.key), ca, all, now)) {
        SNAPGATE_ASSIGN(const Pair leaf, make_leaf(ca, all, now));
        SNAPGATE_TRY(write_pair(leaf, files.certificate, files.key));
        files.made_certificate = true;
    }
    return files;
}

}  // namespace snapgate::net
