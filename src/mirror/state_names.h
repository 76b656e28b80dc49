#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/types.h"
#include "net/awaitable.h"
#include "store/store.h"

namespace snapgate::mirror {

// What a mirror holds, in a few bytes: over all of its objects, in any order. Objects count as they
// are stored, with their uids and versions.
class ContentDigest {
  public:
    // `value`: as model::encode_object makes it.
    void add(std::string_view value);
    std::string text() const;

  private:
    uint64_t objects_ = 0;
    uint64_t sum_ = 0;
};

// A state of a cluster that was listed: its name, which is a resource version of the cluster, and
// the ContentDigest of what it holds.
struct NamedState {
    std::string version;
    std::string digest;
};

// How the servers of one truth (Store::replicates) come to name one state of a connected cluster by
// one version, though each lists the cluster by itself, at whatever version the cluster just has.
// Events need nothing of the kind: they have the same version for everybody. But a list's version
// may be any between those of two events. So the newest state that was listed stands with its name
// in a note of the mirror in the truth (NoteType::kListed). A server whose list holds that state
// takes this name, and so does one that comes to it by events (ObjectSink::take_name). Any thread.
class StateNames {
  public:
    // `truth` outlives it.
    explicit StateNames(store::Store& truth) : truth_(truth) {}

    // What was listed.
    struct Listed {
        NamedState state;   // with the list's own version
        std::string known;  // the version at which the mirror stands; "": none, or it is forgotten
        bool same = false;  // what it holds is what the mirror had
        bool went_back = false;  // the cluster was restored: its versions are given out anew
    };
    // The version that the state gets: that of the note, if the note is of this state; else the one
    // by which the mirror knows the state; else the list's own, which the note then tells to the
    // other servers. If the truth is out of reach, it is the list's own.
    net::Awaitable<std::string> name(model::ClusterNumber mirror, Listed listed);

    // The newest state that was told, as this server knows; nullopt: none.
    base::Result<std::optional<NamedState>> told(model::ClusterNumber mirror) const;

  private:
    store::Store& truth_;
};

}  // namespace snapgate::mirror
