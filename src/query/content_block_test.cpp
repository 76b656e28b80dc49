#include "query/content_block.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "query/fleet_testing.h"

namespace snapgate::query {
namespace {

using model::Kind;

std::string content_name(size_t number) {
    return fmt::format("vmsnapshot-content-{:05}", number);
}
std::string snapshot_name(size_t number) {
    return fmt::format("s-{}", number);
}

TestContent content(size_t number) {
    TestContent out{
        "n", content_name(number), snapshot_name(number), fmt::format("{}", number + 1), "", ""};
    if (number % 7 == 0) out.error = fmt::format("error {} of {}", number, out.name);
    return out;
}

facts::ContentHash hash_of_name(std::string_view ns, std::string_view name) {
    return facts::hash_of(facts::content_id(ns, name));
}

class ContentBlockTest : public testing::Test {
  protected:
    void SetUp() override {
        ASSERT_TRUE(fleet_.create("a", "uid-a", "p"));
        number_ = fleet_.number_of("uid-a", Kind::kContent);
    }

    void write(size_t begin, size_t end, bool gone = false) {
        ASSERT_TRUE(fleet_.write([&](store::WriteTxn& txn) -> base::Result<void> {
            for (size_t i = begin; i < end; ++i) {
                if (gone) {
                    SNAPGATE_TRY(txn.erase(number_, Kind::kContent, "n", content_name(i)));
                } else {
                    SNAPGATE_TRY(txn.put(number_, Kind::kContent, content(i).prepare()));
                }
            }
            return {};
        }));
    }

    // The block at the head, through `index` or without one.
    std::shared_ptr<const ContentBlock> load(ContentIndex* index) {
        const store::ReadView view = fleet_.store().read();
        const auto head = view.head(number_);
        EXPECT_TRUE(head && *head);
        size_t budget = SIZE_MAX;
        auto block = ContentIndex::Load(index, number_, (*head)->revision).step(view, budget);
        EXPECT_TRUE(block) << block.error().message;
        return block.value_or(nullptr);
    }

    static void expect_found(const ContentBlock& block, size_t number) {
        const auto found =
            block.find(hash_of_name("n", content_name(number)), "n", snapshot_name(number));
        ASSERT_TRUE(found) << number;
        EXPECT_EQ(found->bytes, number + 1);
        ASSERT_EQ(found->error != nullptr, number % 7 == 0) << number;
        if (found->error == nullptr) return;
        EXPECT_EQ(found->error->sentence,
                  fmt::format("error {} of {}", number, content_name(number)));
        EXPECT_EQ(found->error->names, std::vector<std::string>{content_name(number)});
    }

    TestFleet fleet_{false};
    model::ClusterNumber number_ = 0;
};

TEST_F(ContentBlockTest, FindsEachOfMany) {
    for (const size_t count : {1U, 2U, 3U, 1000U}) {
        write(0, count);
        const auto block = load(nullptr);
        EXPECT_EQ(block->rows(), count);
        for (size_t i = 0; i < count; ++i) expect_found(*block, i);
        EXPECT_FALSE(
            block->find(hash_of_name("n", content_name(count)), "n", snapshot_name(count)));
        EXPECT_FALSE(block->find(hash_of_name("m", content_name(0)), "m", snapshot_name(0)));
        // It is of another snapshot.
        EXPECT_FALSE(block->find(hash_of_name("n", content_name(0)), "n", snapshot_name(1)));
        EXPECT_FALSE(block->find(0, "n", snapshot_name(0)));
    }
}

TEST_F(ContentBlockTest, AnEmptyOneFindsNothing) {
    write(0, 1);
    write(0, 1, true);
    const auto block = load(nullptr);
    EXPECT_EQ(block->rows(), 0U);
    EXPECT_FALSE(block->find(hash_of_name("n", content_name(0)), "n", snapshot_name(0)));
}

TEST_F(ContentBlockTest, ChangesAreBroughtIn) {
    ContentIndex index;
    write(0, 500);
    const auto before = load(&index);
    write(450, 600);
    write(100, 200, true);
    const auto after = load(&index);
    EXPECT_EQ(before->rows(), 500U);
    EXPECT_EQ(after->rows(), 500U);
    for (size_t i = 0; i < 600; ++i) {
        if (i >= 100 && i < 200) {
            EXPECT_FALSE(after->find(hash_of_name("n", content_name(i)), "n", snapshot_name(i)));
        } else {
            expect_found(*after, i);
        }
    }
}

// Of an error only a few names are kept, and only those that it has.
TEST_F(ContentBlockTest, KeepsTheNamesThatAnErrorHas) {
    std::string text =
        R"({"metadata":{"namespace":"n","name":"c","uid":"u","resourceVersion":"1"},)"
        R"("spec":{"virtualMachineSnapshotName":"s","volumeBackups":[)";
    std::string message = "no room:";
    for (int i = 0; i < 30; ++i) {
        text += fmt::format(R"({}{{"volumeName":"disk-{:02}"}})", i == 0 ? "" : ",", i);
        if (i % 2 == 1) message += fmt::format(" disk-{:02}", i);
    }
    text += R"(]},"status":{"error":{"message":")" + message + R"("}}})";
    const auto object = TestVm::prepared(json::prepare_content(text), text);
    ASSERT_TRUE(fleet_.put("uid-a", Kind::kContent, object));
    const auto block = load(nullptr);
    const auto found = block->find(hash_of_name("n", "c"), "n", "s");
    ASSERT_TRUE(found && found->error != nullptr);
    EXPECT_EQ(found->bytes, std::nullopt);
    EXPECT_EQ(found->error->names.size(), 8U);
    EXPECT_EQ(found->error->names.front(), "disk-01");
    EXPECT_EQ(found->error->names.back(), "disk-15");
}

}  // namespace
}  // namespace snapgate::query
