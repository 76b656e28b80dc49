#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cluster/reflected_kind.h"
#include "json/cluster_answers.h"
#include "json/splitter.h"
#include "mirror/object_sink.h"
#include "mirror/setback.h"
#include "mirror/skipped_objects.h"
#include "model/object.h"

namespace snapgate::mirror {

// What a watch is begun with.
enum class WatchBegin : bool {
    kFromVersion,  // the changes after a version
    kWithState,    // everything as it is, then the changes (WatchList)
};

// The query of a watch. `version`: the last one seen, "" for none; a state is not older than it,
// or, with `newest`, the newest there is. The cluster ends it after `length`.
std::string watch_query(WatchBegin begin, std::string_view version, bool newest,
                        std::chrono::seconds length);
// How long a watch is asked for, if one that is silent for `renew` is given up: so long that a
// server that ends it in time does so before that, and the next watch needs no new connection. One
// that begins with the state gets long enough for that. Spread out: watches that were opened
// together do not end together.
std::chrono::seconds random_watch_time(WatchBegin begin, std::chrono::milliseconds renew);

// What a piece of a watch's stream says.
struct WatchPiece {
    std::vector<model::PreparedObject> state;  // objects of the state that it begins with
    // Where the state ended in this piece: its version. What follows came after it.
    std::optional<std::string> state_version;
    std::vector<Change> changes;
    // The version of the newest frame, also of a bookmark; it is the last change's, or behind it.
    std::string version;
    // An event had the version that the watch began with. Servers that begin with that version send
    // again what the mirror has; another change would be missed.
    bool is_doubtful = false;
    // Why the watch cannot be gone on with; what stands beside it came before, and is good.
    std::optional<Setback> failed;
    // In that case: it is a matter of watches that begin with a state, and a list can mend it.
    bool list_instead = false;
};

// Reads the frames of one watch, from pieces of its stream. No I/O. One thread; what it is given
// outlives it.
class WatchReader {
  public:
    // `version`: where the watch begins.
    WatchReader(const cluster::ReflectedKind& kind, WatchBegin begin, std::string version,
                SkippedObjects& skipped);
    WatchReader(const WatchReader&) = delete;
    WatchReader& operator=(const WatchReader&) = delete;

    WatchPiece feed(std::string_view piece);
    // Whether the state that the watch begins with is still being sent.
    bool in_state() const { return in_state_; }
    size_t frames() const { return frames_; }

  private:
    // What an event was about.
    struct EventKey {
        Change::Type type;
        std::string ns;
        std::string name;
        bool operator==(const EventKey&) const = default;
    };

    base::Result<void> take_frame(std::string_view text);
    base::Result<void> take_item(std::string_view text);
    base::Result<void> take_change(model::PreparedObject object);
    base::Result<void> take_same_version(const EventKey& event);
    base::Result<void> take_deletion(std::string_view text);
    base::Result<void> take_bookmark(std::string_view text);
    base::Result<void> take_error(std::string_view text);
    base::Result<void> take_large_frame(std::string_view beginning);
    base::Result<void> take_odd(std::string_view text, std::string_view why);
    // `again`: also where its version was seen before.
    base::Result<void> take_removal(const json::ObjectHead& head, bool again = false);
    base::Result<void> advance(const std::string& version);
    // Remembers the setback and ends the splitter, which calls.
    base::Result<void> fail(Setback setback);

    const cluster::ReflectedKind& kind_;
    SkippedObjects& skipped_;
    json::ItemSplitter splitter_;
    bool in_state_;
    std::string version_;
    std::optional<EventKey> last_;  // whose version it is; empty for a list's or a bookmark's
    size_t frames_ = 0;
    WatchPiece piece_;  // the one that is being read
};

}  // namespace snapgate::mirror
