// A kind of objects is a row: with one of this test's own, a list and a watch of other objects
// become a mirror.

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "json/cluster_answers.h"
#include "mirror/collector.h"
#include "mirror/list.h"
#include "mirror/lists_under_way.h"
#include "mirror/mirror_testing.h"
#include "mirror/odd_objects.h"
#include "mirror/recording_sink_testing.h"
#include "mirror/watch.h"

namespace snapgate::mirror {
namespace {

constexpr auto kStored = static_cast<Kind>(77);

// The stored form of a Widget is its identity alone.
Result<PreparedObject> prepare_widget(std::string_view text) {
    const auto head = json::read_object_head(text);
    if (!head || !can_be_kept(*head)) return base::Error(base::Code::kInvalidBody, "no widget");
    PreparedObject object;
    object.ns = head->ns;
    object.name = head->name;
    object.uid = head->uid;
    object.version = head->version;
    object.text = R"({"metadata":{"name":")" + object.name + R"(","resourceVersion":")";
    object.version_offset = static_cast<uint32_t>(object.text.size());
    object.text += R"(","uid":")" + object.uid + R"("}})";
    return object;
}

const cluster::ReflectedKind kWidgets{.group = "example.com",
                                      .plural = "widgets",
                                      .kind = "Widget",
                                      .versions = {"v1"},
                                      .noun = "widgets",
                                      .noun_of_one = "widget",
                                      .stored = kStored,
                                      .prepare = &prepare_widget};

std::string widget(std::string_view name, std::string_view version) {
    return R"({"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":")" +
           std::string(name) + R"(","namespace":"n","resourceVersion":")" + std::string(version) +
           R"(","uid":"u"}})";
}

class SecondKindTest : public MirrorFixture {
  protected:
    void SetUp() override {
        MirrorFixture::SetUp();
        widgets_ = make_cluster();
        sink_ = make_sink(*store_, widgets_, kWidgets);
    }

    // "name@version" of each object that the store has.
    std::vector<std::string> stored(ClusterNumber cluster, Kind kind) {
        std::vector<std::string> names;
        const store::ReadView view = store_->read();
        auto scan = view.scan(cluster, kind, head(cluster));
        auto more = scan.seek("", "");
        for (; more && *more; more = scan.next())
            names.push_back(std::string(scan.found().name) + "@" +
                            std::string(scan.found().object.version));
        EXPECT_TRUE(more) << more.error().message;
        return names;
    }

    ClusterNumber widgets_ = 0;  // the number of their mirror
    ListsUnderWay lists_;
    SkippedObjects skipped_{"c", "widgets"};
};

TEST_F(SecondKindTest, IsListedAndWatchedLikeTheFirst) {
    Collector objects(*sink_, lists_, {.objects = 1'000});
    must_run(sink_->begin_replacement());
    ListPage page(kWidgets, objects, skipped_);
    ASSERT_TRUE(page.feed(R"({"apiVersion":"example.com/v1","kind":"WidgetList","metadata":)"
                          R"({"resourceVersion":"7"},"items":[)" +
                          widget("a", "5") + "," + widget("b", "6") + "]}"));
    const auto listed = page.finish();
    ASSERT_TRUE(listed) << listed.error().message;
    ASSERT_TRUE(run_on(loop_, objects.flush(true)));
    must_run(sink_->publish(listed->version, ToldVersions::kKept));
    EXPECT_EQ(stored(widgets_, kStored), (std::vector<std::string>{"a@5", "b@6"}));
    EXPECT_EQ(must_run(sink_->checksum("7")).objects, 2U);

    WatchReader reader(kWidgets, WatchBegin::kFromVersion, "7", skipped_);
    const std::string removed = widget("a", "8");
    const std::string changed = widget("b", "9");
    auto piece = reader.feed(R"({"type":"DELETED","object":)" + removed + "}\n" +
                             R"({"type":"MODIFIED","object":)" + changed + "}\n");
    ASSERT_FALSE(piece.failed);
    apply(std::move(piece.changes));
    EXPECT_EQ(stored(widgets_, kStored), (std::vector<std::string>{"b@9"}));
    EXPECT_EQ(version(), "9");
    EXPECT_EQ(skipped_.count(), 0U);
}

TEST_F(SecondKindTest, LeavesTheMirrorOfTheFirstAlone) {
    auto snapshots = make_sink(*store_, cluster_, cluster::snapshots());
    must_run(snapshots->begin_replacement());
    must_run(snapshots->add({prepared({"n", "s"}, {"u", "3", ""})}));
    must_run(snapshots->publish("4", ToldVersions::kKept));
    // A stage of one is open while the other is published.
    must_run(snapshots->begin_replacement());
    must_run(sink_->begin_replacement());
    must_run(sink_->publish("7", ToldVersions::kKept));
    EXPECT_EQ(version(), "7");
    EXPECT_EQ(*snapshots->version(), "4");
    EXPECT_EQ(stored(cluster_, Kind::kSnapshot), (std::vector<std::string>{"s@3"}));
    EXPECT_EQ(stored(widgets_, kStored), std::vector<std::string>());
}

TEST_F(SecondKindTest, ItsListHoldsNothingElse) {
    Collector objects(*sink_, lists_, {.objects = 1'000});
    ListPage page(kWidgets, objects, skipped_);
    ASSERT_TRUE(page.feed(R"({"apiVersion":"snapshot.kubevirt.io/v1beta1",)"
                          R"("kind":"VirtualMachineSnapshotList",)"
                          R"("metadata":{"resourceVersion":"7"},"items":[]})"));
    const auto listed = page.finish();
    ASSERT_FALSE(listed);
    EXPECT_EQ(listed.error().message, "the cluster answered no WidgetList");
}

}  // namespace
}  // namespace snapgate::mirror
