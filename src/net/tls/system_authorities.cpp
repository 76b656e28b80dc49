#include "net/tls/system_authorities.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "base/annotations.h"

namespace snapgate::net {

using base::Code;
using base::Error;
using base::Result;

namespace {

// What tells that a place is no longer as it was read.
std::vector<int64_t> state_of(const std::string& path) {
    struct stat seen{};
    if (::stat(path.c_str(), &seen) != 0) return {};
    return {static_cast<int64_t>(seen.st_dev), static_cast<int64_t>(seen.st_ino), seen.st_size,
            seen.st_mtim.tv_sec, seen.st_mtim.tv_nsec};
}

std::string place(const char* variable, const char* usual) {
    const char* named = std::getenv(variable);
    return named == nullptr ? usual : named;
}

struct Places {
    std::string file;
    std::string folder;
    std::vector<int64_t> file_state;
    std::vector<int64_t> folder_state;

    bool operator==(const Places&) const = default;
};

Places places_now() {
    Places places;
    places.file = place(X509_get_default_cert_file_env(), X509_get_default_cert_file());
    places.folder = place(X509_get_default_cert_dir_env(), X509_get_default_cert_dir());
    places.file_state = state_of(places.file);
    places.folder_state = state_of(places.folder);
    return places;
}

struct Shared {
    base::Mutex mutex;
    Places read_from SNAPGATE_GUARDED_BY(mutex);
    Authorities authorities SNAPGATE_GUARDED_BY(mutex);
};

}  // namespace

Result<Authorities> system_authorities() {
    // Never destroyed: a connection may outlive main().
    static auto& shared = *new Shared();
    const base::MutexLock lock(shared.mutex);
    Places now = places_now();
    if (!shared.authorities || now != shared.read_from) {
        Authorities read(X509_STORE_new());
        const bool good = read && X509_STORE_set_default_paths(read.get()) == 1;
        ERR_clear_error();
        if (!good) {
            return Error(Code::kUnavailable, "the system's certificate authorities cannot be read");
        }
        shared.authorities = std::move(read);
        shared.read_from = std::move(now);
    }
    X509_STORE_up_ref(shared.authorities.get());
    return Authorities(shared.authorities.get());
}

}  // namespace snapgate::net
