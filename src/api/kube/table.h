#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "api/kube/forms.h"
#include "json/object_view.h"

namespace snapgate::api::kube {

// An object's row of a Table, but for the one cell that tells an age, which changes with time.
struct TableRow {
    std::string text;
    size_t age_at = 0;  // where in `text` the age belongs
    // The time whose age it is; nullopt where the text has all cells, because there is no such time
    // or it is none.
    std::optional<int64_t> since_ms;
};

// Puts an object's cells, and as much of it as `form` includes, into `row`.
base::Result<void> make_row(const Form& form, json::ObjectView& object, TableRow& row);
// Appends the row with its age at `now_ms`.
void append_row(const TableRow& row, int64_t now_ms, std::string& out);

// Appends an object's PartialObjectMetadata.
base::Result<void> append_partial_metadata(const Form& form, json::ObjectView& object,
                                           std::string& out);

}  // namespace snapgate::api::kube
