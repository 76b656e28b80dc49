// Any JSON is a set of fields or refused with words; a set is written and read again unchanged, and
// its operations keep what sets promise.

#include <cstdint>
#include <string>

#include "check.h"
#include "input.h"
#include "json/value.h"
#include "rules/field_set.h"
#include "rules/path_text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
    using namespace snapgate;
    using rules::FieldSet;
    auto value = json::parse(fuzz::text_of(bytes, size));
    if (!value) return 0;
    auto read = FieldSet::read(*value);
    if (!read) {
        fuzz::check_says_why(read.error());
        return 0;
    }
    const FieldSet& set = *read;
    const json::Value written = set.write();
    auto again = FieldSet::read(written);
    fuzz::check(again.has_value() && *again == set, "a set is read as it was written");

    FieldSet same = set;
    same.unite(set);
    fuzz::check(same == set, "a set united with itself is itself");
    same.intersect(set);
    fuzz::check(same == set, "a set that is intersected with itself is itself");
    same.subtract(set);
    fuzz::check(same.empty(), "a set without itself is empty");

    FieldSet named = set;
    named.add_named_fields(model::kSnapshotSchema);
    FieldSet more = named;
    more.unite(set);
    fuzz::check(more == named, "named fields are added, and nothing else changes");
    more.add_named_fields(model::kSnapshotSchema);
    fuzz::check(more == named, "named fields are added once");

    FieldSet fitted = set;
    fitted.fit_to(model::kSnapshotSchema);
    FieldSet twice = fitted;
    twice.fit_to(model::kSnapshotSchema);
    fuzz::check(twice == fitted, "a set is fitted once");

    size_t paths = 0;
    rules::for_path_texts(set, [&paths](const std::string& path) {
        fuzz::check(!path.empty(), "a path has a text");
        ++paths;
    });
    fuzz::check(set.empty() == (paths == 0), "every path is shown");
    return 0;
}
