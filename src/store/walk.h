#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "base/result.h"
#include "model/object.h"
#include "store/store.h"

namespace snapgate::store {

// What the visitor of a walk says of the object that it was shown.
enum class Step : uint8_t {
    kOn,     // it is done with: show the next one
    kPause,  // it was not taken: the next walk begins with it
    kSeek,   // the visitor put a later place into `from`: go on there
    kEnd,    // nothing from here on is wanted
};

// Shows the objects of a scan, from `from` on, to `visit`: base::Result<Step>(const Found&). True
// where the walk stopped before the end, because the visitor paused or the scan's budget of rows
// was used up: `from` says where a scan of a later view goes on. False once everything was shown.
//
// Long walks are made so in pieces, each in a view of its own: an old view keeps old pages alive.
template <class Visit>
base::Result<bool> walk(ReadView::Scan scan, model::ObjectKey& from, const Visit& visit) {
    SNAPGATE_ASSIGN(bool found, scan.seek(from.ns, from.name));
    while (found) {
        SNAPGATE_ASSIGN(const Step step, visit(scan.found()));
        if (step == Step::kEnd) return false;
        if (step == Step::kPause) {
            from = {std::string(scan.found().ns), std::string(scan.found().name)};
            return true;
        }
        if (step == Step::kSeek) {
            SNAPGATE_ASSIGN(found, scan.seek(from.ns, from.name));
        } else {
            SNAPGATE_ASSIGN(found, scan.next());
        }
    }
    if (!scan.exhausted()) return false;
    from = scan.resume_key();
    return true;
}

}  // namespace snapgate::store
