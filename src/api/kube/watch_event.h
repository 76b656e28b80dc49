#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/kube/forms.h"
#include "base/result.h"
#include "query/selector.h"
#include "store/log_tail.h"

namespace snapgate::api::kube {

// A change as it goes out to all watchers of a form: `{"type":…,"object":…}` and a line feed; and
// what a watcher's selectors look at.
struct WatchEvent {
    // A change of the labels or the phase, which may bring an object into a selection or out of it.
    struct Crossing {
        query::Labels before;
        std::string phase_before;
        std::string entered;  // ADDED, with the object as it is now
        std::string left;     // DELETED, with its last state before and the new resource version
    };

    std::string ns;
    std::string name;
    query::Labels labels;  // now; of a deleted object the last ones
    std::string phase;     // likewise; of a namespace
    std::string text;
    std::unique_ptr<const Crossing> crossing;

    // Its bytes in memory, about.
    size_t size() const;
    // What a watcher of that selection is sent; "" for nothing. `within` is a namespace, or "" for
    // all.
    std::string_view seen_by(std::string_view within, const query::Selector& selector) const;
};

// nullopt for a change of another kind than the form's.
base::Result<std::optional<WatchEvent>> encode_change(const Form& form,
                                                      const store::TailChange& change,
                                                      int64_t now_ms);

// An object of the state that a watch begins with, as ADDED event.
base::Result<void> append_added(const Form& form, const model::StoredObject& object, int64_t now_ms,
                                std::string& out);

// A BOOKMARK: everything up to resource version `version` has been sent; `ends_state`: and with it
// the state that the watch began with.
base::Result<std::string> bookmark_event(const Form& form, std::string_view version,
                                         bool ends_state, int64_t now_ms);

std::string error_event(const base::Error& error, std::string_view request_id);

// The event with the table's columns, which the first event of a Table watch has.
std::string with_columns(const Form& form, std::string_view event);

}  // namespace snapgate::api::kube
