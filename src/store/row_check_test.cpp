#include "store/row_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "model/names.h"
#include "store/changed_rows_testing.h"
#include "store/check.h"
#include "store/keys.h"
#include "store/rows.h"

namespace snapgate::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class RowCheckTest : public ChangedRowsFixture {
  protected:
    void SetUp() override {
        StoreFixture::SetUp();
        cluster_ = make_cluster();
        put(cluster_, "shop", "a");
        put(cluster_, "shop", "b");
        revision_ = put(cluster_, "shop", "c");
        erase(cluster_, "shop", "a");
    }

    std::vector<std::string> faults() {
        store_.reset();
        std::vector<std::string> told;
        auto summary = check_store(directory_.path(),
                                   [&told](std::string_view fault) { told.emplace_back(fault); });
        EXPECT_TRUE(summary);
        if (!summary) return told;
        EXPECT_TRUE(summary->rows_checked);
        EXPECT_EQ(summary->faults, told.size());
        return told;
    }

    std::vector<std::string> faults_after(const Change& change) {
        change_rows(change);
        return faults();
    }
    std::vector<std::string> faults_without(const Key& key) {
        return faults_after([&key](engine::WriteTransaction& rows) -> base::Result<void> {
            SNAPGATE_ASSIGN(const bool erased, rows.erase(key.view()));
            EXPECT_TRUE(erased);
            return {};
        });
    }

    Key version_c() const { return object_key(cluster_, Kind::kSnapshot, "shop", "c", revision_); }

    ClusterNumber cluster_ = 0;
    Revision revision_ = 0;
};

TEST_F(RowCheckTest, AStoreThatIsWholeHasNoFaults) {
    EXPECT_THAT(faults(), IsEmpty());
}

TEST_F(RowCheckTest, ASecondRowOfAClusterIsTold) {
    for (const Table table : {Table::kCluster, Table::kSweep}) {
        Key key = cluster_key(table, cluster_);
        key.byte('x');
        const auto put = [&key](engine::WriteTransaction& rows) {
            return rows.put(key.view(), {});
        };
        EXPECT_THAT(faults_after(put), ElementsAre(HasSubstr("has a key that this")));
        const auto erase = [&key](engine::WriteTransaction& rows) -> base::Result<void> {
            SNAPGATE_TRY(rows.erase(key.view()));
            return {};
        };
        EXPECT_THAT(faults_after(erase), IsEmpty());
    }
}

TEST_F(RowCheckTest, AMissingVersionIsToldByLogAndCounts) {
    EXPECT_THAT(faults_without(version_c()),
                testing::IsSupersetOf({HasSubstr("of shop/c, whose version is missing"),
                                       HasSubstr("a count of objects")}));
}

TEST_F(RowCheckTest, AWrongCountIsTold) {
    EXPECT_THAT(faults_after([&](engine::WriteTransaction& rows) {
                    return rows.put(count_key(Table::kCount, cluster_, Kind::kSnapshot).view(),
                                    encode_number(5));
                }),
                ElementsAre(HasSubstr("is 3 more than the objects that there are")));
}

TEST_F(RowCheckTest, AWrongSumOfSizesIsToldWhereSumsAreKept) {
    uint64_t bytes = 0;
    for (const std::string_view name : {"b", "c"})
        bytes +=
            (*store_->read().newest(cluster_, Kind::kSnapshot, "shop", name))->object.text.size();
    const Key key = count_key(Table::kBytes, cluster_, Kind::kSnapshot);
    EXPECT_THAT(
        faults_after([&](engine::WriteTransaction& rows) {
            return rows.put(key.view(), encode_number(bytes - 7));
        }),
        ElementsAre(AllOf(HasSubstr("a sum of objects' sizes"), HasSubstr("is 7 fewer than"))));
    EXPECT_THAT(faults_without(key), ElementsAre(HasSubstr("fewer than the objects")));
    EXPECT_THAT(faults_without(meta_key(kBytesName)), IsEmpty());
}

TEST_F(RowCheckTest, AMissingHintIsTold) {
    EXPECT_THAT(faults_without(index_key(cluster_, model::vm_hash("vm"), "shop", "c")),
                ElementsAre(AllOf(HasSubstr("\"shop/c\""), HasSubstr("missing in the index"))));
}

TEST_F(RowCheckTest, AMissingHeadIsTold) {
    EXPECT_THAT(faults_without(head_key(cluster_, revision_ + 1)),
                ElementsAre(HasSubstr("whose row is missing or another")));
}

TEST_F(RowCheckTest, AMissingRowOfTheLogIsTold) {
    EXPECT_THAT(faults_without(log_key(cluster_, revision_)),
                ElementsAre(HasSubstr("3 changes above its floor")));
}

TEST_F(RowCheckTest, RowsOfNoClusterAreTold) {
    EXPECT_THAT(faults_without(cluster_key(Table::kCluster, cluster_)),
                testing::Contains(HasSubstr("is of a cluster that does not exist")));
}

TEST_F(RowCheckTest, FactsThatCannotBeReadAreToldWithTheirObject) {
    EXPECT_THAT(faults_after([&](engine::WriteTransaction& rows) {
                    return give_facts(rows, version_c().view(), "no facts");
                }),
                ElementsAre(AllOf(HasSubstr("\"shop/c\""), HasSubstr("has facts that cannot"))));
}

TEST_F(RowCheckTest, ADamagedVersionIsToldWithItsObject) {
    EXPECT_THAT(faults_after([&](engine::WriteTransaction& rows) {
                    return rows.put_plain(version_c().view(), "12345678damaged");
                }),
                testing::Contains(AllOf(HasSubstr("\"shop/c\""), HasSubstr("checksum"))));
}

}  // namespace
}  // namespace snapgate::store
