#include "audit/action.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "store/store.h"

namespace snapgate::audit {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr int64_t kNow = 1'793'970'000'123;

Action action() {
    Action one;
    one.actor = {.key = "0123456789ab", .name = "alice"};
    one.from = "192.0.2.7:4711";
    one.request_id = "r-1";
    one.verb = "create";
    one.path = "/v1/x";
    one.cluster = "demo";
    one.cluster_name = "Demo";
    return one;
}

TEST(ActionTest, ALineSaysWhoDidWhatToWhich) {
    const Object object{
        .kind = "VirtualMachineSnapshot", .ns = "shop", .name = "web-1", .id = "u-1", .vm = "web"};
    EXPECT_EQ(
        line_of(action(), object, {.change = Change::kCreated}, kNow),
        R"({"time":"2026-11-06T13:00:00.123Z","who":{"key":"0123456789ab","name":"alice"},)"
        R"("from":"192.0.2.7:4711","verb":"create","object":{"kind":"VirtualMachineSnapshot",)"
        R"("cluster":"demo","clusterName":"Demo","namespace":"shop","name":"web-1","id":"u-1",)"
        R"("vm":"web"},"outcome":"done","change":"created","requestId":"r-1","path":"/v1/x"})");
}

TEST(ActionTest, ARefusalHasStatusAndReason) {
    Action one = action();
    one.actor = {.key = "0123456789ab", .name = {}, .verified = false};
    one.cluster.clear();
    one.cluster_name.clear();
    EXPECT_EQ(
        line_of(one, {}, {.outcome = Outcome::kRefused, .status = 401, .reason = "Unauthorized"},
                kNow),
        R"({"time":"2026-11-06T13:00:00.123Z","who":{"key":"0123456789ab","verified":false},)"
        R"("from":"192.0.2.7:4711","verb":"create","outcome":"refused","status":401,)"
        R"("reason":"Unauthorized","requestId":"r-1","path":"/v1/x"})");
}

TEST(ActionTest, HostileTextsAreEscapedAndCut) {
    Action one = action();
    one.path = std::string(100'000, '\x01');
    one.request_id = "\"},\"who\":{\"name\":\"admin\"\n\x1b[2J\xff";
    const std::string override_mark = std::string("\xe2\x80") + "\xae";  // right to left from here
    const Object object{.name = std::string(100'000, '\\'), .vm = override_mark + "evil"};
    const std::string line = line_of(one, object, {}, kNow);
    EXPECT_LT(line.size(), store::kMaxAuditLine);
    EXPECT_THAT(line, Not(HasSubstr("\n")));
    EXPECT_THAT(line, Not(HasSubstr("\x1b")));
    EXPECT_THAT(line, HasSubstr(R"(\"},\"who\":{\"name\":\"admin\")"));
    EXPECT_THAT(line, HasSubstr(R"("vm":"\u202eevil")"));
}

TEST(ActionTest, ALineGoesOutWithItsNumber) {
    std::string out;
    append_numbered(7, R"({"verb":"delete"})", out);
    append_missing("BacklogFull", 8, 10, kNow, out);
    EXPECT_EQ(out,
              "{\"seq\":7,\"verb\":\"delete\"}\n"
              R"({"time":"2026-11-06T13:00:00.123Z","outcome":"missing","reason":"BacklogFull",)"
              "\"firstSeq\":8,\"lastSeq\":10,\"lines\":3}\n");
}

}  // namespace
}  // namespace snapgate::audit
