#include "access/projects.h"

#include <gtest/gtest.h>

namespace snapgate::access {
namespace {

TEST(Quota, IsToldWithWhatThereIsWhatWasWantedAndWhatIsAllowed) {
    struct Case {
        std::string_view what;
        uint64_t used;
        uint64_t more;
        uint64_t allowed;
        std::string_view message;
    };
    for (const Case& one : {
             Case{"objects", 0, 256, 10,
                  "256 more objects would exceed the quota of project q: it has 0 objects, and 10 "
                  "are allowed"},
             Case{"clusters", 1, 1, 1,
                  "1 more cluster would exceed the quota of project q: it has 1 cluster, and 1 is "
                  "allowed"},
             // The quota was made smaller than what there was.
             Case{"bytes", 5000, 1200, 0,
                  "1,200 more bytes would exceed the quota of project q: it has 5,000 bytes, and 0 "
                  "are allowed"},
         }) {
        const auto refused = check_quota("q", one.what, one.used, one.more, one.allowed);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, base::Code::kQuotaExceeded);
        EXPECT_EQ(refused.error().message, one.message);
    }
    EXPECT_TRUE(check_quota("q", "keys", 4, 6, 10));
    EXPECT_TRUE(check_quota("q", "keys", 4, 6, std::nullopt));
}

}  // namespace
}  // namespace snapgate::access
