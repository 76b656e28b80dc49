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
using Match = KubeListRequest::Match;

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
            auto whole = list->step(store_->read(), item, full, out);
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

TEST_F(KubeListTest, WholeListsAndNamespaces) {
    put_all({"a/1", "a/2", "b/1", "c/1"});
    Page all = must_list(request(""));
    EXPECT_THAT(all.items, ElementsAre("a/1", "a/2", "b/1", "c/1"));
    EXPECT_EQ(all.token, "");
    EXPECT_EQ(all.remaining, std::nullopt);
    EXPECT_EQ(all.version, fmt::format("{}", head(cluster_)));
    EXPECT_THAT(must_list(request("a")).items, ElementsAre("a/1", "a/2"));
    EXPECT_THAT(must_list(request("absent")).items, IsEmpty());
    EXPECT_THAT(must_list(request("absent", 5)).items, IsEmpty());
}

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

TEST_F(KubeListTest, ALongNameStandsForANamespaceInAToken) {
    const std::string name(200, 'n');
    put_labelled("a", name);
    put_labelled("a", "z");
    put_labelled(name.substr(0, 63), "before");
    put_labelled("o", "behind");
    const Page first = must_list(request("a", 1));
    EXPECT_THAT(first.items, ElementsAre("a/" + name));
    EXPECT_THAT(must_list(request("", 0, first.token)).items, ElementsAre("o/behind"));
}

TEST_F(KubeListTest, PagesShowTheStateOfTheFirst) {
    put_all({"a/1", "a/2", "a/3", "b/1"});
    Page first = must_list(request("", 2));
    EXPECT_THAT(first.items, ElementsAre("a/1", "a/2"));
    EXPECT_EQ(first.remaining, 2U);
    put_all({"a/0", "a/4"});
    erase(cluster_, "b", "1");
    Page second = must_list(request("", 1, first.token));
    EXPECT_THAT(second.items, ElementsAre("a/3"));
    EXPECT_EQ(second.remaining, 1U);
    EXPECT_EQ(second.version, first.version);
    Page last = must_list(request("", 0, second.token));
    EXPECT_THAT(last.items, ElementsAre("b/1"));
    EXPECT_EQ(last.token, "");
    EXPECT_EQ(last.remaining, std::nullopt);
}

TEST_F(KubeListTest, ALimitThatFitsIsTheLastPage) {
    put_all({"a/1", "a/2", "b/1"});
    EXPECT_EQ(must_list(request("a", 2)).token, "");
    EXPECT_EQ(must_list(request("", 3)).token, "");
    EXPECT_NE(must_list(request("", 2)).token, "");
}

TEST_F(KubeListTest, LabelsDoNotSayWhatRemains) {
    for (int i = 0; i < 6; ++i)
        put_labelled("a", fmt::format("{}", i), i % 2 == 0 ? "gold" : "silver");
    KubeListRequest gold = request("a", 2);
    select(gold, "tier=gold");
    Page first = must_list(gold);
    EXPECT_THAT(first.items, ElementsAre("a/0", "a/2"));
    EXPECT_EQ(first.remaining, std::nullopt);
    gold.continue_token = first.token;
    Page second = must_list(gold);
    EXPECT_THAT(second.items, ElementsAre("a/4"));
    EXPECT_EQ(second.token, "");
    // As kube-apiserver does, a page says that more follows wherever there are more objects.
    gold.continue_token.clear();
    gold.limit = 3;
    Page full = must_list(gold);
    EXPECT_THAT(full.items, ElementsAre("a/0", "a/2", "a/4"));
    gold.continue_token = full.token;
    Page rest = must_list(gold);
    EXPECT_THAT(rest.items, IsEmpty());
    EXPECT_EQ(rest.token, "");
}

TEST_F(KubeListTest, OneName) {
    put_all({"a/1", "a/2", "b/2", "c/1", "c/3", "d/2"});
    KubeListRequest named = request("");
    select(named, "", "metadata.name=2");
    EXPECT_THAT(must_list(named).items, ElementsAre("a/2", "b/2", "d/2"));
    named.limit = 1;
    Page first = must_list(named);
    EXPECT_THAT(first.items, ElementsAre("a/2"));
    named.continue_token = first.token;
    Page second = must_list(named);
    EXPECT_THAT(second.items, ElementsAre("b/2"));
    named.continue_token = second.token;
    Page third = must_list(named);
    EXPECT_THAT(third.items, ElementsAre("d/2"));
    EXPECT_EQ(third.token, "");

    KubeListRequest one = request("a", 1);
    select(one, "", "metadata.name=1");
    EXPECT_THAT(must_list(one).items, ElementsAre("a/1"));
    EXPECT_EQ(must_list(one).token, "");
    select(one, "", "metadata.name=3");
    EXPECT_THAT(must_list(one).items, IsEmpty());
    select(one, "", "metadata.name=1,metadata.namespace=b");
    EXPECT_THAT(must_list(one).items, IsEmpty());
    select(one, "tier", "metadata.name=1");
    EXPECT_THAT(must_list(one).items, IsEmpty());

    KubeListRequest of_one_namespace = request("", 1);
    select(of_one_namespace, "", "metadata.namespace=c");
    Page begin = must_list(of_one_namespace);
    EXPECT_THAT(begin.items, ElementsAre("c/1"));
    of_one_namespace.continue_token = begin.token;
    EXPECT_THAT(must_list(of_one_namespace).items, ElementsAre("c/3"));
}

TEST_F(KubeListTest, AnyVersionThatIsKept) {
    put_all({"a/1"});
    Revision inner = 0;
    must([&](store::WriteTxn& txn) -> base::Result<void> {
        SNAPGATE_ASSIGN(inner, txn.put(cluster_, Kind::kSnapshot, labelled("a", "2", {})));
        SNAPGATE_TRY(txn.put(cluster_, Kind::kSnapshot, labelled("b", "3", {})));
        return {};
    });
    erase(cluster_, "a", "1");
    put_all({"b/4"});

    KubeListRequest exact = request("");
    exact.version = inner;
    exact.match = Match::kExact;
    Page then = must_list(exact);
    EXPECT_THAT(then.items, ElementsAre("a/1", "a/2"));
    EXPECT_EQ(then.version, fmt::format("{}", inner));
    // With a limit it is exact for those who do not say.
    exact.limit = 1;
    exact.match = Match::kUnset;
    Page first = must_list(exact);
    EXPECT_THAT(first.items, ElementsAre("a/1"));
    EXPECT_EQ(first.remaining, 1U);
    exact.version = inner + 1;
    EXPECT_EQ(must_list(exact).remaining, 2U);
    exact.ns = "a";
    EXPECT_EQ(must_list(exact).remaining, 1U);
    EXPECT_THAT(must_list(request("", 5, first.token)).items, ElementsAre("a/2"));

    KubeListRequest newer = request("", 1);
    newer.version = inner;
    newer.match = Match::kNotOlderThan;
    EXPECT_THAT(must_list(newer).items, ElementsAre("a/2"));
    EXPECT_EQ(must_list(newer).version, fmt::format("{}", head(cluster_)));
    newer.match = Match::kUnset;
    newer.limit = 0;
    EXPECT_EQ(must_list(newer).version, fmt::format("{}", head(cluster_)));

    KubeListRequest any = request("", 1);
    any.version = 0;
    EXPECT_THAT(must_list(any).items, ElementsAre("a/2", "b/3", "b/4"));
}

TEST_F(KubeListTest, AVersionThatIsNotReached) {
    put_all({"a/1"});
    for (Match match : {Match::kUnset, Match::kExact, Match::kNotOlderThan}) {
        KubeListRequest future = request("");
        future.version = head(cluster_) + 1;
        future.match = match;
        base::Error error = refused(future);
        EXPECT_EQ(error.code, Code::kFutureVersion);
        EXPECT_EQ(error.message,
                  fmt::format("version {} is ahead of {}", head(cluster_) + 1, head(cluster_)));
    }
}

TEST_F(KubeListTest, VersionsExpireCompactedOrNot) {
    put_all({"a/1", "a/2"});
    const Revision old = head(cluster_);
    KubeListRequest exact = request("");
    exact.version = old;
    exact.match = Match::kExact;
    Page first = must_list(request("", 1));
    clock_.advance(10 * kHistoryMs);
    // The head never does.
    EXPECT_THAT(must_list(exact).items, ElementsAre("a/1", "a/2"));
    put_all({"a/3"});
    clock_.advance(kHistoryMs);
    EXPECT_THAT(must_list(exact).items, ElementsAre("a/1", "a/2"));
    clock_.advance(1);
    for (bool compacted : {false, true}) {
        if (compacted) ASSERT_TRUE(store_->compact());
        base::Error error = refused(exact);
        EXPECT_EQ(error.code, Code::kExpired);
        EXPECT_EQ(error.message, "the state is gone");
        EXPECT_EQ(error.continue_token, "");

        error = refused(request("", 1, first.token));
        EXPECT_EQ(error.code, Code::kExpired);
        EXPECT_EQ(error.message, "the token is too old");
        Page on = must_list(request("", 1, error.continue_token));
        EXPECT_THAT(on.items, ElementsAre("a/2"));
        EXPECT_EQ(on.remaining, 1U);
        EXPECT_EQ(on.version, fmt::format("{}", head(cluster_)));
    }
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

TEST_F(KubeListTest, TokensGoOnUnderOtherNamespacesAndSelectors) {
    put_all({"a/1", "a/2", "a/3", "b/1", "b/2", "b/3", "c/1"});
    const std::string of_all = must_list(request("", 2)).token;  // behind a/2
    const std::string of_a = must_list(request("a", 1)).token;   // behind 1
    EXPECT_THAT(must_list(request("b", 0, of_a)).items, ElementsAre("b/2", "b/3"));
    EXPECT_THAT(must_list(request("", 0, of_a)).items,
                ElementsAre("a/1", "a/2", "a/3", "b/1", "b/2", "b/3", "c/1"));
    // Behind the text "a/2" there are no names that begin with a digit.
    EXPECT_THAT(must_list(request("b", 0, of_all)).items, IsEmpty());
    put_labelled("b", "b", {});
    const std::string newer = must_list(request("", 2)).token;
    Page under_b = must_list(request("b", 1, newer));
    EXPECT_THAT(under_b.items, ElementsAre("b/b"));
    // What remains is counted anew.
    Page under_all = must_list(request("", 1, of_a));
    EXPECT_EQ(under_all.remaining, 6U);
    EXPECT_EQ(must_list(request("b", 1, of_a)).remaining, 1U);

    KubeListRequest other = request("", 0, of_all);
    select(other, "!tier", "metadata.namespace=b");
    EXPECT_THAT(must_list(other).items, ElementsAre("b/1", "b/2", "b/3"));
    select(other, "", "metadata.namespace=a");
    EXPECT_THAT(must_list(other).items, ElementsAre("a/3"));
    other.continue_token = must_list(request("", 5)).token;
    EXPECT_THAT(must_list(other).items, IsEmpty());
}

TEST_F(KubeListTest, TokensThatMeanNothingHere) {
    put_all({"a/1", "a/2", "a/3"});
    const std::string token = must_list(request("", 1)).token;
    KubeListRequest bad = request("", 1, "notatoken");
    EXPECT_EQ(refused(bad).message, "the token is broken");
    bad.continue_token = "ab=c";
    EXPECT_EQ(refused(bad).message, "the token is broken");
    bad.continue_token = "abcd";
    EXPECT_EQ(refused(bad).message, "the token is broken");
    bad.continue_token = token;
    bad.continue_token.back() = token.back() == 'A' ? 'E' : 'A';
    EXPECT_EQ(refused(bad).code, Code::kInvalidParameter);

    KubeListRequest of_other_kind = request("", 1, token);
    of_other_kind.kind = Kind::kNamespace;
    EXPECT_EQ(refused(of_other_kind).message, "the token is of another list");
    uid_ = "uid-2";
    EXPECT_EQ(refused(request("", 1, token)).message, "the token is of another list");
    uid_ = "uid-1";
    KubeListRequest with_version = request("", 1, token);
    with_version.version = 5;
    EXPECT_EQ(refused(with_version).message, "a version with a token");
    with_version.version = 0;
    EXPECT_THAT(must_list(with_version).items, ElementsAre("a/2"));

    // The uid of a cluster that was deleted, taken by another.
    cluster_ = make_cluster();
    put_all({"a/1", "a/2"});
    base::Error error = refused(request("", 1, token));
    EXPECT_EQ(error.code, Code::kExpired);
    EXPECT_THAT(must_list(request("", 1, error.continue_token)).items, ElementsAre("a/2"));
    cluster_ += 1;
    EXPECT_EQ(refused(request("")).code, Code::kNotFound);
}

TEST_F(KubeListTest, Namespaces) {
    must([&](store::WriteTxn& txn) -> base::Result<void> {
        for (const char* name : {"a", "b", "c"})
            SNAPGATE_TRY(txn.put(cluster_, Kind::kNamespace, labelled("", name, name)));
        return {};
    });
    put_all({"a/1"});
    KubeListRequest namespaces = request("", 2);
    namespaces.kind = Kind::kNamespace;
    Page first = must_list(namespaces);
    EXPECT_THAT(first.items, ElementsAre("/a", "/b"));
    EXPECT_EQ(first.remaining, 1U);
    namespaces.continue_token = first.token;
    EXPECT_THAT(must_list(namespaces).items, ElementsAre("/c"));
    namespaces.continue_token.clear();
    select(namespaces, "tier notin (b)", "metadata.name!=c");
    EXPECT_THAT(must_list(namespaces).items, ElementsAre("/a"));
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
