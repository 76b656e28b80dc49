#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/annotations.h"
#include "base/clock.h"
#include "mirror/mirror_status.h"
#include "mirror/reflector_times.h"
#include "mirror/session.h"

namespace snapgate::mirror {

// The session of a running reflector: kept under a lock, told what happened and when, and asked how
// it stands.
//
// Concurrency: happen() on the reflector's thread, everything else on any.
class LiveSession {
  public:
    // Carries out what a step wants done at once; called by happen(), without the lock.
    using Act = std::function<void(Action action, const Setback& why)>;

    // `clock` outlives it, and so does `turns`, if there is one: it counts the changes of the
    // mirror's state.
    LiveSession(MirrorStatus last_known, const base::Clock& clock, const ReflectorTimes& times,
                Act act, std::atomic<uint64_t>* turns = nullptr);
    LiveSession(const LiveSession&) = delete;
    LiveSession& operator=(const LiveSession&) = delete;

    void happen(const SessionEvent& event);

    // What `question` says of the session, as of now.
    template <class Question>
    auto ask(Question question) const {
        const base::MutexLock lock(mutex_);
        return question(session_);
    }
    Moment now() const;
    Stage stage() const;
    bool is_following() const { return stage() == Stage::kFollow; }
    bool has_ended() const { return stage() == Stage::kEnd; }
    // The last version seen; "" before the first list.
    std::string version() const;
    // How the mirror stands, with times of the system's clock.
    MirrorStatus status() const;
    // Whether the mirror has what the cluster had at that version of one of its objects. Versions
    // that are no numbers are only known while they are the newest.
    bool reached(std::string_view version) const;

  private:
    const base::Clock& clock_;
    const ReflectorTimes times_;
    const Act act_;
    std::atomic<uint64_t>* const turns_;
    // The session's wall clock runs with the monotonic one from the beginning on.
    const int64_t wall_from_steady_ms_;
    // The times of an earlier process, as they were stored.
    const int64_t stored_confirmed_ms_;
    const int64_t stored_synced_ms_;

    mutable base::Mutex mutex_;
    Session session_ SNAPGATE_GUARDED_BY(mutex_);
};

}  // namespace snapgate::mirror
