// A reader that never comes to the end of what is written meanwhile: its watch ends all the same.
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include "api/kube/watch_client_testing.h"
#include "base/clock_testing.h"

namespace snapgate::api::kube {
namespace {

constexpr std::string_view kAll = "/apis/snapshot.kubevirt.io/v1beta1/virtualmachinesnapshots";
// More than the reader takes while a watch of seconds lasts, with all that buffers hold.
constexpr int kMostEvents = 60'000;
constexpr int kObjects = 300;

class WatchSlowReaderTest : public testing::Test {
  protected:
    // Changes many objects again and again, faster than they are read.
    void write(const std::stop_token& stop) {
        const std::string vm(200, 'v');
        while (!stop.stop_requested()) {
            service_.must([&](store::WriteTxn& txn) -> base::Result<void> {
                for (int i = 0; i < kObjects; ++i) {
                    SNAPGATE_TRY(
                        txn.put(service_.cluster(), model::Kind::kSnapshot,
                                make_snapshot("ns", fmt::format("o-{}", i),
                                              {{"round", fmt::format("{}", round_ % 10)}}, vm)));
                }
                return {};
            });
            ++round_;
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
    }
    // Reads slowly until the watch ends, an event of that type comes, or far more came than its
    // time allows. The last event.
    static std::string read_to_end(WatchClient& watch,
                                   const std::function<void()>& after_first = {},
                                   std::string_view last_type = "ERROR") {
        const std::string type = fmt::format(R"({{"type":"{}")", last_type);
        std::string last;
        for (int events = 0; events < kMostEvents; ++events) {
            auto line = watch.next_line();
            if (!line) break;
            last = std::move(*line);
            if (events == 0 && after_first) after_first();
            if (last.starts_with(type)) break;
            std::this_thread::sleep_for(std::chrono::microseconds(50));
        }
        return last;
    }

    base::TestClock clock_;
    TestService service_{clock_};
    int round_ = 0;
};

TEST_F(WatchSlowReaderTest, EndsWithItsTime) {
    WatchClient watch(service_, fmt::format("{}?timeoutSeconds=1", kAll));
    ASSERT_EQ(watch.status(), 200U);
    const std::jthread writer([this](const std::stop_token& stop) { write(stop); });
    const std::string last = read_to_end(watch);
    EXPECT_TRUE(watch.ended_well());
    EXPECT_EQ(last.find(R"("type":"ERROR")"), std::string::npos) << last;
}

TEST_F(WatchSlowReaderTest, EndsWithItsKey) {
    WatchClient watch(service_, fmt::format("{}?timeoutSeconds=600", kAll));
    ASSERT_EQ(watch.status(), 200U);
    const std::jthread writer([this](const std::stop_token& stop) { write(stop); });
    const std::string last = read_to_end(watch, [this] { service_.revoke_key(); });
    EXPECT_EQ(watch.next_line(), std::nullopt);
    EXPECT_TRUE(watch.ended_well());
    EXPECT_NE(last.find(R"("type":"ERROR")"), std::string::npos) << last;
    EXPECT_NE(last.find(R"("code":401)"), std::string::npos) << last;
}

TEST_F(WatchSlowReaderTest, BookmarksComeBetweenTheChanges) {
    WatchClient watch(service_, fmt::format("{}?timeoutSeconds=600&allowWatchBookmarks=1", kAll));
    ASSERT_EQ(watch.status(), 200U);
    const std::jthread writer([this](const std::stop_token& stop) { write(stop); });
    const std::string last = read_to_end(watch, {}, "BOOKMARK");
    EXPECT_NE(last.find(R"("type":"BOOKMARK")"), std::string::npos) << last;
}

}  // namespace
}  // namespace snapgate::api::kube
