// What text tests cannot do: steps within a page, and names that no URL holds. Everything else is
// in src/api/kube/testdata/list_*.txt.
#include "query/kube_list.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <map>
#include <random>

#include "query/listing_testing.h"
#include "store/store_testing.h"

namespace snapgate::query {
namespace {

using base::Code;
using model::Kind;
using model::Revision;
using testing::ElementsAre;
using testing::IsEmpty;

model::PreparedObject labelled(std::string_view ns, std::string_view name, std::string_view label) {
    model::PreparedObject object;
    object.ns = ns;
    object.name = name;
    object.text = R"({"metadata":{)";
    if (!label.empty()) object.text += fmt::format(R"("labels":{{"tier":"{}"}},)", label);
    object.text += fmt::format(R"("name":"{}","resourceVersion":")", name);
    object.version_offset = static_cast<uint32_t>(object.text.size());
    object.text += R"("}})";
    return object;
}

class KubeListTest : public store::StoreFixture {
  protected:
    // A page as a test sees it.
    struct Page {
        std::vector<std::string> items;
        std::string token;
        std::optional<uint64_t> remaining;
        std::string version;
        int steps = 0;
    };

    void SetUp() override {
        StoreFixture::SetUp();
        cluster_ = make_cluster();
    }

    Revision put_labelled(std::string_view ns, std::string_view name, std::string_view label = {}) {
        Revision revision = 0;
        must([&](store::WriteTxn& txn) -> base::Result<void> {
            SNAPGATE_ASSIGN(revision,
                            txn.put(cluster_, Kind::kSnapshot, labelled(ns, name, label)));
            return {};
        });
        return revision;
    }
    void put_all(std::initializer_list<const char*> keys) {
        for (std::string_view key : keys)
            put_labelled(key.substr(0, key.find('/')), key.substr(key.find('/') + 1));
    }

    KubeListRequest request(std::string ns, uint64_t limit = 0, std::string token = {}) const {
        KubeListRequest request;
        request.ns = std::move(ns);
        request.limit = limit;
        request.continue_token = std::move(token);
        return request;
    }
    static void select(KubeListRequest& request, std::string_view labels,
                       std::string_view fields = {}) {
        auto selector = Selector::parse(Kind::kSnapshot, labels, fields);
        ASSERT_TRUE(selector);
        request.selector = *selector;
        request.selector_text = fmt::format("{}\n{}", labels, fields);
    }

    base::Result<Page> list(KubeListRequest request, size_t full = SIZE_MAX) {
        auto list = KubeList::plan({*store_, signer_, kTestWords}, store_->read(), {cluster_, uid_},
                                   std::move(request));
        if (!list) return list.error();
        Page page;
        std::string out;
        const KubeList::Item item = [&page](const store::Found& found,
                                            std::string& text) -> base::Result<void> {
            page.items.push_back(fmt::format("{}/{}", found.ns, found.name));
            text += found.object.text;
            return {};
        };
        while (true) {
            ++page.steps;
            auto whole = list->step(store_->read(), out, full, item);
            if (!whole) return whole.error();
            if (*whole) break;
            out.clear();
            if (between_steps_) between_steps_();
        }
        page.token = list->continue_token();
        page.remaining = list->remaining();
        page.version = list->version();
        return page;
    }
    Page must_list(KubeListRequest request, size_t full = SIZE_MAX) {
        auto page = list(std::move(request), full);
        EXPECT_TRUE(page) << page.error().message;
        return page ? *page : Page{};
    }
    base::Error refused(KubeListRequest request) {
        auto page = list(std::move(request));
        EXPECT_FALSE(page);
        return page ? base::Error(Code::kInternal, "it was given") : page.error();
    }

    TokenSigner signer_{std::string(32, 'k')};
    store::ClusterNumber cluster_ = 0;
    std::string uid_ = "uid-1";
    std::function<void()> between_steps_;
};

TEST_F(KubeListTest, WhatNoNameCanBeSelectsNothing) {
    put_all({"a/1", "b/1"});
    const std::string longer(300, 'x');
    const std::string nul("a\0b", 3);
    for (const std::string& ns : {longer, nul, std::string(64, 'a'), std::string("a\x1f")}) {
        for (const uint64_t limit : {uint64_t{0}, uint64_t{1}}) {
            const Page page = must_list(request(ns, limit));
            EXPECT_THAT(page.items, IsEmpty());
            EXPECT_EQ(page.token, "");
            EXPECT_EQ(page.remaining, std::nullopt);
            EXPECT_EQ(page.version, fmt::format("{}", head(cluster_)));
        }
    }
    for (const char* field : {"metadata.name=", "metadata.namespace="}) {
        for (const std::string& value : {longer, nul}) {
            for (const char* ns : {"", "a"}) {
                KubeListRequest one = request(ns, 1);
                select(one, "", field + value);
                EXPECT_THAT(must_list(one).items, IsEmpty());
            }
        }
    }
    KubeListRequest others = request("");
    select(others, "", "metadata.name!=" + longer);
    EXPECT_THAT(must_list(others).items, ElementsAre("a/1", "b/1"));
}

TEST_F(KubeListTest, AStepLaterTheStateMayBeGone) {
    put_all({"a/1", "a/2", "a/3"});
    const Revision begun = head(cluster_);
    std::shared_ptr<void> hold = store_->hold_history(cluster_, begun);
    between_steps_ = [&] {
        put_all({"a/4"});
        clock_.advance(2 * kHistoryMs);
        ASSERT_TRUE(store_->compact());
    };
    EXPECT_THAT(must_list(request(""), 1).items, ElementsAre("a/1", "a/2", "a/3"));
    hold.reset();
    auto page = list(request(""), 1);
    ASSERT_FALSE(page);
    EXPECT_EQ(page.error().code, Code::kExpired);
}

TEST_F(KubeListTest, TokensAreOfOneClusterAndOneKind) {
    put_all({"a/1", "a/2", "a/3"});
    const std::string token = must_list(request("", 1)).token;
    KubeListRequest changed = request("", 1, token);
    changed.continue_token.back() = token.back() == 'A' ? 'E' : 'A';
    EXPECT_EQ(refused(changed).message, "the token is broken");
    KubeListRequest of_other_kind = request("", 1, token);
    of_other_kind.kind = Kind::kNamespace;
    EXPECT_EQ(refused(of_other_kind).message, "the token is of another list");
    uid_ = "uid-2";
    EXPECT_EQ(refused(request("", 1, token)).message, "the token is of another list");
    uid_ = "uid-1";

    // The uid of a cluster that was deleted, taken by another.
    cluster_ = make_cluster();
    put_all({"a/1", "a/2"});
    base::Error error = refused(request("", 1, token));
    EXPECT_EQ(error.code, Code::kExpired);
    EXPECT_THAT(must_list(request("", 1, error.continue_token)).items, ElementsAre("a/2"));
    cluster_ += 1;
    EXPECT_EQ(refused(request("")).code, Code::kNotFound);
}

TEST_F(KubeListTest, AnyPagesInAnyStepsAreTheWholeList) {
    std::mt19937 random(7);
    std::map<model::ObjectKey, std::string> model;
    must([&](store::WriteTxn& txn) -> base::Result<void> {
        for (int i = 0; i < 300; ++i) {
            model::ObjectKey key{fmt::format("ns-{}", random() % 5),
                                 fmt::format("o{}", random() % 200)};
            const std::string label = random() % 3 == 0 ? "gold" : "silver";
            SNAPGATE_TRY(txn.put(cluster_, Kind::kSnapshot, labelled(key.ns, key.name, label)));
            model[key] = label;
        }
        return {};
    });
    for (const char* ns : {"", "ns-3"}) {
        for (const char* labels : {"", "tier=gold"}) {
            std::vector<std::string> expected;
            for (const auto& [key, label] : model) {
                if ((*ns == '\0' || key.ns == ns) && (*labels == '\0' || label == "gold"))
                    expected.push_back(key.ns + "/" + key.name);
            }
            for (uint64_t limit : {0U, 1U, 7U, 1000U}) {
                for (size_t full : {size_t{1}, size_t{200}, SIZE_MAX}) {
                    std::vector<std::string> seen;
                    KubeListRequest one = request(ns, limit);
                    select(one, labels);
                    do {
                        Page page = must_list(one, full);
                        seen.insert(seen.end(), page.items.begin(), page.items.end());
                        if (page.remaining) {
                            EXPECT_EQ(*page.remaining, expected.size() - seen.size());
                        }
                        one.continue_token = page.token;
                    } while (!one.continue_token.empty());
                    EXPECT_EQ(seen, expected) << ns << ' ' << labels << ' ' << limit << ' ' << full;
                }
            }
        }
    }
}

}  // namespace
}  // namespace snapgate::query
