#include "net/tls/system_authorities.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/temporary_folder_testing.h"
#include "net/client/fake_tls_server_testing.h"
#include "net/client/outbound_target.h"
#include "net/client/outbound_testing.h"
#include "net/server/server_testing.h"

namespace snapgate::net {
namespace {

// The authorities of this process, until it goes.
class SystemFile {
  public:
    explicit SystemFile(const std::string& text) {
        write(text);
        ::setenv("SSL_CERT_FILE", path().c_str(), 1);
    }
    ~SystemFile() { ::unsetenv("SSL_CERT_FILE"); }
    SystemFile(const SystemFile&) = delete;
    SystemFile& operator=(const SystemFile&) = delete;

    // As the system does it: another file in its place.
    void write(const std::string& text) const {
        const auto fresh = folder_.path() / "new.pem";
        std::ofstream(fresh) << text;
        std::filesystem::rename(fresh, path());
    }

  private:
    std::filesystem::path path() const { return folder_.path() / "authorities.pem"; }

    const base::TemporaryFolder folder_;
};

const X509_STORE* store_of(const OutboundTarget& target) {
    return SSL_CTX_get_cert_store(target.parts().tls->native_handle());
}

TEST(SystemAuthorities, AreSharedUntilTheirFileChanges) {
    const TestAuthority first("first");
    const TestAuthority second("second");
    FakeTlsServer of_first({.identity = first.sign("IP:127.0.0.1")});
    FakeTlsServer of_second({.identity = second.sign("IP:127.0.0.1")});
    const SystemFile file(first.pem());
    const auto one = target_for({.server = of_first.url()});
    const auto other = target_for({.server = "https://cluster.example.org"});
    EXPECT_EQ(store_of(*one), store_of(*other));
    // Authorities of its own go to no other.
    const auto own = target_for({.server = of_second.url(), .ca = second.pem()});
    EXPECT_NE(store_of(*own), store_of(*one));
    EXPECT_TRUE(fetch({.server = of_first.url()}, get_request("/")));
    EXPECT_FALSE(fetch({.server = of_second.url()}, get_request("/")));

    file.write(second.pem());
    const auto later = target_for({.server = of_second.url()});
    EXPECT_NE(store_of(*later), store_of(*one));
    EXPECT_TRUE(fetch({.server = of_second.url()}, get_request("/")));
    EXPECT_FALSE(fetch({.server = of_first.url()}, get_request("/")));
}

}  // namespace
}  // namespace snapgate::net
