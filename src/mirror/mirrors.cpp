#include "mirror/mirrors.h"

#include <fmt/format.h>

#include <atomic>
#include <map>
#include <utility>

#include "base/annotations.h"
#include "base/log.h"
#include "base/test_time.h"
#include "connect/passed_servers.h"
#include "mirror/lists_under_way.h"
#include "mirror/reflector.h"
#include "net/await.h"
#include "net/event_loop.h"

namespace snapgate::mirror {

using base::Code;
using base::Error;
using base::Result;
using model::ClusterNumber;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds kKeepRhythm{60'000};

}  // namespace

class Mirrors::Core {
  public:
    // One cluster that is followed. Its coroutines keep it alive.
    struct Followed {
        ClusterNumber number = 0;
        std::string name;
        std::string project;  // "" if it is not known
        std::unique_ptr<ObjectSink> sink;
        std::unique_ptr<Reflector> reflector;
        // Only the loop's thread uses these:
        std::function<void()> done;
        size_t running = 0;  // coroutines
        bool ended = false;
        // One for each coroutine: it ends the pause after an end by a bug.
        std::vector<std::shared_ptr<net::Alarm>> restart_alarms;

        mutable base::Mutex mutex;
        std::shared_ptr<connect::ConnectionSource> source SNAPGATE_GUARDED_BY(mutex);
    };
    using FollowedRef = std::shared_ptr<Followed>;

    explicit Core(MirrorsOptions options) : options_(std::move(options)) {
        loop_.start([this] { return keep_from_time_to_time(); });
    }

    const std::string& server_id() const { return options_.server_id; }
    net::RequestPlaces& places() { return places_; }
    void post(std::function<void()> task) { loop_.post(std::move(task)); }
    void start(std::function<net::Awaitable<void>()> make) { loop_.start(std::move(make)); }
    uint64_t turns() const { return turns_; }

    void follow(ClusterNumber cluster, std::string name, std::string project,
                const cluster::ReflectedKind& kind,
                std::shared_ptr<connect::ConnectionSource> source) {
        const base::MutexLock lock(mutex_);
        if (stopped_) return;
        FollowedRef& followed = clusters_[cluster];
        if (followed) {
            {
                const base::MutexLock inner(followed->mutex);
                followed->source = source;
            }
            loop_.post([followed, source] { followed->reflector->use(source); });
            return;
        }
        followed = std::make_shared<Followed>();
        followed->number = cluster;
        followed->name = std::move(name);
        followed->project = std::move(project);
        followed->sink = options_.make_sink(cluster, kind);
        MirrorStatus last_known = options_.last_known(cluster);
        followed->reflector = std::make_unique<Reflector>(
            Reflector::Parts{followed->name, options_.server_id, source, *followed->sink,
                             *options_.clock, kind, ReflectorTimes::of(kind), std::move(last_known),
                             lists_, options_.most_listed, &turns_},
            loop_.executor());
        {
            const base::MutexLock inner(followed->mutex);
            followed->source = std::move(source);
        }
        start(followed, [f = followed.get()] { return f->reflector->run(); });
        start(followed, [f = followed.get()] { return f->reflector->stay_in_touch(); });
        start(followed, [f = followed.get()] { return f->reflector->answer_the_late(); });
        start(followed, [f = followed.get()] { return f->reflector->check_from_time_to_time(); });
    }

    void forget(ClusterNumber cluster) {
        FollowedRef followed;
        {
            const base::MutexLock lock(mutex_);
            auto found = clusters_.find(cluster);
            if (found != clusters_.end()) {
                followed = std::move(found->second);
                clusters_.erase(found);
            }
        }
        if (followed) end(followed, {});
    }

    void stop() {
        std::map<ClusterNumber, FollowedRef> clusters;
        {
            const base::MutexLock lock(mutex_);
            if (stopped_) return;
            stopped_ = true;
            clusters.swap(clusters_);
        }
        std::atomic<size_t> left = clusters.size();
        for (auto& [number, followed] : clusters) {
            end(followed, [&left] {
                if (--left == 0) left.notify_all();
            });
        }
        for (size_t now = left; now != 0; now = left) left.wait(now);
        loop_.stop();
        std::vector<FollowedRef> last;
        last.reserve(clusters.size());
        for (auto& [number, followed] : clusters) last.push_back(std::move(followed));
        keep(last);
    }

    FollowedRef find(ClusterNumber cluster) const {
        const base::MutexLock lock(mutex_);
        auto found = clusters_.find(cluster);
        return found == clusters_.end() ? nullptr : found->second;
    }

    std::vector<FollowedRef> all() const {
        const base::MutexLock lock(mutex_);
        std::vector<FollowedRef> all;
        all.reserve(clusters_.size());
        for (const auto& [number, followed] : clusters_) all.push_back(followed);
        return all;
    }

    static std::shared_ptr<connect::ConnectionSource> source_of(const Followed& followed) {
        const base::MutexLock lock(followed.mutex);
        return followed.source;
    }

  private:
    // The coroutine keeps the cluster alive; the last one to end calls `done`.
    void start(const FollowedRef& followed, std::function<net::Awaitable<void>()> make) {
        loop_.post([followed] { ++followed->running; });
        loop_.start([this, followed, make = std::move(make)]() -> net::Awaitable<void> {
            return run_and_leave(followed, make);
        });
    }

    net::Awaitable<void> run_and_leave(FollowedRef followed,
                                       std::function<net::Awaitable<void>()> make) {
        auto alarm = std::make_shared<net::Alarm>(loop_.executor());
        followed->restart_alarms.push_back(alarm);
        // A coroutine that ends by a bug is begun again after a while: nobody else notices its end.
        for (bool again = true; again && !followed->ended;) {
            again = false;
            try {
                co_await make();
            } catch (const std::exception& error) {
                followed->reflector->failed_by_a_bug(error.what());
                again = true;
            }
            if (again && !followed->ended) co_await alarm->wait(options_.restart);
        }
        if (--followed->running == 0 && followed->done) {
            auto done = std::exchange(followed->done, {});
            done();
        }
    }

    void end(const FollowedRef& followed, std::function<void()> done) {
        loop_.post([followed, done = std::move(done)]() mutable {
            followed->reflector->stop();
            followed->ended = true;
            for (const auto& alarm : followed->restart_alarms) alarm->ring();
            if (followed->running > 0) {
                followed->done = std::move(done);
            } else if (done) {
                done();
            }
        });
    }

    net::Awaitable<void> keep_from_time_to_time() {
        while (true) {
            co_await net::pause(kKeepRhythm);
            keep(all());
        }
    }

    void keep(const std::vector<FollowedRef>& clusters) const {
        std::vector<std::pair<ClusterNumber, MirrorStatus>> kept;
        for (const FollowedRef& followed : clusters) {
            MirrorStatus status = followed->reflector->status();
            auto version = followed->sink->version();
            if (!version || !status.has_synced) continue;
            status.list_version = std::move(*version);
            kept.emplace_back(followed->number, std::move(status));
        }
        if (!kept.empty()) options_.keep(kept);
    }

    const MirrorsOptions options_;
    std::atomic<uint64_t> turns_ = 0;  // outlives all mirrors
    net::RequestPlaces places_;
    ListsUnderWay lists_;
    net::EventLoop loop_;
    mutable base::Mutex mutex_;
    std::map<ClusterNumber, FollowedRef> clusters_ SNAPGATE_GUARDED_BY(mutex_);
    bool stopped_ SNAPGATE_GUARDED_BY(mutex_) = false;
};

Mirrors::Mirrors(MirrorsOptions options) : core_(std::make_unique<Core>(std::move(options))) {}

Mirrors::~Mirrors() {
    stop();
}

void Mirrors::follow(ClusterNumber cluster, std::string name, const cluster::ReflectedKind& kind,
                     std::shared_ptr<connect::ConnectionSource> source) {
    core_->follow(cluster, std::move(name), {}, kind, std::move(source));
}

void Mirrors::follow(const cluster::Cluster& cluster,
                     const std::shared_ptr<connect::ConnectionSource>& source) {
    for (const cluster::ReflectedKind& kind : cluster::reflected_kinds()) {
        // Tests of what one reflector asks of a cluster leave out the others.
        if (kind.stored != model::Kind::kSnapshot &&
            base::test_time("other-kinds", milliseconds(1)).count() == 0)
            continue;
        core_->follow(cluster.number_of(kind.stored), cluster.name, cluster.project, kind, source);
    }
}

void Mirrors::forget(ClusterNumber cluster) {
    core_->forget(cluster);
}

void Mirrors::stop() {
    core_->stop();
}

void Mirrors::post(const std::function<void()>& task) {
    core_->post(task);
}

std::optional<MirrorStatus> Mirrors::status(ClusterNumber cluster) const {
    const auto followed = core_->find(cluster);
    if (!followed) return std::nullopt;
    return followed->reflector->status();
}

std::vector<std::pair<ClusterNumber, MirrorStatus>> Mirrors::statuses() const {
    std::vector<std::pair<ClusterNumber, MirrorStatus>> statuses;
    for (const auto& followed : core_->all())
        statuses.emplace_back(followed->number, followed->reflector->status());
    return statuses;
}

std::shared_ptr<connect::ConnectionSource> Mirrors::source(ClusterNumber cluster) const {
    const auto followed = core_->find(cluster);
    return followed ? Core::source_of(*followed) : nullptr;
}

uint64_t Mirrors::turns() const {
    return core_->turns();
}

net::RequestPlaces& Mirrors::places() const {
    return core_->places();
}

const std::string& Mirrors::server_id() const {
    return core_->server_id();
}

net::Awaitable<Result<ClusterAnswer>> Mirrors::send(ClusterNumber cluster,
                                                    net::ClientRequest request, std::string passed,
                                                    milliseconds timeout) {
    const auto followed = core_->find(cluster);
    if (!followed) co_return Error(Code::kNotFound, "the cluster is not connected");
    CalledCluster called{cluster, followed->name, followed->project,
                         [followed] { return Core::source_of(*followed); }};
    std::string via = connect::passed_with(passed, server_id());
    co_return co_await call_cluster(core_->places(), std::move(called), std::move(request),
                                    std::move(via), timeout);
}

net::Awaitable<bool> Mirrors::wait_for(ClusterNumber cluster, std::string version,
                                       milliseconds timeout) {
    bool reached = false;
    std::function<bool()> over = [&] {
        const auto followed = core_->find(cluster);
        reached = followed && followed->reflector->reached(version);
        return reached || !followed;
    };
    co_await net::wait_until(std::move(over), timeout);
    co_return reached;
}

net::Awaitable<Result<void>> Mirrors::confirm(ClusterNumber cluster) {
    const auto followed = core_->find(cluster);
    if (!followed) co_return Error(Code::kNotFound, "the cluster is not connected");
    std::function<void(std::function<void(Result<void>)>)> start =
        [this, followed](std::function<void(Result<void>)> done) {
            core_->post([followed, done = std::move(done)]() mutable {
                followed->reflector->confirm(std::move(done));
            });
        };
    co_return co_await net::await_callback<Result<void>>(std::move(start));
}

void Mirrors::take_name(ClusterNumber cluster) {
    const auto followed = core_->find(cluster);
    // It is not among the coroutines that stop() waits for, but dropped with the loop: it may wait
    // for some seconds.
    if (followed) core_->start([followed] { return followed->sink->take_name(); });
}

void Mirrors::retry_now(const cluster::Cluster& cluster) {
    for (const ClusterNumber number : cluster.numbers()) {
        const auto followed = core_->find(number);
        if (followed) core_->post([followed] { followed->reflector->retry_now(); });
    }
}

}  // namespace snapgate::mirror
