#include "app/url_file.h"

#include <gtest/gtest.h>

namespace snapgate::app {
namespace {

TEST(LocalUrl, NamesTheAddressThatIsListenedOn) {
    EXPECT_EQ(local_url("127.0.0.1", 8443, true), "https://127.0.0.1:8443");
    EXPECT_EQ(local_url("192.0.2.7", 80, false), "http://192.0.2.7:80");
    EXPECT_EQ(local_url("2001:db8::7", 8443, true), "https://[2001:db8::7]:8443");
}

TEST(LocalUrl, TakesLoopbackForAWildcardAddress) {
    EXPECT_EQ(local_url("0.0.0.0", 8443, true), "https://127.0.0.1:8443");
    EXPECT_EQ(local_url("::", 8443, true), "https://[::1]:8443");
}

}  // namespace
}  // namespace snapgate::app
