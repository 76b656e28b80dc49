#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "api/call.h"
#include "api/kube/list_document.h"
#include "base/result.h"

namespace snapgate::api::kube {

// The objects of a list, which come in steps.
class ListedObjects {
  public:
    ListedObjects() = default;
    virtual ~ListedObjects() = default;
    ListedObjects(const ListedObjects&) = delete;
    ListedObjects& operator=(const ListedObjects&) = delete;

    // Appends objects to the document in `out` until that holds `full` bytes, or so many rows were
    // looked at as a step may take. True when the list is complete. After an error discard what
    // was appended.
    virtual base::Result<bool> step(ListDocument& document, int64_t now_ms, size_t full,
                                    std::string& out) = 0;
    // Keeps what is left readable. Called after the first step, if the list takes more.
    virtual void hold_history() = 0;
    // Remembers the place between two steps, and goes back to it.
    virtual void mark() = 0;
    virtual void return_to_mark() = 0;
    // Of a list that is complete.
    virtual ListMetadata metadata() const = 0;
};

// Answers with a list: as one answer, or, if it is long, in pieces.
net::Awaitable<base::Result<void>> send_list(Call& call, ListDocument document,
                                             ListedObjects& objects);

}  // namespace snapgate::api::kube
