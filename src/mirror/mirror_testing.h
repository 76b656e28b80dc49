#pragma once

#include <gtest/gtest.h>

#include <future>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "json/metadata_text.h"
#include "json/object.h"
#include "mirror/mirror_sink.h"
#include "net/event_loop.h"
#include "store/store_testing.h"

namespace snapgate::mirror {

using base::Result;
using model::ClusterNumber;
using model::Kind;
using model::ObjectKey;
using model::PreparedObject;
using model::Revision;

struct Object {
    std::string uid;
    std::string version;
    std::string filler;
    bool operator==(const Object&) const = default;
};
using State = std::map<ObjectKey, Object>;

inline std::string text_of(const ObjectKey& key, const Object& object) {
    return R"({"apiVersion":"snapshot.kubevirt.io/v1beta1","kind":"VirtualMachineSnapshot",)"
           R"("metadata":{"name":")" +
           key.name + R"(","namespace":")" + key.ns + R"(","resourceVersion":")" + object.version +
           R"(","uid":")" + object.uid + R"("},"spec":{"filler":")" + object.filler +
           R"(","source":{"name":"vm"}}})";
}

// A sink over a store of its own, and what a map says its mirror should list.
class MirrorFixture : public store::StoreFixture {
  protected:
    // The writer thread may still be about to leave the loop that it has just woken.
    void TearDown() override {
        sink_.reset();
        store_.reset();
    }
    void SetUp() override {
        StoreFixture::SetUp();
        cluster_ = make_cluster();
        sink_ = make_sink(*store_, cluster_, cluster::snapshots());
    }

    // Closes the store as a crash does: a stage is left open.
    void crash() {
        sink_.reset();
        open();
        sink_ = make_sink(*store_, cluster_, cluster::snapshots());
    }

    template <class T>
    Result<T> run(net::Awaitable<Result<T>> call) {
        std::promise<Result<T>> outcome;
        // NOLINTNEXTLINE(cppcoreguidelines-avoid-capturing-lambda-coroutines): the loop keeps it
        loop_.start([&]() -> net::Awaitable<void> { outcome.set_value(co_await std::move(call)); });
        return outcome.get_future().get();
    }
    template <class T>
    T must_run(net::Awaitable<Result<T>> call) {
        auto result = run(std::move(call));
        EXPECT_TRUE(result) << result.error().message;
        if constexpr (!std::is_void_v<T>) return result ? *result : T{};
    }

    PreparedObject prepared(const ObjectKey& key, const Object& object) const {
        auto result = json::prepare_mirrored_snapshot(text_of(key, object));
        EXPECT_TRUE(result) << result.error().message;
        return result ? *result : PreparedObject{};
    }
    Change put_event(const ObjectKey& key, const Object& object) const {
        return {Change::Type::kPut, prepared(key, object), {}, object.version};
    }
    static Change delete_event(const ObjectKey& key, std::string version) {
        return {Change::Type::kDelete, {}, key, std::move(version)};
    }
    static Change version_only(std::string version) {
        return {Change::Type::kVersionOnly, {}, {}, std::move(version)};
    }
    void apply(std::vector<Change> events) { must_run(sink_->apply(std::move(events))); }

    Replaced replace(const State& state, std::string version) {
        must_run(sink_->begin_replacement());
        std::vector<PreparedObject> objects;
        for (const auto& [key, object] : state) objects.push_back(prepared(key, object));
        must_run(sink_->add(std::move(objects)));
        return must_run(sink_->publish(std::move(version), ToldVersions::kKept));
    }

    // What a reader sees, by the objects' Kubernetes forms.
    std::map<ObjectKey, std::string> listed(Revision at) const {
        std::map<ObjectKey, std::string> texts;
        const store::ReadView view = store_->read();
        auto scan = view.scan(cluster_, Kind::kSnapshot, at);
        auto more = scan.seek("", "");
        for (; more && *more; more = scan.next()) {
            std::string text;
            EXPECT_TRUE(json::append_kubernetes_form(scan.found().object, text));
            const ObjectKey key{std::string(scan.found().ns), std::string(scan.found().name)};
            texts.emplace(key, std::move(text));
        }
        EXPECT_TRUE(more) << more.error().message;
        return texts;
    }
    static std::map<ObjectKey, std::string> texts_of(const State& state) {
        std::map<ObjectKey, std::string> texts;
        for (const auto& [key, object] : state) texts.emplace(key, text_of(key, object));
        return texts;
    }
    static Checksum sum_of(const State& state) {
        Checksum sum;
        for (const auto& [key, object] : state) {
            const auto metadata = json::metadata_text(text_of(key, object));
            EXPECT_TRUE(metadata);
            sum.add(key.ns, key.name, object.uid, object.version, metadata ? *metadata : "");
        }
        return sum;
    }
    std::string version() const {
        auto version = sink_->version();
        EXPECT_TRUE(version);
        return version ? *version : "";
    }
    std::vector<store::LogEntry> log_since(Revision after) {
        auto entries = store_->read().log(cluster_, after, UINT64_MAX, SIZE_MAX);
        EXPECT_TRUE(entries);
        return entries ? *entries : std::vector<store::LogEntry>();
    }
    void expect(const State& state, std::string_view at) {
        EXPECT_EQ(listed(head(cluster_)), texts_of(state));
        EXPECT_EQ(store_->read().count(cluster_, Kind::kSnapshot), state.size());
        EXPECT_EQ(version(), at);
        if (!at.empty()) EXPECT_EQ(must_run(sink_->checksum(std::string(at))), sum_of(state));
    }

    ClusterNumber cluster_ = 0;
    std::unique_ptr<ObjectSink> sink_;
    net::EventLoop loop_;
};

}  // namespace snapgate::mirror
