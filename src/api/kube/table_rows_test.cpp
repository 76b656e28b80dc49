#include "api/kube/table_rows.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <deque>
#include <string>

#include "api/kube/watch_client_testing.h"
#include "base/clock.h"
#include "model/object.h"

namespace snapgate::api::kube {
namespace {

constexpr std::string_view kStore = "0123456789abcdef";
const int64_t kNow = *base::parse_rfc3339("2026-11-04T14:20:06Z");

class TableRowsTest : public testing::Test {
  protected:
    store::Found object(model::Revision revision, std::string_view name, size_t filler = 0) {
        auto prepared = json::prepare_snapshot(
            fmt::format(
                R"({{"apiVersion":"snapshot.kubevirt.io/v1beta1","kind":"VirtualMachineSnapshot",)"
                R"("metadata":{{"name":"{}","namespace":"ns","annotations":{{"filler":"{}"}}}},)"
                R"("spec":{{"source":{{"apiGroup":"kubevirt.io","kind":"VirtualMachine",)"
                R"("name":"vm"}}}},"status":{{"creationTime":"2026-11-04T14:19:06Z"}}}})",
                name, std::string(filler, 'x')),
            {"00000000-0000-4000-8000-000000000000", "2026-11-04T14:19:06Z", 1});
        EXPECT_TRUE(prepared);
        stored_.push_back(model::encode_object(prepared->object, fmt::format("{}", revision)));
        return {"ns", "name", revision, *model::decode_object(stored_.back())};
    }
    std::string row(const store::Found& found, const Form& form, int64_t now_ms = kNow,
                    std::string_view store_id = kStore) {
        std::string kept = "[";
        EXPECT_TRUE(rows_.append(store_id, form, found, now_ms, kept));
        std::string made = "[";
        EXPECT_TRUE(append_item(form, found.object, {}, now_ms, made));
        EXPECT_EQ(kept, made);
        return kept;
    }
    static Form table(IncludeObject include = IncludeObject::kMetadata) {
        Form form;
        form.shape = Shape::kTable;
        form.include = include;
        return form;
    }

    std::deque<std::string> stored_;
    TableRows rows_;
};

TEST_F(TableRowsTest, ARowIsMadeOnceAndItsAgeToldAnew) {
    const store::Found one = object(7, "one");
    EXPECT_NE(row(one, table()).find(R"("60s")"), std::string::npos);
    EXPECT_NE(row(one, table(), kNow + 3'600'000).find(R"("61m")"), std::string::npos);
    EXPECT_EQ(rows_.made(), 1U);
}

TEST_F(TableRowsTest, EveryVersionAndFormHasItsOwn) {
    Form old = table();
    old.v1alpha1 = old.meta_v1beta1 = true;
    const store::Found one = object(7, "one");
    for (int again = 0; again < 2; ++again) {
        row(one, table());
        row(one, table(IncludeObject::kNone));
        row(one, old);
        row(one, table(IncludeObject::kObject));
        row(object(8, "one", 1), table());
        // As many revisions later there is the next one in the same place.
        row(object(7 + 1024, "two"), table());
        row(object(7 + 2048, "three"), table());
    }
    EXPECT_GT(rows_.made(), 7U);
}

TEST_F(TableRowsTest, RevisionsOfAnotherStoreAreOthers) {
    row(object(7, "one"), table());
    row(object(7, "two"), table(), kNow, "fedcba9876543210");
    row(object(7, "one"), table());
    EXPECT_EQ(rows_.made(), 3U);
}

TEST_F(TableRowsTest, LongRowsAreNotKept) {
    const store::Found large = object(7, "large", TableRows::kMostRowBytes);
    row(large, table());
    row(large, table());
    EXPECT_EQ(rows_.made(), 2U);
}

}  // namespace
}  // namespace snapgate::api::kube
