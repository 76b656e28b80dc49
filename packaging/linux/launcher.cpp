// The program `snapgate` of the tar for any Linux. It runs the server's program with the libraries
// and the loader beside it, so that neither the system's libc nor an environment variable, which
// programs that the server runs would inherit, plays a part. It is linked statically: it starts
// where there is no libc at all.
//
//   bin/snapgate          this
//   lib/ld.so             the loader
//   lib/*.so.*            the libraries
//   libexec/snapgate      the server's program

#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

// The folder above the one that holds this program; "" if the system does not tell.
std::string own_place() {
    std::array<char, PATH_MAX> path{};
    const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size());
    if (length <= 0 || static_cast<size_t>(length) == path.size()) return {};
    std::string place(path.data(), static_cast<size_t>(length));
    for (int level = 0; level < 2; ++level) {
        const size_t slash = place.rfind('/');
        if (slash == std::string::npos) return {};
        place.resize(slash);
    }
    return place;
}

// OpenSSL looks for the certificate authorities of the system where Debian has them. Elsewhere they
// are in one of these files.
void find_authorities() {
    if (std::getenv("SSL_CERT_FILE") != nullptr || std::getenv("SSL_CERT_DIR") != nullptr) return;
    if (::access("/usr/lib/ssl/certs", R_OK) == 0) return;
    for (const char* file :
         {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
          "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"}) {
        if (::access(file, R_OK) != 0) continue;
        ::setenv("SSL_CERT_FILE", file, 1);
        return;
    }
}

}  // namespace

int main(int argc, char** argv) {
    const std::string place = own_place();
    if (place.empty()) {
        std::fputs("snapgate: cannot find its own files: is /proc mounted?\n", stderr);
        return 1;
    }
    find_authorities();
    std::string name = argc > 0 ? argv[0] : "snapgate";
    std::string loader = place + "/lib/ld.so";
    std::string libraries = place + "/lib";
    std::string program = place + "/libexec/snapgate";
    // The system's cache of libraries names others than ours.
    std::string flags[] = {"--inhibit-cache", "--argv0", "--library-path"};
    std::vector<char*> arguments = {loader.data(),   flags[0].data(),  flags[1].data(), name.data(),
                                    flags[2].data(), libraries.data(), program.data()};
    for (int i = 1; i < argc; ++i) arguments.push_back(argv[i]);
    arguments.push_back(nullptr);
    ::execv(loader.c_str(), arguments.data());
    std::fprintf(stderr, "snapgate: cannot run %s: %s\n", loader.c_str(), std::strerror(errno));
    return 1;
}
