#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/result.h"
#include "mirror/mirrored.h"
#include "mirror/state_names.h"
#include "net/awaitable.h"
#include "store/store.h"

namespace snapgate::mirror {

// Of the writes to a mirror by its reflector. Also known to writes that outlive the sink.
struct Moves {
    std::atomic<uint64_t> begun = 0;
    std::atomic<uint64_t> ended = 0;
};

// One write, from before it is queued until it is done.
class Move {
  public:
    explicit Move(std::shared_ptr<Moves> moves) : moves_(std::move(moves)) { ++moves_->begun; }
    ~Move() { ++moves_->ended; }
    Move(const Move&) = delete;
    Move& operator=(const Move&) = delete;

  private:
    std::shared_ptr<Moves> moves_;
};

// Gives a mirror the name that another server has given to the state that the mirror is in, or
// comes to by events (state_names.h). One thread. The store and the names outlive it; null names:
// there is no other server.
class NameTaker {
  public:
    NameTaker(store::Store& store, Mirrored mirrored, StateNames* names,
              std::shared_ptr<const Moves> moves)
        : store_(store), mirrored_(mirrored), names_(names), moves_(std::move(moves)) {}

    // As ObjectSink::take_name().
    net::Awaitable<void> take();

  private:
    struct WantedName {
        NamedState state;
        store::Revision revision = 0;  // of the mirror's state
    };
    // nullopt: the mirror has that name, had it, or is past it.
    base::Result<std::optional<WantedName>> wanted_name() const;
    net::Awaitable<base::Result<std::string>> digest_at(store::Revision revision) const;
    // Nothing has moved the mirror since `begun`, nor does anything before this.
    net::Awaitable<base::Result<void>> set_name(std::string version, uint64_t begun);

    store::Store& store_;
    const Mirrored mirrored_;
    StateNames* const names_;
    const std::shared_ptr<const Moves> moves_;
    bool taking_ = false;
};

}  // namespace snapgate::mirror
