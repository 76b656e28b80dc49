#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "base/clock_testing.h"
#include "store/check.h"
#include "store/objects_testing.h"
#include "store/store.h"
#include "store/store_model_testing.h"

namespace snapgate::store {

// A store with a short history, and a model of its content. Compares everything that readers can
// see of the store with the model. Its random choices follow from the seed.
class ModelledStore {
  public:
    using Place = StoreModel::Place;
    using Content = StoreModel::Content;

    static constexpr int64_t kHistoryMs = 60'000;

    explicit ModelledStore(uint64_t seed) : seed_(seed), random_(seed) {}
    virtual ~ModelledStore() = default;
    ModelledStore(const ModelledStore&) = delete;
    ModelledStore& operator=(const ModelledStore&) = delete;

    // Closes the store if it is open, and opens it.
    base::Result<void> open() {
        store_.reset();
        StoreOptions options;
        options.directory = directory_.path();
        options.clock = &clock_;
        options.history = base::Millis(kHistoryMs);
        options.background_compaction = false;
        SNAPGATE_ASSIGN(store_, Store::open(options));
        return {};
    }

    // Checks every row of the store, which is closed for that.
    void check_rows() {
        store_.reset();
        const auto checked = check_store(directory_.path(), [this](std::string_view fault) {
            ADD_FAILURE() << "seed " << seed_ << ": " << fault;
        });
        ASSERT_TRUE(checked) << checked.error().message;
        EXPECT_TRUE(checked->rows_checked);
    }

  protected:
    size_t pick(size_t below) {
        return std::uniform_int_distribution<size_t>(0, below - 1)(random_);
    }
    bool chance(size_t in) { return pick(in) == 0; }

    Place random_place() {
        if (chance(10)) return {Kind::kNamespace, "", "ns-" + std::to_string(pick(6))};
        return {Kind::kSnapshot, "ns-" + std::to_string(pick(4)), random_name()};
    }
    // Some names are the beginnings of others.
    std::string random_name() {
        std::string name = "s-" + std::to_string(pick(20));
        return chance(2) ? name : name + "-b";
    }
    std::string random_vm() { return "vm-" + std::to_string(pick(8)); }

    StoreModel::Cluster* random_cluster(ClusterNumber& number) {
        if (model_.clusters.empty()) return nullptr;
        auto chosen = model_.clusters.begin();
        std::advance(chosen, static_cast<std::ptrdiff_t>(pick(model_.clusters.size())));
        number = chosen->first;
        return &chosen->second;
    }

    // Compares everything that readers see of a cluster at one of its heads with the model.
    void check() {
        ClusterNumber number = 0;
        StoreModel::Cluster* cluster = random_cluster(number);
        if (cluster == nullptr) return;
        size_t which = chance(2) ? cluster->heads.size() - 1 : pick(cluster->heads.size());
        const StoreModel::HeadAt& head = cluster->heads[which];
        bool is_last = which + 1 == cluster->heads.size();
        ReadView view = store_->read();
        auto replaced = view.replaced_ms(number, head.revision);
        if (!replaced) {
            ASSERT_EQ(replaced.error().code, base::Code::kExpired);
            ASSERT_FALSE(is_last);
            EXPECT_TRUE(head.compacted);
            return;
        }
        ASSERT_EQ(replaced->has_value(), !is_last);
        check_versions(view, number, *cluster, head);
        check_lists(view, number, *cluster, head.revision);
        check_log(view, number, *cluster, head.revision);
        if (is_last) check_head(view, number, *cluster);
    }

    // Whether the newest states that readers see are those of the model.
    bool heads_match(const StoreModel& model) const {
        const ReadView view = store_->read();
        for (ClusterNumber number = 1; number <= model.newest_cluster + 1; ++number) {
            const auto head = view.head(number);
            EXPECT_TRUE(head) << head.error().message;
            const auto cluster = model.clusters.find(number);
            if (!head || head->has_value() != (cluster != model.clusters.end())) return false;
            if (!*head) continue;
            const StoreModel::HeadAt& expected = cluster->second.heads.back();
            if ((*head)->revision != expected.revision || (*head)->version != expected.version)
                return false;
        }
        return has_lines(view, model);
    }

    // Whether the audit trail has the lines of the model, with numbers without gaps.
    static bool has_lines(const ReadView& view, const StoreModel& model) {
        const auto lines = view.audit_lines(0, SIZE_MAX);
        EXPECT_TRUE(lines);
        if (!lines) return false;
        std::multiset<std::string> texts;
        for (size_t i = 0; i < lines->size(); ++i) {
            EXPECT_EQ((*lines)[i].number, lines->front().number + i);
            texts.insert((*lines)[i].text);
        }
        return texts == model.audit;
    }

    // Takes the last of some states, as a restart leaves them, that readers see. False if none is.
    bool adopt(const std::vector<StoreModel>& possible) {
        for (size_t i = possible.size(); i-- > 0;) {
            StoreModel model = possible[i];
            model.give_up_stages();
            if (!heads_match(model)) continue;
            model_ = std::move(model);
            note_readable_heads();
            return true;
        }
        return false;
    }

    // A compaction that failed may have left heads that it was to remove.
    void note_readable_heads() {
        const ReadView view = store_->read();
        for (auto& [number, cluster] : model_.clusters)
            for (StoreModel::HeadAt& head : cluster.heads)
                if (head.compacted) head.compacted = !view.replaced_ms(number, head.revision);
    }

    void check_versions(const ReadView& view, ClusterNumber number,
                        const StoreModel::Cluster& cluster, const StoreModel::HeadAt& head) {
        auto named = view.revision_of(number, head.version);
        ASSERT_TRUE(named);
        // On a mirror only the cluster's own versions count, and a version belongs to the first
        // head that has it.
        const bool decimal = head.version == std::to_string(head.revision);
        if (cluster.mirrored && decimal) {
            EXPECT_EQ(named->has_value(), false);
        } else {
            for (const StoreModel::HeadAt& other : cluster.heads) {
                if (other.version != head.version || !view.replaced_ms(number, other.revision))
                    continue;
                EXPECT_EQ(*named, other.revision) << head.version;
                break;
            }
        }
        const Revision last = cluster.heads.back().revision;
        const Revision at = head.revision + pick(last - head.revision + 1);
        // Writes of one commit may have made heads that the model does not know. They differ from
        // the known heads only in the versions of a cluster that was not a mirror yet.
        const std::string seen = StoreModel::version_at(cluster, at);
        if (!cluster.mirrored || seen.front() > '9') EXPECT_EQ(view.version_at(number, at), seen);
        const std::string visible = StoreModel::visible_version(cluster, at);
        if (!cluster.mirrored || visible.front() > '9')
            EXPECT_EQ(view.visible_version(number, at), visible);
        EXPECT_EQ(view.version_at(number, last + 1).error().code, base::Code::kFutureVersion);
        EXPECT_EQ(view.visible_version(number, last + 1).error().code, base::Code::kFutureVersion);
    }

    void check_lists(const ReadView& view, ClusterNumber number, const StoreModel::Cluster& cluster,
                     Revision at) {
        for (Kind kind : {Kind::kSnapshot, Kind::kNamespace}) {
            auto expected = StoreModel::list(cluster, kind, at);
            std::map<Place, Content> listed;
            model::ObjectKey from;
            while (true) {  // pages of a small budget, each by a view of its own
                ReadView page = store_->read();
                ReadView::Scan scan = page.scan(number, kind, at, 1 + pick(30));
                Place last;
                auto more = scan.seek(from.ns, from.name);
                for (; more && *more; more = scan.next()) {
                    Place place{kind, std::string(scan.found().ns), std::string(scan.found().name)};
                    EXPECT_LT(last.ns + '\0' + last.name, place.ns + '\0' + place.name);
                    last = place;
                    bool is_new =
                        listed
                            .emplace(place, Content{std::string(scan.found().object.vm),
                                                    std::string(scan.found().object.text)})
                            .second;
                    EXPECT_TRUE(is_new) << place.name << " twice";
                }
                ASSERT_TRUE(more) << more.error().message;
                if (!scan.exhausted()) break;
                EXPECT_LT(from, scan.resume_key());
                from = scan.resume_key();
            }
            EXPECT_EQ(listed, expected);
        }
        Place place = random_place();
        auto got = view.get(number, place.kind, place.ns, place.name, at);
        ASSERT_TRUE(got);
        auto wanted = StoreModel::at(cluster, place, at);
        ASSERT_EQ(got->has_value(), wanted.has_value());
        if (wanted) EXPECT_EQ((*got)->object.text, wanted->text);

        std::string vm = random_vm();
        std::map<Place, Content> of_vm;
        for (auto& [key, content] : StoreModel::list(cluster, Kind::kSnapshot, at))
            if (content.vm == vm) of_vm.emplace(key, content);
        std::map<Place, Content> found;
        model::ObjectKey from;
        while (true) {
            ReadView::Scan scan = view.scan_vm(number, vm, at, 1 + pick(10));
            auto more = scan.seek(from.ns, from.name);
            for (; more && *more; more = scan.next()) {
                found.emplace(Place{Kind::kSnapshot, std::string(scan.found().ns),
                                    std::string(scan.found().name)},
                              Content{std::string(scan.found().object.vm),
                                      std::string(scan.found().object.text)});
            }
            ASSERT_TRUE(more) << more.error().message;
            if (!scan.exhausted()) break;
            from = scan.resume_key();
        }
        EXPECT_EQ(found, of_vm);
    }

    void check_log(const ReadView& view, ClusterNumber number, const StoreModel::Cluster& cluster,
                   Revision after) {
        Revision up_to = cluster.heads[pick(cluster.heads.size())].revision;
        std::vector<LogEntry> expected;
        for (const LogEntry& entry : cluster.log)
            if (entry.revision > after && entry.revision <= up_to) expected.push_back(entry);
        std::vector<LogEntry> read;
        Revision from = after;
        while (true) {
            size_t most = 1 + pick(20);
            auto entries = view.log(number, from, up_to, most);
            ASSERT_TRUE(entries) << entries.error().message;
            ASSERT_LE(entries->size(), most);
            if (entries->empty()) break;
            from = entries->back().revision;
            read.insert(read.end(), entries->begin(), entries->end());
        }
        ASSERT_EQ(read.size(), expected.size());
        for (size_t i = 0; i < read.size(); ++i) {
            EXPECT_EQ(read[i].revision, expected[i].revision);
            EXPECT_EQ(read[i].previous, expected[i].previous);
            EXPECT_EQ(read[i].op, expected[i].op);
            EXPECT_EQ(read[i].kind, expected[i].kind);
            EXPECT_EQ(read[i].key, expected[i].key);
        }
    }

    void check_head(const ReadView& view, ClusterNumber number,
                    const StoreModel::Cluster& cluster) {
        for (Kind kind : {Kind::kSnapshot, Kind::kNamespace}) {
            auto objects = StoreModel::list(cluster, kind, cluster.heads.back().revision);
            EXPECT_EQ(view.count(number, kind), objects.size());
            uint64_t bytes = 0;
            std::map<std::string, size_t> by_namespace;
            for (const auto& [place, content] : objects) {
                ++by_namespace[place.ns];
                bytes += content.text.size();
            }
            EXPECT_EQ(view.bytes(number, kind), bytes);
            for (size_t i = 0; i < 4; ++i) {
                std::string ns = kind == Kind::kNamespace ? "" : "ns-" + std::to_string(i);
                EXPECT_EQ(view.count(number, kind, ns), by_namespace[ns]);
            }
        }
    }

    uint64_t seed_;
    std::mt19937_64 random_;
    TestDirectory directory_;
    base::TestClock clock_;
    std::unique_ptr<Store> store_;
    StoreModel model_;
};

}  // namespace snapgate::store
